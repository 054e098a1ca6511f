import { Type } from 'typebox';
import { runCypher } from '../../store/read-only-cypher.ts';
import { MOST_CHARACTERS } from '../../store/read-only-sql.ts';
import { defineTool } from '../tool.ts';
import { MAX_BYTES, statementBounds, statementOutput, toAnswer } from './sql.ts';

/** `cypher`: one reading query over the graph of the last calls. */
export const cypherTool = defineTool({
  name: 'cypher',
  exact: true,
  title: 'Read with Cypher',
  description:
    'Runs one reading Cypher query on the graph of the newest calls: (:Resource {urn, kind, name})-[:CALLS {calls, rps, err_rate, p50_ms, p95_ms, last_seen}]->(:Resource). No paths of variable length: ask neighbors and path for these.',
  input: {
    query: Type.String({ minLength: 1, maxLength: MOST_CHARACTERS, description: 'One query with `return`.' }),
    columns: Type.Array(Type.String({ minLength: 1, maxLength: 63 }), {
      minItems: 1,
      maxItems: 50,
      uniqueItems: true,
      description: 'Names for what the query returns, in order.',
    }),
    ...statementBounds,
  },
  output: statementOutput,
  async ask({ db, tenantId }, { query, columns, limit = 50, timeout_ms: timeoutMs = 5000 }) {
    return toAnswer(await runCypher(db, { tenantId, text: query, columns, timeoutMs, maxRows: limit, maxBytes: MAX_BYTES }), true);
  },
});
