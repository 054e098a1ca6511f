import { ObserveBridgeError } from '../core/error.ts';
import type { Db, Queryable } from './db.ts';
import { quoteName } from './quote-name.ts';
import { boundRows, type ReadAnswer, type ReadRequest, readBounded } from './read-only-sql.ts';
import { ensureReader } from './reader.ts';

/** A Cypher query of an agent as `text`; `columns` names what its `return` gives, in order. */
export interface CypherRequest extends ReadRequest {
  readonly columns: readonly string[];
}

const QUOTE = '$cypher$';
// Ends of an edge belong to one tenant, so one of them decides.
const OWN = {
  vertex: `ag_catalog.agtype_access_operator(variadic array[properties, '"tenant_id"'::ag_catalog.agtype])
    operator(ag_catalog.=) to_json(current_setting('observebridge.tenant', true))::text::ag_catalog.agtype`,
  edge: 'start_id operator(ag_catalog.=) any (select v.id from ops._ag_label_vertex v)',
} as const;

/**
 * Runs one reading Cypher query on the graph `ops` that sees only the vertices and edges of one tenant. Vertices, edges and maps are objects.
 * Bounds and errors are those of `runReadOnly`; `OB_SQL_REFUSED` also where there is no graph, and for variable-length paths, `startNode` and
 * `endNode`, which AGE reads past row-level security.
 */
export async function runCypher(db: Db, request: CypherRequest): Promise<ReadAnswer> {
  const { text, columns, maxBytes } = request;
  if (text.includes(QUOTE)) throw refuse(`A query with the text ${QUOTE} is not answered.`);
  await ensureReader(db);
  await admitGraph(db);
  const list = columns.map((name) => `${quoteName(name)} ag_catalog.agtype`).join(', ');
  const sql = boundRows(
    `select * from ag_catalog.cypher('ops', ${QUOTE}\n${text.replace(/[;\s]+$/, '')}\n${QUOTE}) as (${list})`,
    maxBytes,
  );
  const answer = await readBounded(db, request, {
    sql,
    schemas: ['ag_catalog'],
    // Any function of AGE loads its library and with it what understands Cypher; `load` is for superusers only.
    prepare: async (tx) => {
      await tx.query('select ag_catalog.agtype_build_map() is not null as loaded');
    },
  }).catch((error: unknown) => {
    throw error instanceof ObserveBridgeError && error.code === 'OB_SQL_REFUSED' && /_vle/.test(error.message)
      ? refuse('A path of variable length reads the graph of all tenants: name each of its edges, or ask for neighbours.')
      : error;
  });
  return { ...answer, rows: answer.rows.map(toValues) };
}

/** Gives agents the tables of the graph. A label that is made later has none of its own, but is read through these two all the same. */
async function admitGraph(db: Db): Promise<void> {
  const [graph] = await db.query<{ present: boolean }>(
    `select to_regclass('ag_catalog.ag_label') is not null and to_regclass('ops._ag_label_vertex') is not null as present`,
  );
  if (!graph?.present) throw refuse('There is no graph for Cypher: the database has no AGE, or the job age-refresh has not run yet.');
  const closed = await listClosedLabels(db);
  if (closed.length === 0) return;
  await db.transaction(async (tx) => {
    await tx.query('grant usage on schema ops, ag_catalog to observebridge_reader');
    await tx.query('grant select on ag_catalog.ag_graph, ag_catalog.ag_label to observebridge_reader');
    for (const { name, own } of closed) {
      const table = quoteName(`ops.${name}`);
      await tx.query(`alter table ${table} enable row level security`);
      await tx.query(`create policy everybody on ${table} using (true)`);
      await tx.query(`create policy reader_tenant on ${table} as restrictive for select to observebridge_reader using (${own})`);
      await tx.query(`grant select on ${table} to observebridge_reader`);
    }
  });
}

async function listClosedLabels(db: Queryable): Promise<{ name: string; own: string }[]> {
  const labels = await db.query<{ name: string; kind: string }>(
    `select l.name::text as name, l.kind::text as kind from ag_catalog.ag_label l join ag_catalog.ag_graph g on g.graphid = l.graph
     where g.name = 'ops' and not exists (select from pg_policy where polrelid = l.relation and polname = 'reader_tenant') order by l.id`,
  );
  return labels.map(({ name, kind }) => ({ name, own: kind === 'v' ? OWN.vertex : OWN.edge }));
}

function toValues(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? parseValue(value) : value]));
}

/** JSON with a type behind vertices, edges, paths and numerics; what is still no JSON, such as an infinite number, stays text. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text.replace(/("(?:[^"\\]|\\.)*")|::(?:vertex|edge|path|numeric)/g, '$1'));
  } catch {
    return text;
  }
}

function refuse(sentence: string): ObserveBridgeError {
  return new ObserveBridgeError('OB_SQL_REFUSED', 'usage', sentence);
}
