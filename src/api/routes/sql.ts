import type { FastifyRequest } from 'fastify';
import { ObserveBridgeError } from '../../core/error.ts';
import { formatTime } from '../../core/time.ts';
import { runCypher } from '../../store/read-only-cypher.ts';
import { runReadOnly, type ReadAnswer as StoredAnswer } from '../../store/read-only-sql.ts';
import { maySee } from '../access.ts';
import { CypherBodySchema, type ReadAnswer, ReadAnswerSchema, SqlBodySchema } from '../contract/sql.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { toPlainValue } from '../plain-value.ts';

const MAX_BYTES = 2_000_000;

interface Bounds {
  readonly tenant_id: string;
  readonly max_rows?: number;
  readonly timeout_ms?: number;
}

/** Statements of agents, which read the rows of one tenant. */
export function addSqlRoutes(server: Api, deps: ApiDeps): void {
  const description =
    'Reads the rows of one tenant, in a read-only transaction under a role of its own; docs/reference/schema.md has the tables.';
  server.post(
    '/api/v1/sql',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Run a reading SQL statement', description, body: SqlBodySchema, response: { 200: ReadAnswerSchema } },
    },
    (request) => answer(deps, request, request.body, (bounds) => runReadOnly(deps.db, { ...bounds, text: request.body.sql })),
  );
  server.post(
    '/api/v1/cypher',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Run a reading Cypher query', description, body: CypherBodySchema, response: { 200: ReadAnswerSchema } },
    },
    (request) =>
      answer(deps, request, request.body, (bounds) =>
        runCypher(deps.db, { ...bounds, text: request.body.cypher, columns: request.body.columns }),
      ),
  );
}

async function answer(
  deps: ApiDeps,
  request: FastifyRequest,
  { tenant_id: tenantId, max_rows: maxRows = 200, timeout_ms: timeoutMs = 5000 }: Bounds,
  run: (bounds: { tenantId: string; maxRows: number; timeoutMs: number; maxBytes: number }) => Promise<StoredAnswer>,
): Promise<ReadAnswer> {
  if (!maySee(request, tenantId) || !(await deps.tenants()).includes(tenantId)) {
    throw new ObserveBridgeError('OB_TENANT_UNKNOWN', 'usage', `There is no tenant ${tenantId}.`);
  }
  const asOf = formatTime(deps.now());
  const { columns, rows, truncated, elapsed_ms } = await run({ tenantId, maxRows, timeoutMs, maxBytes: MAX_BYTES });
  const plain = rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toPlainValue(value)])));
  return { tenant_id: tenantId, columns: [...columns], rows: plain, truncated, elapsed_ms, as_of: asOf };
}
