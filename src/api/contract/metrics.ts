import { type Static, Type } from 'typebox';
import { answeredRange, asOf, bigId, closed, listOf, listQuery, named, nullable, range, reference, tenantId, time } from './shape.ts';

const unit = nullable(
  Type.String({
    description:
      'What the values count, such as `bytes` or `seconds per second`, by the last word of the name (`_seconds`, `_bytes`, `_ratio`, `_mib`, `_per_second`); `per second` at least for a counter, `unix seconds` for a moment; null where the name does not say.',
  }),
);

const points = Type.Array(
  Type.Object({
    time: time('Beginning of the point.'),
    minutes: Type.Integer({ description: 'Minutes of the point that have data.' }),
    samples: Type.Number({ description: 'Samples; events for histograms and summaries.' }),
    series: Type.Number({ description: 'Most time series of a minute.' }),
    avg: nullable(
      Type.Number({ description: 'Over all samples of a gauge, all series of a counter, all events of a histogram or summary.' }),
    ),
    min: nullable(Type.Number()),
    max: nullable(Type.Number()),
    p95_max_of_minutes: nullable(
      Type.Number({
        description: 'Greatest 95th percentile of the minutes; with one minute that percentile itself. Percentiles are not averaged.',
      }),
    ),
    sum: nullable(
      Type.Number({
        description: 'Gauge: sum over series. Counter: total per second. Both are means over minutes. Else: increase of the sum.',
      }),
    ),
    locator_id: nullable(bigId('Evidence of one of the minutes.')),
  }),
);

export const MetricListSchema = Type.Object({
  ...listOf(
    Type.Object({
      ...{ metric: Type.String(), kind: Type.String(), unit, last_bucket: time('Newest minute with data.') },
      points: Type.Optional(points),
    }),
  ).properties,
  ...Type.Partial(Type.Object(answeredRange)).properties,
  step_seconds: Type.Optional(Type.Integer({ description: 'Length of a point.' })),
});
export type MetricList = Static<typeof MetricListSchema>;
/** A page of the list has at most so many metrics when it also has their points. */
export const MOST_METRICS_WITH_POINTS = 20;
export const MetricQuerySchema = listQuery({
  ...{ tenant_id: tenantId, resource: reference() },
  q: Type.Optional(named('Only metrics with this text in their name, in any case.')),
  points: Type.Optional(
    Type.Boolean({
      description: `Also about 300 points of each over time, with at most ${MOST_METRICS_WITH_POINTS} metrics a page; not if absent.`,
    }),
  ),
  ...range('with points, the newest hour of the metrics of the page'),
});

export const MetricSeriesQuerySchema = Type.Object(
  {
    tenant_id: tenantId,
    resource: reference(),
    metric: named('Name of the metric, with its kept labels.', 1000),
    ...range('the newest hour of the metric'),
    step_seconds: Type.Optional(
      Type.Integer({ minimum: 60, maximum: 2_592_000, multipleOf: 60, description: 'Length of a point; about 300 points if absent.' }),
    ),
  },
  closed,
);
export const MetricSeriesSchema = Type.Object({
  urn: Type.String(),
  metric: Type.String(),
  kind: Type.String({ description: 'gauge, counter, histogram or summary.' }),
  measured_in: Type.String({
    description:
      'What avg, min, max and p95 count: `unit of the metric`, `unit of the metric per second` or `unit of the metric per event`.',
  }),
  unit,
  step_seconds: Type.Integer(),
  ...answeredRange,
  points,
  as_of: asOf,
});
export type MetricSeries = Static<typeof MetricSeriesSchema>;
