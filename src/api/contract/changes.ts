import { type Static, Type } from 'typebox';
import { changeKinds } from '../../graph/changes.ts';
import { MOST_HOPS } from '../../graph/neighbours.ts';
import { ResourceRefSchema } from './resources.ts';
import { answeredRange, fields, listOf, listQuery, nullable, oneOf, range, reference, tenantId, time } from './shape.ts';

export const ChangeQuerySchema = listQuery({
  tenant_id: tenantId,
  resource: Type.Optional(reference('Only what is within `hops` of this resource: URN, name or alias.')),
  hops: Type.Optional(
    Type.Integer({ minimum: 0, maximum: MOST_HOPS, description: 'Most edges to the resource, called or declared; 1 if absent.' }),
  ),
  kind: Type.Optional(oneOf(changeKinds, { description: 'Only of this kind.' })),
  ...range('the newest half hour with calls'),
});
export const ChangeListSchema = Type.Object({
  ...listOf(
    Type.Object({
      at: time('When it happened; for moved edges the beginning of the five minutes in which it was first so.'),
      kind: oneOf(changeKinds),
      text: Type.String({ description: 'The change in a sentence.' }),
      urns: Type.Array(Type.String(), { description: 'Resources that it concerns.' }),
      hops: nullable(Type.Integer({ description: 'From the nearest of them to the asked resource; null without one.' })),
      details: fields('Measures with their units in the names.'),
      provenance: fields('What says so: table and key, source, scope and evidence.'),
    }),
  ).properties,
  resource: nullable(ResourceRefSchema),
  ...answeredRange,
});
export type ChangeList = Static<typeof ChangeListSchema>;
