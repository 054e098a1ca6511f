import { Type } from 'typebox';
import { ReadAnswerSchema } from '../../api/contract.ts';
import { toPlainValue } from '../../api/plain-value.ts';
import { ObserveBridgeError } from '../../core/error.ts';
import type { Db } from '../../store/db.ts';
import { MOST_CHARACTERS, type ReadAnswer, runReadOnly } from '../../store/read-only-sql.ts';
import { describeSchema } from '../../store/schema-document.ts';
import { defineTool } from '../tool.ts';

/** Rows as JSON that one answer may have. */
export const MAX_BYTES = 200_000;

export const statementBounds = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50, description: 'Most rows; 50 if absent.' })),
  timeout_ms: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 20_000, default: 5000, description: 'Milliseconds after which it is stopped; 5000 if absent.' }),
  ),
};

export const statementOutput = {
  columns: ReadAnswerSchema.properties.columns,
  rows: ReadAnswerSchema.properties.rows,
  elapsed_ms: Type.Integer(),
};

/** Rows of a statement as answers hold them. */
export function toAnswer({ columns, rows, truncated, elapsed_ms }: ReadAnswer, graph: boolean) {
  return {
    summary: `${rows.length} rows${truncated ? ' and more' : ''} in ${elapsed_ms} ms.`,
    truncated,
    provenance: graph ? { graph: 'ops' } : { schema: 'observebridge://schema' },
    columns: [...columns],
    rows: rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toPlainValue(value)]))),
    elapsed_ms,
  };
}

/** `sql`: one reading statement over the rows of the tenant. */
export const sqlTool = defineTool({
  name: 'sql',
  exact: true,
  title: 'Read with SQL',
  description:
    'Runs one PostgreSQL select (also with, values, table, explain) that sees only the rows of this tenant, for what the other tools do not answer. describe_schema lists tables, columns and units first. Always restrict `bucket` or another time.',
  input: {
    statement: Type.String({ minLength: 1, maxLength: MOST_CHARACTERS, description: 'One statement. Its column names must differ.' }),
    ...statementBounds,
  },
  output: statementOutput,
  async ask({ db, tenantId }, { statement, limit = 50, timeout_ms: timeoutMs = 5000 }) {
    const answer = await runReadOnly(db, { tenantId, text: statement, timeoutMs, maxRows: limit, maxBytes: MAX_BYTES }).catch(
      (error: unknown) => refineUnknown(db, statement, error),
    );
    return toAnswer(answer, false);
  },
});

/** Rejects with the same error; where a table or column does not exist, the message names those that do. */
async function refineUnknown(db: Db, statement: string, error: unknown): Promise<never> {
  if (!(error instanceof ObserveBridgeError) || !/ does not exist/.test(error.message)) throw error;
  const tables = await describeSchema(db);
  const named = tables.filter(({ name }) => new RegExp(`\\b${name}\\b`, 'i').test(statement));
  const names = error.message.includes('column')
    ? named.map(({ name, columns }) => `${name} has ${columns.map((column) => column.name).join(', ')}.`)
    : [`There are ${tables.map(({ name }) => name).join(', ')}.`];
  throw new ObserveBridgeError(error.code, error.stage, [error.message, ...names].join(' '), error);
}
