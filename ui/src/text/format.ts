/** Text for numbers and times. Times are UTC, as everywhere in ObserveBridge. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const measure = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** A count with separators, such as `12,345`. */
export const formatCount = (count: number): string => whole.format(count);

/** A number in three digits, such as `12.3K`. */
export const formatShort = (value: number): string => short.format(value);

/** A share of 1 in percent. */
export const formatShare = (share: number): string => `${measure.format(100 * share)} %`;

/** Bytes with a unit of 1024. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${measure.format(bytes / 1024 ** step)} ${units[step]}`;
}

/** A duration of milliseconds in at most two units, such as `1 m 20 s`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${measure.format(ms)} ms`;
  if (ms < 10_000) return `${measure.format(ms / 1000)} s`;
  return formatSeconds(ms / 1000);
}

/** A duration of seconds in at most two units, such as `2 h 5 m`. */
export function formatSeconds(seconds: number): string {
  const total = Math.round(seconds);
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(total / 86_400), 'd'],
    [Math.floor(total / 3600) % 24, 'h'],
    [Math.floor(total / 60) % 60, 'm'],
    [total % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** A time of an answer in milliseconds since 1970. */
export const toMs = (time: string): number => Date.parse(time);

/** Milliseconds since 1970 as an address and a request carry them. */
export const toIso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

/** `2026-01-31 12:05:00`, without seconds where they are zero. */
export function formatTime(time: string | number): string {
  const iso = new Date(time).toISOString();
  return `${iso.slice(0, 10)} ${formatClock(time)}`;
}

/** `2026-01-31 12:05:00`, to the second. */
export const formatSecond = (time: string | number): string => new Date(time).toISOString().slice(0, 19).replace('T', ' ');

/** `12:05:07`, without seconds where they are zero. */
export function formatClock(time: string | number): string {
  const iso = new Date(time).toISOString();
  return iso.slice(11, iso.slice(17, 19) === '00' ? 16 : 19);
}

/** A window, with the date once where both ends are on the same day. */
export function formatWindow(from: string | number, to: string | number): string {
  const isSameDay = toIso(new Date(from).getTime()).slice(0, 10) === toIso(new Date(to).getTime()).slice(0, 10);
  return `${formatTime(from)} – ${isSameDay ? formatClock(to) : formatTime(to)}`;
}

/** So long ago that the day says more. */
const OLD_SECONDS = 30 * 86_400;

/** How long ago a time was, such as `3 m ago`, and the day when it was more than thirty; `now` is when the server answered. */
export function formatAge(time: string, now: string | number): string {
  const seconds = (new Date(now).getTime() - toMs(time)) / 1000;
  if (Math.abs(seconds) < 1) return 'now';
  if (seconds > OLD_SECONDS) return `on ${time.slice(0, 10)}`;
  return seconds > 0 ? `${formatSeconds(seconds).split(' ').slice(0, 2).join(' ')} ago` : `in ${formatSeconds(-seconds)}`;
}

/** `1 window`, `2 windows`. */
export const count = (number: number, noun: string, plural = `${noun}s`): string =>
  `${formatCount(number)} ${number === 1 ? noun : plural}`;
