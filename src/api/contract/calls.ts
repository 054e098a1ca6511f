import { type Static, Type } from 'typebox';
import { answeredRange, asOf, bigId, closed, listOf, listQuery, nullable, range, reference, share, tenantId, time } from './shape.ts';

const measures = {
  calls: Type.Number(),
  errors: Type.Number({ description: 'Calls among them with an error on either side.' }),
  err_rate: share('Share of calls with an error.'),
  rps: Type.Number({ description: 'Calls per second over the whole range or point.' }),
  p50_ms: nullable(Type.Number({ description: 'Median latency seen by the callee when known, else by the caller.' })),
  p95_ms: nullable(Type.Number({ description: '95th percentile of it.' })),
  approximate: Type.Boolean({
    description: 'Whether the percentiles are means of five-minute percentiles, weighted by calls; else they are within 1 %.',
  }),
};

export const CallListSchema = Type.Object({
  ...listOf(
    Type.Object({
      src_urn: Type.String(),
      src_name: Type.String(),
      src_kind: Type.String(),
      dst_urn: Type.String(),
      dst_name: Type.String(),
      dst_kind: Type.String(),
      protocols: Type.Array(Type.String()),
      ...measures,
      last_bucket: time('Newest five minutes with a call.'),
      locator_id: nullable(bigId('Evidence of the newest five minutes.')),
    }),
  ).properties,
  ...answeredRange,
});
export type CallList = Static<typeof CallListSchema>;
export const CallQuerySchema = listQuery(
  {
    tenant_id: tenantId,
    ...range('the newest hour with calls'),
    resource: Type.Optional(reference('Only calls from or to this resource: URN, name or alias.')),
  },
  { maximum: 10_000 },
);

export const CallSeriesQuerySchema = Type.Object(
  {
    tenant_id: tenantId,
    src: Type.Optional(reference('Only calls from this resource.')),
    dst: Type.Optional(reference('Only calls to this resource.')),
    ...range('the newest hour with calls'),
    step_seconds: Type.Optional(
      Type.Integer({ minimum: 300, maximum: 2_592_000, multipleOf: 300, description: 'Length of a point; about 300 points if absent.' }),
    ),
  },
  closed,
);
export const CallSeriesSchema = Type.Object({
  src_urn: nullable(Type.String()),
  dst_urn: nullable(Type.String()),
  step_seconds: Type.Integer(),
  ...answeredRange,
  points: Type.Array(Type.Object({ time: time('Beginning of the point.'), ...measures, locator_id: nullable(bigId('Evidence.')) })),
  as_of: asOf,
});
export type CallSeries = Static<typeof CallSeriesSchema>;
