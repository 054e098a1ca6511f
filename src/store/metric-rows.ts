/** How much the average of a minute counts in that of several: a counter's is over series, others' over samples. */
const weight = `case when kind = 'counter' then series else samples end::float8`;

/** What several minutes of a metric come to, in the order of `metricSumColumns`: of rows of minutes, and of such sums. */
export const metricSums = {
  ofMinutes: `max(kind), count(*), sum(samples), max(series), sum(${weight}) filter (where avg is not null), sum(avg * ${weight}), min(min), max(max),
    max(p95), count(sum), sum(sum), max(sample_ref)`,
  ofSums: `max(kind), sum(minutes), sum(samples), max(series), sum(avg_weight), sum(avg_weighted), min(min), max(max), max(p95), sum(sum_minutes),
    sum(sum_total), max(sample_ref)`,
} as const;

export const metricSumColumns =
  'kind, minutes, samples, series, avg_weight, avg_weighted, min, max, p95, sum_minutes, sum_total, sample_ref';
