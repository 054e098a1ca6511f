import { type Static, Type } from 'typebox';
import { asOf, bigId, closed, named, nullable, reference, tenantId, time } from './shape.ts';

export const LocatorSchema = Type.Object({
  locator_id: bigId('Identity of the locator.'),
  aggregation: Type.String({ description: 'Table whose rows point here.' }),
  bucket: time(),
  organization: Type.String(),
  stream: Type.String(),
  stream_type: Type.String({ description: 'logs, metrics or traces.' }),
  window_from: time(),
  window_to: time('Not itself part of the window.'),
  query: Type.String({ description: 'Query that gives the raw rows in OpenObserve.' }),
  exemplar_trace_id: nullable(Type.String()),
  exemplar_timestamp: nullable(time()),
  url: nullable(Type.String({ description: 'Where the rows are in the web interface of OpenObserve, when its address is known.' })),
});
export type Locator = Static<typeof LocatorSchema>;

export const LocatorParamsSchema = Type.Object({ id: bigId('Identity of the locator.') }, closed);
export const LocatorQuerySchema = Type.Object({ tenant_id: tenantId }, closed);
export const LocatorAnswerSchema = Type.Object({ ...LocatorSchema.properties, as_of: asOf });
export type LocatorAnswer = Static<typeof LocatorAnswerSchema>;

export const LocatorLinesQuerySchema = Type.Object(
  {
    tenant_id: tenantId,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'How many rows at most; 100 if absent.' })),
    fingerprint: Type.Optional(
      named(
        'All lines of this pattern in the window, newest first and with canonical columns; only what the locator points to if absent.',
        64,
      ),
    ),
    resource: Type.Optional(reference('All rows of this resource in the window, newest first: URN, name or alias.')),
  },
  closed,
);
export const LocatorLinesSchema = Type.Object({
  locator: LocatorSchema,
  rows: Type.Array(Type.Record(Type.String(), Type.Unknown()), {
    description: 'Rows as they are stored, without their empty fields; whole numbers beyond 2^53 are text.',
  }),
  truncated: Type.Boolean({ description: 'Whether there are more rows than the limit, or than fit into one answer.' }),
  bytes: Type.Integer({ description: 'Size of the rows as JSON.' }),
  elapsed_ms: Type.Integer(),
  provenance: Type.Object({
    source_type: Type.String({ description: 'Type of the source in the configuration of the tenant.' }),
    organization: Type.String(),
    stream: Type.String(),
    from: time('Beginning of the range that was read.'),
    to: time('Its end, not itself part of it.'),
  }),
  as_of: asOf,
});
export type LocatorLines = Static<typeof LocatorLinesSchema>;
