import { type Static, Type } from 'typebox';
import { PatternSchema } from './patterns.ts';
import { asOf, closed, fields, listOf, listQuery, named, nullable, oneOf, reference, tenantId, time } from './shape.ts';
import { TopologyEdgeSchema } from './topology.ts';

/** A resource as answers name it. */
export const ResourceRefSchema = Type.Object({ urn: Type.String(), kind: Type.String(), name: Type.String() });
export type ResourceRef = Static<typeof ResourceRefSchema>;

const resource = {
  ...ResourceRefSchema.properties,
  first_seen: time('Earliest event time that names the resource.'),
  last_seen: time('Latest event time that names the resource.'),
};

export const ResourceListSchema = listOf(
  Type.Object({
    ...resource,
    matched: nullable(oneOf(['urn', 'name', 'alias'], { description: 'What `q` was found in; null without `q`.' })),
    alias: nullable(Type.String({ description: 'The alias that was found.' })),
    calls: Type.Optional(
      Type.Number({ description: 'Calls that it got in the newest hour with calls of the tenant; with `order=activity`.' }),
    ),
    rps: Type.Optional(Type.Number({ description: 'Those calls per second.' })),
    err_rate: Type.Optional(nullable(Type.Number({ description: 'Share of those calls that failed, 0 to 1; null without calls.' }))),
  }),
);
export type ResourceList = Static<typeof ResourceListSchema>;
export const ResourceQuerySchema = listQuery({
  tenant_id: tenantId,
  q: Type.Optional(named('Beginning or part of a name, URN or alias, in any case.')),
  kind: Type.Optional(named('Only of this kind, such as `service`.')),
  order: Type.Optional(
    oneOf(['name', 'activity'], {
      description:
        '`activity`: those with most calls in the newest hour first, then the last seen, and each with its calls. `name` if absent. With `q` the best match comes first in either.',
    }),
  ),
});

export const ResourceParamsSchema = Type.Object({ urn: reference() }, closed);
export const ResourcePageQuerySchema = Type.Object({ tenant_id: tenantId }, closed);
export const ResourcePageSchema = Type.Object({
  ...resource,
  attrs: fields('What documents declare about the resource.'),
  aliases: Type.Array(
    Type.Object({
      kind: Type.String(),
      alias: Type.String(),
      provenance: Type.String({ description: 'What said so: a source or a topology document.' }),
      first_seen: time(),
      last_seen: time(),
    }),
  ),
  metrics: Type.Array(Type.Object({ metric: Type.String(), kind: Type.String(), last_bucket: time('Newest minute with data.') })),
  calls: Type.Object(
    {
      from: time(),
      to: time(),
      callers: Type.Integer({ description: 'Other resources that called this one.' }),
      callees: Type.Integer({ description: 'Other resources that this one called.' }),
    },
    { description: 'The hour that ends with the newest calls of the tenant.' },
  ),
  patterns: Type.Array(PatternSchema, { description: 'Of the newest hour in which the tenant has lines.' }),
  topology: Type.Array(TopologyEdgeSchema, { description: 'Edges that are declared now.' }),
  documents: Type.Array(
    Type.Object({
      doc_id: Type.String(),
      uri: Type.String(),
      title: nullable(Type.String()),
      found_as: oneOf(['given', 'urn', 'name'], { description: 'What links them: whoever added the document, or a mention.' }),
      passage: nullable(Type.Integer({ description: 'Passage of the first mention.' })),
    }),
  ),
  truncated: Type.Array(Type.String(), { description: 'Lists above that have more than is shown here.' }),
  as_of: asOf,
});
export type ResourcePage = Static<typeof ResourcePageSchema>;
