import { type Static, Type } from 'typebox';
import { MOST_CHARACTERS } from '../../store/read-only-sql.ts';
import { asOf, closed, named, tenantId } from './shape.ts';

const bounds = {
  max_rows: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Most rows of the answer; 200 if absent.' })),
  timeout_ms: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 20_000, description: 'Milliseconds after which the statement is stopped; 5000 if absent.' }),
  ),
};

export const SqlBodySchema = Type.Object(
  {
    tenant_id: tenantId,
    sql: named('One statement: select, with, values, table, or explain without options. Its column names must differ.', MOST_CHARACTERS),
    ...bounds,
  },
  closed,
);

export const CypherBodySchema = Type.Object(
  {
    tenant_id: tenantId,
    cypher: named('One query over (:Resource)-[:CALLS]->(:Resource), without paths of variable length.', MOST_CHARACTERS),
    columns: Type.Array(named('Name of a column.', 63), {
      minItems: 1,
      maxItems: 50,
      uniqueItems: true,
      description: 'Names for what the query returns, in order.',
    }),
    ...bounds,
  },
  closed,
);

export const ReadAnswerSchema = Type.Object({
  tenant_id: Type.String(),
  columns: Type.Array(Type.Object({ name: Type.String(), type: Type.String({ description: 'Type in PostgreSQL.' }) })),
  rows: Type.Array(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'Values by column; whole numbers beyond 2^53, infinite numbers and NaN are text, bytes are hexadecimal text.',
    }),
  ),
  truncated: Type.Boolean({ description: 'Whether there were more rows.' }),
  elapsed_ms: Type.Integer(),
  as_of: asOf,
});
export type ReadAnswer = Static<typeof ReadAnswerSchema>;
