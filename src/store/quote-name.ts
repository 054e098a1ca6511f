/** Quotes a table or column name for use in a statement; a dot separates schema and name. */
export function quoteName(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}
