import { formatBytes, formatMs, formatShare, formatShort, formatTime } from './format.ts';

type Format = (value: number) => string;

const MS: Readonly<Record<string, number>> = {
  ...{ nanoseconds: 1e-6, microseconds: 1e-3, milliseconds: 1, seconds: 1000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 },
};
const BYTES: Readonly<Record<string, number>> = {
  ...{ bytes: 1, kibibytes: 1024, mebibytes: 1024 ** 2, gibibytes: 1024 ** 3, kilobytes: 1e3, megabytes: 1e6, gigabytes: 1e9 },
};
const SIGNS: Readonly<Record<string, string>> = {
  ...{ percent: '%', millicores: 'mCPU', cores: 'CPU', celsius: '°C', volts: 'V', amperes: 'A', watts: 'W', joules: 'J', hertz: 'Hz' },
  ...{ meters: 'm', grams: 'g', bits: 'bit' },
};

/** Whether values of a unit are shown in measures of 1024. */
export const isBinary = (unit: string | null): boolean => /^(bytes|(ki|me|gi)bibytes)\b/.test(unit ?? '');

const known = new Map<string | null, Format>();

/** Writes values of a unit of the interface, such as `mebibytes` or `seconds per second`, in three digits with its sign; bare numbers without one. */
export function formatIn(unit: string | null): Format {
  // One function for each unit, or every render would draw its charts again.
  const format = known.get(unit) ?? toFormat(unit);
  known.set(unit, format);
  return format;
}

function toFormat(unit: string | null): Format {
  if (unit === null) return formatShort;
  if (unit === 'per second') return (value) => `${formatShort(value)}/s`;
  if (unit === 'unix seconds') return (value) => formatTime(value * 1000);
  const base = unit.replace(/ per second$/, '');
  const isRate = base !== unit;
  // Seconds of work per second are no duration.
  if (isRate && MS[base] !== undefined) return (value) => `${formatShort((value * (MS[base] ?? 1)) / 1000)} s/s`;
  const plain = toPlainFormat(base);
  return isRate ? (value) => `${plain(value)}/s` : plain;
}

function toPlainFormat(unit: string): Format {
  const [ms, bytes] = [MS[unit], BYTES[unit]];
  if (ms !== undefined) return (value) => formatDuration(value * ms);
  if (bytes !== undefined) return (value) => (value < 0 ? `-${formatBytes(-value * bytes)}` : formatBytes(value * bytes));
  if (unit === 'ratio') return formatShare;
  return (value) => `${formatShort(value)} ${SIGNS[unit] ?? unit}`;
}

/** Below a microsecond in ns, below a millisecond in µs. */
function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms === 0 || ms >= 1) return formatMs(ms);
  return ms >= 1e-3 ? `${formatShort(ms * 1e3)} µs` : `${formatShort(ms * 1e6)} ns`;
}
