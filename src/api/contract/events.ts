import { type Static, Type } from 'typebox';
import { bigId, fields, listOf, listQuery, named, nullable, tenantId, time } from './shape.ts';

export const StoredEventListSchema = listOf(
  Type.Object({
    event_id: bigId('Identity in this database.'),
    source: Type.String(),
    id: Type.String({ description: 'With the source the identity of the event.' }),
    type: Type.String(),
    subject: nullable(Type.String()),
    time: time(),
    received_at: time(),
    content_type: nullable(Type.String()),
    extensions: fields('Extension attributes.'),
    data: Type.Unknown({ description: 'The payload; null when it is not JSON or larger than 16 kB.' }),
    data_bytes: Type.Integer({ description: 'Size of the payload.' }),
  }),
);
export type StoredEventList = Static<typeof StoredEventListSchema>;
export const StoredEventQuerySchema = listQuery({
  tenant_id: tenantId,
  type: Type.Optional(named('Only of this type.')),
  source: Type.Optional(named('Only from this source.', 2000)),
  subject: Type.Optional(named('Only about this subject.', 2000)),
  from: Type.Optional(named('Only at this time or later.')),
  to: Type.Optional(named('Only before this time.')),
});
