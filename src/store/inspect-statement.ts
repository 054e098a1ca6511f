import { ObserveBridgeError } from '../core/error.ts';
import type { Tx } from './db.ts';

/** A column of an answer; `type` is the server's name of it, such as `timestamp with time zone`. */
export interface AnswerColumn {
  readonly name: string;
  readonly type: string;
}

interface Part {
  readonly kind: 'function' | 'table';
  readonly name: string;
}

/** Functions of the server that read what is not in the tables, or say something of other sessions; volatile ones are refused anyhow. */
const CLOSED = '^(pg_|has_|txid_|inet_(client|server)_|current_setting|row_security_active|currtid|.*_to_xml|.*_description$)';
const OPEN = ['pg_typeof', 'pg_column_size', 'pg_size_pretty', 'pg_size_bytes', 'pg_input_is_valid'];
const OPEN_VOLATILE = ['random', 'clock_timestamp', 'timeofday', 'gen_random_uuid'];
/** Functions of AGE that go to the graph past row-level security, by a vertex id or by a copy of the whole graph in memory. */
const CLOSED_GRAPH = 'vle|startnode|endnode|_stats$|global|prepare|label_id|get_cypher';
const OPEN_GRAPH_VOLATILE = ['agtype_volatile_wrapper', 'age_rand'];

/**
 * The columns of a query and the proof that it only calls functions and reads tables that agents may: the server analyses it without running
 * it, and what it names is looked up by object id, so that neither quoting nor nesting nor a search path hides anything. Rejects with
 * `OB_SQL_REFUSED`, naming what is refused. Leaves nothing behind in the transaction.
 */
export async function inspectStatement(tx: Tx, query: string): Promise<readonly AnswerColumn[]> {
  await tx.query('savepoint inspection');
  // The stored form of a view is the analysed query; other forms hide the functions behind its operators.
  await tx.query(`create temporary view inspected_statement as ${query}`);
  const [stored] = await tx.query<{ tree: string }>(
    `select ev_action::text as tree from pg_rewrite where ev_class = 'pg_temp.inspected_statement'::regclass`,
  );
  const columns = await tx.query<{ name: string; type: string }>(
    `select attname::text as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = 'pg_temp.inspected_statement'::regclass and attnum > 0 order by attnum`,
  );
  const refused = await findRefused(tx, stored?.tree ?? '');
  await tx.query('rollback to savepoint inspection');
  if (refused === undefined) return columns;
  throw new ObserveBridgeError(
    'OB_SQL_REFUSED',
    'usage',
    `The statement uses the ${refused.kind} ${refused.name}, which is not open to it.`,
  );
}

async function findRefused(tx: Tx, tree: string): Promise<Part | undefined> {
  const functions = listIds(
    tree,
    /:(?:funcid|opfuncid|hashfuncid|negfuncid|aggfnoid|winfnoid|tsmhandler|startInRangeFunc|endInRangeFunc) (\d+)/g,
  );
  const operators = listIds(tree, /:(?:opno|eqop|sortop) (\d+)/g);
  const tables = listIds(tree, /:relid (\d+)/g);
  const [part] = await tx.query<Part>(
    `with called as (select unnest($1::oid[]) as oid union select oprcode from pg_operator where oid = any($2::oid[]))
     select 'function' as kind, coalesce(p.oid::regprocedure::text, c.oid::text) as name
     from called c left join pg_proc p using (oid) left join pg_namespace n on n.oid = p.pronamespace
       left join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
       left join pg_extension e on e.oid = d.refobjid
     where (case
       when n.nspname = 'pg_catalog' and p.oid < 16384
         then (p.provolatile <> 'v' and p.proname !~ $4) or p.proname = any($5::text[]) or (p.prorettype = 'tsm_handler'::regtype)
       when e.extname = 'age' then (p.provolatile <> 'v' and p.proname !~ $6) or p.proname = any($7::text[])
       when e.extname in ('vector', 'pg_trgm', 'btree_gist', 'timescaledb') then p.provolatile = 'i'
       else false end) is not true
     union all
     select 'table', r.oid::regclass::text from pg_class r join pg_namespace n on n.oid = r.relnamespace
     where r.oid = any($3::oid[]) and r.oid <> 'pg_temp.inspected_statement'::regclass
       and not (n.nspname = 'information_schema' and r.relname in ('tables', 'columns'))
       and not exists (select from pg_policy where polrelid = r.oid and polname = 'reader_tenant')
     order by kind, name limit 1`,
    [functions, operators, tables, CLOSED, [...OPEN, ...OPEN_VOLATILE], CLOSED_GRAPH, OPEN_GRAPH_VOLATILE],
  );
  return part;
}

function listIds(tree: string, pattern: RegExp): string[] {
  const ids = new Set([...tree.matchAll(pattern)].map(([, id]) => id ?? '0'));
  ids.delete('0');
  return [...ids];
}
