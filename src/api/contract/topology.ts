import { type Static, Type } from 'typebox';
import { relations } from '../../core/observation.ts';
import { edgeCursorPattern } from '../../store/edge-page.ts';
import { scopeStatuses } from '../../store/topology-scope.ts';
import { answeredRange, bigId, fields, listOf, listQuery, named, nullable, oneOf, range, reference, tenantId, time } from './shape.ts';

const evidence = fields('File, line, address and rule that declare the edge.');
const attrs = fields('Port and protocol, where known.');

export const TopologyEdgeSchema = Type.Object({
  src_urn: Type.String(),
  relation: oneOf(relations),
  dst_urn: Type.String(),
  declared_by: Type.Array(
    Type.Object({
      source: Type.String(),
      scope: Type.String(),
      valid_from: time(),
      valid_to: nullable(time('Null while it is open.')),
      recorded_at: time('When this was written.'),
      reopened: Type.Integer({ description: 'How often the edge came back.' }),
      attrs,
      evidence,
    }),
  ),
});
export type TopologyEdge = Static<typeof TopologyEdgeSchema>;

const filter = {
  tenant_id: tenantId,
  relation: Type.Optional(oneOf(relations, { description: 'Only with this relation.' })),
  source: Type.Optional(named('Only from this source, such as `terraform`.')),
  resource: Type.Optional(reference('Only edges from or to this resource: URN, name or alias.')),
};

export const TopologyQuerySchema = listQuery(
  {
    ...filter,
    at: Type.Optional(named('When the edges were true; now if absent.')),
    as_believed_at: Type.Optional(named('When it was believed so; now if absent.')),
  },
  { maximum: 5000, pattern: edgeCursorPattern },
);
export const TopologySchema = Type.Object({
  ...listOf(TopologyEdgeSchema).properties,
  at: time(),
  as_believed_at: nullable(time('Null means now.')),
});
export type Topology = Static<typeof TopologySchema>;

export const TopologyDiffQuerySchema = listQuery({ ...filter, from: named('The earlier time.'), to: named('The later time.') });
export const TopologyDiffSchema = Type.Object({
  ...listOf(
    Type.Object({
      change: oneOf(['opened', 'closed', 'changed']),
      src_urn: Type.String(),
      relation: oneOf(relations),
      dst_urn: Type.String(),
      source: Type.String(),
      scope: Type.String(),
      at: time('When it opened or closed, or since when what changed is known.'),
      attrs,
      attrs_before: nullable(fields('What they were before.')),
      evidence,
      still_declared: Type.Boolean({ description: 'Whether another source or scope declares the edge at the later time.' }),
    }),
  ).properties,
  ...answeredRange,
});
export type TopologyDiff = Static<typeof TopologyDiffSchema>;

export const DriftQuerySchema = listQuery({ tenant_id: tenantId, ...range('the newest day with calls') }, { pattern: edgeCursorPattern });
const windows = (description: string) => Type.Integer({ description });
export const DriftSchema = Type.Object({
  ...listOf(
    Type.Object({
      drift: oneOf(['declared_not_observed', 'observed_not_declared']),
      src_urn: Type.String(),
      dst_urn: Type.String(),
      relation: nullable(oneOf(relations, { description: 'Of a declared edge.' })),
      declared_by: Type.Array(Type.String(), { description: 'Sources that declare it.' }),
      calls: Type.Number({ description: 'Of an observed edge.' }),
      windows: windows('Five minutes in which the edge was seen.'),
      src_windows: windows('Five minutes in which the first end called anything; without any, absence proves nothing.'),
      dst_windows: windows('Five minutes in which anything called the second end.'),
      src_declared: Type.Boolean(),
      dst_declared: Type.Boolean(),
    }),
  ).properties,
  ...answeredRange,
  windows_with_data: windows('Five minutes of the range in which the tenant had any call.'),
  windows: windows('Five minutes of the range.'),
});
export type Drift = Static<typeof DriftSchema>;

export const ScopeQuerySchema = listQuery({ tenant_id: tenantId });
export const ScopeListSchema = listOf(
  Type.Object({
    source: Type.String(),
    scope: Type.String(),
    input: nullable(Type.String({ description: 'Configured place that gave the newest observation.' })),
    status: oneOf(scopeStatuses),
    status_reason: nullable(Type.String()),
    complete: Type.Boolean({ description: 'Whether the newest observation saw the whole scope.' }),
    observed_at: time('Time of the observed document.'),
    updated_at: time('When the scope was looked at last.'),
    lineage: nullable(Type.String()),
    serial: nullable(bigId('Serial number within the lineage.')),
    edges: Type.Integer({ description: 'Open edges after the observation.' }),
  }),
);
export type ScopeList = Static<typeof ScopeListSchema>;

export const TopologyMomentQuerySchema = listQuery(filter);
export const TopologyMomentListSchema = listOf(
  Type.Object({
    at: time('When declarations began or ended.'),
    opened: Type.Integer({ description: 'Declarations that began; an edge may have several.' }),
    closed: Type.Integer({ description: 'Declarations that ended.' }),
  }),
);
export type TopologyMomentList = Static<typeof TopologyMomentListSchema>;
