/** Turns a JSON log line into a line for people: time of day, level unless it is info, message, then the other fields as `key=value`. */
export function toTextLine(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const parts = [String(time).slice(11, 19)];
  if (level !== 'info') parts.push(String(level).toUpperCase());
  parts.push(String(msg));
  for (const [key, value] of Object.entries(fields)) parts.push(`${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `${parts.join(' ')}\n`;
}
