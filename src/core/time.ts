/** Microseconds since 1970-01-01 UTC as an integer; exact in a JavaScript number until the year 2255. */
export type Micros = number;

export const SECOND: Micros = 1_000_000;
export const MINUTE: Micros = 60 * SECOND;
export const HOUR: Micros = 60 * MINUTE;
export const DAY: Micros = 24 * HOUR;

const UNITS: Record<string, Micros> = { ms: 1000, s: SECOND, m: MINUTE, h: HOUR, d: DAY };
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i;

/** Parses an ISO 8601 time to µs; a time without a zone is UTC. Returns `undefined` for anything else, also for dates that do not exist. */
export function parseTime(text: string): Micros | undefined {
  const match = ISO.exec(text.trim());
  if (!match) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const base = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(base) || new Date(base).getUTCDate() !== Number(day)) return undefined;
  const micros = base * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (!offset) return micros;
  const shift = (Number(offset[2]) * 60 + Number(offset[3])) * MINUTE;
  return offset[1] === '-' ? micros + shift : micros - shift;
}

/** Writes µs as ISO 8601 UTC: whole seconds as `2023-01-30T12:00:00Z`, else with six digits. */
export function formatTime(time: Micros): string {
  const fraction = ((time % SECOND) + SECOND) % SECOND;
  const seconds = new Date((time - fraction) / 1000).toISOString().slice(0, 19);
  return fraction === 0 ? `${seconds}Z` : `${seconds}.${String(fraction).padStart(6, '0')}Z`;
}

/** Parses `90s`, `1m`, `1h30m`, `500ms` to µs. Returns `undefined` for anything else. */
export function parseDuration(text: string): Micros | undefined {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) total += Number(count) * (UNITS[unit ?? ''] ?? Number.NaN);
  return total;
}

/** A duration of the validated configuration in µs; throws a `RangeError` for text that is none. */
export function toMicros(duration: string): Micros {
  const micros = parseDuration(duration);
  if (micros === undefined) throw new RangeError(`"${duration}" is not a length of time such as 90s, 1m or 1h30m.`);
  return micros;
}

/** Writes a duration in its largest exact units: `1h30m`, `35m`, `250ms`. */
export function formatDuration(duration: Micros): string {
  let rest = duration;
  let text = '';
  for (const [unit, size] of Object.entries(UNITS).reverse()) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text || '0s';
}
