/** Last words of metric names that are units, as Prometheus and OpenTelemetry write them, in one spelling each. */
const UNITS: Readonly<Record<string, string>> = {
  ...{ seconds: 'seconds', secs: 'seconds', milliseconds: 'milliseconds', millis: 'milliseconds', ms: 'milliseconds' },
  ...{ microseconds: 'microseconds', us: 'microseconds', nanoseconds: 'nanoseconds', ns: 'nanoseconds' },
  ...{ minutes: 'minutes', hours: 'hours', days: 'days' },
  ...{ bytes: 'bytes', kib: 'kibibytes', mib: 'mebibytes', gib: 'gibibytes', kibibytes: 'kibibytes', mebibytes: 'mebibytes' },
  ...{ gibibytes: 'gibibytes', kilobytes: 'kilobytes', kb: 'kilobytes', megabytes: 'megabytes', mb: 'megabytes', gigabytes: 'gigabytes' },
  ...{ gb: 'gigabytes', bits: 'bits', ratio: 'ratio', percent: 'percent', percentage: 'percent', pct: 'percent' },
  ...{ millicores: 'millicores', cores: 'cores', celsius: 'celsius', volts: 'volts', amperes: 'amperes', watts: 'watts' },
  ...{ joules: 'joules', hertz: 'hertz', meters: 'meters', grams: 'grams' },
};
/** Words after the unit that say how the values were put together. */
const AFTER_UNIT = new Set(['total', 'max', 'min', 'avg', 'mean', 'sum']);
const MOMENT = /(^|_)(timestamp|start_time|boot_time|created)_seconds$/;

/**
 * What the values of a metric count, in words such as `bytes per second`; null where its name does not say. The unit is the last word of the name
 * (`_seconds`, `_bytes`, `_mib`, `_ratio`), before words such as `_total` or `_max`, and may be a rate by itself (`_ops_per_second`). A counter is
 * kept as its increase per second, so its unit is `per second` at least. Gauges that hold a moment (`_start_time_seconds`) are `unix seconds`.
 */
export function toMetricUnit(metric: string, kind: string): string | null {
  const name = metric.replace(/\{.*/s, '').toLowerCase().replaceAll('.', '_');
  if (kind === 'gauge' && MOMENT.test(name)) return 'unix seconds';
  const words = name.split('_');
  while (words.length > 1 && AFTER_UNIT.has(words.at(-1) ?? '')) words.pop();
  const isRate = words.length > 2 && words.at(-2) === 'per' && ['second', 'seconds', 'sec'].includes(words.at(-1) ?? '');
  if (isRate) words.splice(-2);
  const last = words.at(-1) ?? '';
  const unit = words.length > 1 ? (UNITS[last] ?? (isRate ? last : undefined)) : undefined;
  if (!isRate && kind !== 'counter') return unit ?? null;
  return unit === undefined ? 'per second' : `${unit} per second`;
}
