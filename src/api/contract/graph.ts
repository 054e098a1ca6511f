import { type Static, Type } from 'typebox';
import { edgeKinds } from '../../graph/edge-view.ts';
import { baselines } from '../../graph/moved-edges.ts';
import { directions, MOST_HOPS } from '../../graph/neighbours.ts';
import { ResourceRefSchema } from './resources.ts';
import { answeredRange, asOf, closed, named, nullable, oneOf, range, reference, share, tenantId, time } from './shape.ts';

const count = (maximum: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, description: `How many of each at most; 100 if absent, ${maximum} at most.` }));
const hops = (initial: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_HOPS, description: `Most edges on the way; ${initial} if absent.` }));
const edges = Type.Optional(oneOf(edgeKinds, { description: 'Edges that are followed; `calls` if absent.' }));
const viewFields = {
  tenant_id: tenantId,
  at: Type.Optional(named('Time that the question is about; the newest calls if absent.')),
  span_seconds: Type.Optional(
    Type.Integer({ minimum: 300, maximum: 86_400, multipleOf: 300, description: 'Calls of so long before count; 600 if absent.' }),
  ),
};
const view = Type.Object({
  calls_from: time('Five minutes that begin here or later count.'),
  calls_to: time('And before this.'),
  declared_at: time('Edges that are declared at this time count.'),
});
const answered = {
  view,
  truncated: Type.Boolean({ description: 'Whether there may be more than is shown.' }),
  as_of: asOf,
};
const rps = Type.Number({ description: 'Calls per second over the span.' });

export const NeighboursQuerySchema = Type.Object(
  {
    ...viewFields,
    resource: reference(),
    direction: Type.Optional(
      oneOf(directions, { description: 'To callers (`in`), to callees (`out`), or `both`, which it is if absent.' }),
    ),
    hops: hops(1),
    edges,
    limit: count(2000),
  },
  closed,
);
export const NeighboursSchema = Type.Object({
  resource: ResourceRefSchema,
  resources: Type.Array(
    Type.Object({ ...ResourceRefSchema.properties, hops: Type.Integer({ description: 'Edges on the shortest way.' }) }),
  ),
  edges: Type.Array(
    Type.Object({
      hops: Type.Integer(),
      src_urn: Type.String(),
      dst_urn: Type.String(),
      relation: Type.String({ description: '`CALLS`, or as declared.' }),
      calls: nullable(Type.Number()),
      rps: nullable(rps),
      err_rate: nullable(share('Share of calls with an error.')),
      worst_p95_ms: nullable(Type.Number({ description: 'Greatest 95th percentile of five minutes.' })),
    }),
  ),
  ...answered,
});
export type Neighbours = Static<typeof NeighboursSchema>;

export const PathsQuerySchema = Type.Object(
  {
    ...viewFields,
    src: reference('Where the paths begin: URN, name or alias.'),
    dst: reference('Where they end.'),
    hops: hops(6),
    edges,
    limit: count(1000),
  },
  closed,
);
export const PathsSchema = Type.Object({
  src: ResourceRefSchema,
  dst: ResourceRefSchema,
  paths: Type.Array(
    Type.Object({
      hops: Type.Integer(),
      urns: Type.Array(Type.String()),
      least_rps: nullable(
        Type.Number({ description: 'Calls per second of the edge with the fewest; null when an edge is only declared.' }),
      ),
    }),
  ),
  ...answered,
});
export type Paths = Static<typeof PathsSchema>;

export const BlastRadiusQuerySchema = Type.Object({ ...viewFields, resource: reference(), hops: hops(6), limit: count(2000) }, closed);
export const BlastRadiusSchema = Type.Object({
  resource: ResourceRefSchema,
  callers: Type.Array(
    Type.Object({
      ...ResourceRefSchema.properties,
      hops: Type.Integer({ description: 'Calls on the shortest way to the resource.' }),
      affected_share: share("Share of the caller's calls that go to the resource or through it."),
      affected_rps: Type.Number({ description: 'The same as calls per second.' }),
    }),
  ),
  ...answered,
});
export type BlastRadius = Static<typeof BlastRadiusSchema>;

export const MovedQuerySchema = Type.Object(
  {
    tenant_id: tenantId,
    ...range('the newest half hour with calls'),
    baseline: Type.Optional(oneOf(baselines, { description: 'Right before, which it is if absent, or a day earlier.' })),
    min_calls: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Calls needed in both times; 20 if absent.' }),
    ),
    limit: count(1000),
  },
  closed,
);
export const MovedSchema = Type.Object({
  ...answeredRange,
  baseline_from: time(),
  baseline_to: time(),
  edges: Type.Array(
    Type.Object({
      src_urn: Type.String(),
      dst_urn: Type.String(),
      calls: Type.Number(),
      baseline_calls: Type.Number(),
      err_rate: share('Share of calls with an error.'),
      baseline_err_rate: share('The same in the baseline.'),
      p95_ms: nullable(Type.Number({ description: 'Median of the 95th percentiles of five minutes.' })),
      baseline_p95_ms: nullable(Type.Number()),
      moved: Type.Array(Type.String(), { description: '`err_rate` or `p95_ms`, with `up` or `down`.' }),
    }),
  ),
  truncated: answered.truncated,
  as_of: asOf,
});
export type Moved = Static<typeof MovedSchema>;
