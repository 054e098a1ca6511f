import { describe, expect, test } from 'vitest';
import type { Db } from '../../src/store/db.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { type ReadRequest, runReadOnly } from '../../src/store/read-only-sql.ts';
import { describeSchema } from '../../src/store/schema-document.ts';
import { describeDatabases } from '../support/databases.ts';

const BOUNDS = { tenantId: 'a', timeoutMs: 5000, maxRows: 100, maxBytes: 10_000 };

/** Two tenants with two services and one run each, and a token. */
async function fill(db: Db): Promise<void> {
  for (const tenant of ['a', 'b']) {
    await db.query(
      `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen)
       select $1, i, 'urn:svc:' || $1 || i, 'service', 'secret of ' || $1, '2026-01-01', '2026-01-01' from generate_series(1, 2) i`,
      [tenant],
    );
    await db.query(
      `with run as (insert into etl_job_run (job, tenant_id, window_from, window_to) values ('j', $1, '2026-01-01', '2026-01-02') returning id)
       insert into etl_job_attempt (job_run_id, attempt, status, started_at, worker) select id, 1, 'running', now(), 'secret of ' || $1 from run`,
      [tenant],
    );
  }
  await db.query(`insert into api_token (token_hash, name, role) values ('\\x00', 'secret of all', 'admin')`);
  await db.query('analyze');
}

async function fillAgain(db: Db): Promise<void> {
  await db.query(
    `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen) values ('a', 3, 'u', 'k', 'n', now(), now())`,
  );
}

const read = (db: Db, text: string, more: Partial<ReadRequest> = {}) => runReadOnly(db, { ...BOUNDS, text, ...more });

/** Statements that try to leave the tenant, and what stops each. */
const ESCAPES: readonly [string, string][] = [
  [`select set_config('observebridge.tenant', 'b', true)`, 'set_config'],
  [`select r.* from dim_resource r where set_config('observebridge.tenant', 'b', true) is not null`, 'set_config'],
  [`select (select max(PG_CATALOG."set_config"(n, 'b', v)) from (values ('observebridge.tenant', true)) x(n, v)) as x`, 'set_config'],
  [`with x as materialized (select set_config('role', 'none', true)) select * from x`, 'set_config'],
  [`select 1 as x /* ' */ , set_config('role', 'none', true) -- '`, 'set_config'],
  [`values (set_config('session_authorization', 'default', true))`, 'set_config'],
  [`select 1 as x order by set_config('role', 'none', true)`, 'set_config'],
  [`select 1 as x from dim_resource group by () having set_config('role', 'none', true) = ''`, 'set_config'],
  [`select count(*) filter (where set_config('role', 'none', true) = '') from dim_resource`, 'set_config'],
  [`select * from set_config('role', 'none', true)`, 'set_config'],
  [`explain select set_config('role', 'none', true)`, 'set_config'],
  [`explain select 1) as q where set_config('role', 'none', true) = '' union all select * from (select 1`, 'set_config'],
  [
    `select 1 as x) as q) as "the row" union all select length(set_config('role', 'none', true)) from (select * from (select 1 as x`,
    'set_config',
  ],
  [`select current_setting('observebridge.tenant') as x`, 'current_setting'],
  [`select query_to_xml('select * from api_token', true, true, '') as x`, 'query_to_xml'],
  [`select table_to_xml('api_token', true, true, '') as x`, 'table_to_xml'],
  [`select database_to_xml(true, true, '') as x`, 'database_to_xml'],
  [`select ts_rewrite('a'::tsquery, 'select name::tsquery, name::tsquery from api_token') as x`, 'ts_rewrite'],
  [`select * from ts_stat('select to_tsvector(name) from api_token')`, 'ts_stat'],
  [`select pg_read_file('/etc/passwd') as x`, 'pg_read_file'],
  [`select pg_ls_dir('.') as x`, 'pg_ls_dir'],
  [`select lo_import('/etc/passwd') as x`, 'lo_import'],
  [`select lo_get(1) as x`, 'lo_get'],
  [`select pg_sleep(1)::text as x`, 'pg_sleep'],
  [`select pg_terminate_backend(1) as x`, 'pg_terminate_backend'],
  [`select pg_advisory_lock(1)::text as x`, 'pg_advisory_lock'],
  [`select pg_notify('x', 'y')::text as x`, 'pg_notify'],
  [`select nextval('etl_job_run_id_seq') as x`, 'nextval'],
  [`select * from pg_stat_get_activity(null)`, 'pg_stat_get_activity'],
  [`select * from pg_show_all_settings()`, 'pg_show_all_settings'],
  [`select * from pg_prepared_statement()`, 'pg_prepared_statement'],
  [`select evil() as x`, 'evil()'],
  [`select 1 OPERATOR(public.<<<) 2 as x`, 'evil_operator'],
  [`select evil_total(1) as x`, 'evil_total'],
  [`select name from api_token`, 'api_token'],
  [`select * from (select 1 as one) x, lateral (select name from api_token) y`, 'api_token'],
  [`select exists (table api_token) as x`, 'api_token'],
  [`select settings from dim_tenant`, 'dim_tenant'],
  [`select most_common_vals::text as x from pg_stats`, 'pg_stats'],
  [`select starelid from pg_statistic`, 'pg_statistic'],
  [`select * from pg_settings`, 'pg_settings'],
  [`select query from pg_stat_activity`, 'pg_stat_activity'],
  [`select reltuples from pg_class`, 'pg_class'],
  [`select * from pg_authid`, 'pg_authid'],
  [`select * from all_resources`, 'all_resources'],
  [`select * from all_resources_kept`, 'all_resources_kept'],
  [`select * from planted`, 'planted'],
  [`select * from pg_temp.dim_resource`, 'dim_resource'],
  [`select * from etl_job_run_id_seq`, 'etl_job_run_id_seq'],
];

/** Statements that are no reading statement, and the words of the refusal. */
const WRITES: readonly [string, RegExp][] = [
  ['', /Only a statement that begins with/],
  ['-- select 1', /Only a statement/],
  [`do $$ begin perform set_config('role', 'none', true); end $$`, /Only a statement/],
  [`copy dim_resource to program 'cat'`, /Only a statement/],
  [`copy (select 1) to '/tmp/x'`, /Only a statement/],
  ['set role none', /Only a statement/],
  ['reset role', /Only a statement/],
  ['commit', /Only a statement/],
  ['prepare x as select 1', /Only a statement/],
  ['execute x', /Only a statement/],
  ['declare x cursor for select 1', /Only a statement/],
  ['call evil()', /Only a statement/],
  ['/* select */ drop table dim_resource', /Only a statement/],
  ['select 1; drop table dim_resource', /syntax error/],
  ['select 1) as q; commit; select * from (select 1', /syntax error/],
  ['select 1 as x; commit', /syntax error/],
  ['select 1 as x /*', /unterminated/],
  ['with x as (delete from dim_resource returning *) select * from x', /data-modifying/],
  [`with x as (update pg_settings set setting = 'b' where name = 'observebridge.tenant' returning 1) select * from x`, /data-modifying/],
  ['select * into stolen from dim_resource', /INTO/],
  ['select * from dim_resource for update', /read-only transaction/],
  ['explain analyze select 1', /syntax error/],
  ['explain (analyze, costs) select 1', /syntax error/],
  ['select * from cypher($$ops$$, $$match (n) return n$$) as (n text)', /does not exist/],
  ['select $1::int as x', /no parameter/],
];

describeDatabases('SQL of agents', ['pglite', 'postgres 15', 'postgres 18'], (make, name) => {
  test('every table shows the rows of one tenant only, and the owner still sees all', async () => {
    const { db } = await make();
    await fill(db);
    const rows = await read(db, 'select tenant_id, urn, resource_id, first_seen from dim_resource order by urn');
    const at = '2026-01-01T00:00:00Z';
    expect(rows).toMatchObject({
      columns: [
        { name: 'tenant_id', type: 'text' },
        { name: 'urn', type: 'text' },
        { name: 'resource_id', type: 'bigint' },
        { name: 'first_seen', type: 'timestamp with time zone' },
      ],
      rows: [1n, 2n].map((id) => ({ tenant_id: 'a', urn: `urn:svc:a${id}`, resource_id: id, first_seen: at })),
      truncated: false,
    });
    expect((await read(db, 'select worker from etl_job_attempt')).rows).toEqual([{ worker: 'secret of a' }]);
    expect((await read(db, 'select count(*) from dim_resource', { tenantId: '' })).rows).toEqual([{ count: 0n }]);
    const tables = await describeSchema(db);
    expect(tables.length).toBeGreaterThan(20);
    for (const table of tables) {
      const own = table.columns.some((column) => column.name === 'tenant_id');
      const { rows } = await read(
        db,
        own ? `select * from ${table.name} where tenant_id <> 'a'` : `select count(*) as tenant_id from ${table.name}`,
      );
      expect(rows, table.name).toEqual(own ? [] : [{ tenant_id: 1n }]);
    }
    expect(await db.query('select count(*)::int as n from dim_resource')).toEqual([{ n: 4 }]);
    expect(
      await db.query(`select current_user = session_user as same, current_setting('observebridge.tenant', true) as tenant`),
    ).toMatchObject([{ same: true, tenant: expect.not.stringMatching(/./) }]);
  });

  test('nothing leaves the tenant', async () => {
    const { db } = await make();
    await fill(db);
    await db.transaction((tx) =>
      tx.script(`
        create function evil() returns text language sql security definer as $$ select name from api_token $$;
        create function evil_operator(int, int) returns int language sql immutable as $$ select 1 $$;
        create operator public.<<< (leftarg = int, rightarg = int, function = evil_operator);
        create aggregate evil_total(int) (sfunc = evil_operator, stype = int);
        create view all_resources as select * from dim_resource;
        create materialized view all_resources_kept as select * from dim_resource;
        create table planted (tenant_id text not null, note text);
        create temporary table dim_resource (tenant_id text, name text);
        grant select on all_resources, all_resources_kept, planted to public`),
    );
    for (const [statement, part] of ESCAPES) {
      const outcome = await read(db, statement).catch((error: unknown) => error);
      expect(outcome, statement).toMatchObject({ code: 'OB_SQL_REFUSED', message: expect.stringContaining(part) });
    }
    for (const [statement, words] of WRITES) {
      const outcome = await read(db, statement).catch((error: unknown) => error);
      expect(outcome, statement).toMatchObject({ code: expect.stringMatching(/^OB_SQL_/), message: expect.stringMatching(words) });
    }
    // The temporary table of the session does not stand for the real one.
    expect((await read(db, 'select count(*) from dim_resource')).rows).toEqual([{ count: 2n }]);
    await db.query('drop table pg_temp.dim_resource');
    const seen = await read(db, `select string_agg(name, ',') as names, json_agg(r) as all from dim_resource r`);
    expect(JSON.stringify(seen.rows)).not.toContain('secret of b');
    expect(await db.query('select count(*)::int as n from dim_resource')).toEqual([{ n: 4 }]);
  });

  test('the role itself reads nothing else, should a statement ever get that far', async () => {
    const { db } = await make();
    await fill(db);
    await read(db, 'select 1 as x');
    const asReader = (statement: string) =>
      db.transaction(async (tx) => {
        await tx.query(`select set_config('observebridge.tenant', 'a', true)`);
        await tx.query('set local role observebridge_reader');
        return tx.query(statement);
      });
    for (const table of ['api_token', 'dim_tenant', 'aggregation_partial_1m', 'schema_migration', 'topo_input']) {
      await expect(asReader(`select * from ${table}`), table).rejects.toThrow('permission denied');
    }
    await expect(asReader(`insert into dim_resource select * from dim_resource`)).rejects.toThrow('permission denied');
    expect(await asReader('select distinct tenant_id from dim_resource')).toEqual([{ tenant_id: 'a' }]);
  });

  test('an error of a row does not tell of the rows of others', async () => {
    const { db } = await make();
    await fill(db);
    await expect(read(db, `select name::int as x from dim_resource`)).rejects.toMatchObject({
      code: 'OB_SQL_FAILED',
      message: expect.not.stringContaining('secret of b'),
    });
    const plan = await read(db, `explain select * from dim_resource where name = 'secret of b'`);
    expect(JSON.stringify(plan.rows)).toContain('dim_resource');
    expect(JSON.stringify(plan.rows)).not.toMatch(/rows=|cost=/);
  });

  test('rows, bytes and column names are bounded', async () => {
    const { db } = await make();
    const numbers = "select i, repeat('x', 90) as t from generate_series(1, 1000) i";
    for (const [maxRows, truncated] of [
      [1, true],
      [99, true],
      [100, true],
      [101, true],
      [999, true],
      [1000, false],
      [5000, false],
    ] as const) {
      const answer = await read(db, numbers, { maxRows, maxBytes: 1_000_000 });
      expect([answer.rows.length, answer.truncated]).toEqual([Math.min(maxRows, 1000), truncated]);
      expect(answer.rows.at(-1)).toMatchObject({ i: Math.min(maxRows, 1000) });
    }
    const cut = await read(db, numbers, { maxRows: 1000, maxBytes: 10_000 });
    expect(cut.truncated).toBe(true);
    expect(JSON.stringify(cut.rows).length).toBeLessThanOrEqual(10_200);
    await expect(read(db, `select repeat('x', 10001) as x`)).rejects.toThrow('A row of the answer is larger than 10000 bytes.');
    await expect(read(db, 'select 1 as x, 2 as x')).rejects.toThrow('column "x" specified more than once');
    expect(await read(db, 'select 1 as x where false')).toMatchObject({
      columns: [{ name: 'x', type: 'integer' }],
      rows: [],
      truncated: false,
    });
  });

  test('wide rows come over few at a time, and deep or broken texts not at all', async () => {
    const { db } = await make();
    let largest = 0;
    const counting: Db = {
      ...db,
      transaction: (work, options) =>
        db.transaction(
          (tx) =>
            work({
              ...tx,
              async query<Row extends object>(sql: string, params?: readonly unknown[]) {
                const rows = await tx.query<Row>(sql, params);
                if (sql.startsWith('fetch')) largest = Math.max(largest, JSON.stringify(rows).length);
                return rows;
              },
            }),
          options,
        ),
    };
    const wide = `select repeat('x', case when i < 8 then 1 else 90000 end) as x from generate_series(1, 1000) i`;
    const cut = await read(counting, wide, { maxRows: 1000, maxBytes: 100_000 });
    expect([cut.rows.length, cut.truncated]).toEqual([8, true]);
    expect(largest).toBeLessThan(300_000);
    await expect(read(db, `select (repeat('[', 101) || repeat(']', 101))::json as x`)).rejects.toThrow('nested more than 100 levels deep');
    expect((await read(db, `select (repeat('[', 90) || repeat(']', 90))::json as x`)).rows).toHaveLength(1);
    await expect(read(db, `select 'a\0b' as x`)).rejects.toThrow('the character NUL');
    expect((await read(db, 'select 1 as x')).rows).toEqual([{ x: 1 }]);
  });

  test('the deepest expression that a statement may be long enough for is answered or refused', async () => {
    const { db } = await make();
    await fill(db);
    const sum = (terms: number) => `select ${Array(terms).fill('1').join('+')} as x`;
    const answer = await read(db, sum(4990)).then(
      ({ rows }) => rows[0]?.x,
      (error: Error) => error.message,
    );
    expect([4990, 'The database refused the statement: stack depth limit exceeded.']).toContain(answer);
    expect((await read(db, 'select 1 as x')).rows).toEqual([{ x: 1 }]);
    await expect(read(db, sum(5000))).rejects.toMatchObject({
      code: 'OB_SQL_REFUSED',
      message: expect.stringContaining('10000 characters'),
    });
  });

  test('so many statements wait, and further ones are told so at once', async () => {
    const { db } = await make();
    const all = await Promise.allSettled(Array.from({ length: 40 }, () => read(db, 'select 1 as x')));
    const refused = all.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
    expect(refused).toEqual(Array(name === 'pglite' ? 23 : 20).fill('OB_API_BUSY'));
    expect((await read(db, 'select 1 as x')).rows).toEqual([{ x: 1 }]);
  });

  test('ordinary statements work', async () => {
    const { db } = await make();
    await fill(db);
    for (const statement of [
      `select date_trunc('hour', first_seen) as h, count(*), percentile_cont(0.5) within group (order by resource_id) as m from dim_resource group by 1;`,
      `with recursive t(n) as (select 1 union all select n + 1 from t where n < 3) select n, lag(n) over (order by n) from t`,
      `(select 1 as x) union all (select 2) order by 1 limit 1 offset 0`,
      `-- a comment\n/* and another */ select now() - interval '1 day' as since -- end`,
      `select * from dim_resource r left join lateral (select * from jsonb_each_text(r.attrs)) a on true where r.name ilike any(array['s%']) and urn ~ '^urn'`,
      `select upper_inf(valid) as open, valid @> now() as now from topo_edge_time order by lower(valid) desc nulls last`,
      `select to_tsquery('simple', 'a') @@ search as hit, ts_headline(content, to_tsquery('a')) as h from kb_chunk`,
      `select table_name, column_name, data_type from information_schema.columns where table_name = 'metric_1m'`,
      `table log_pattern`,
      `values (1, 'a'), (2, 'b')`,
      `explain select * from metric_1m where bucket > now() - interval '1 hour'`,
    ]) {
      await expect(read(db, statement), statement).resolves.toMatchObject({ columns: expect.anything() });
    }
  });

  test('a statement that takes too long is stopped', async () => {
    const { db } = await make();
    // The embedded database cannot interrupt itself, so a single step of it ends by itself and the next is not begun.
    const endless =
      name === 'pglite' ? 'select i from generate_series(1, 3000000) i order by i desc' : 'select count(*) from generate_series(1, 1e12)';
    await expect(read(db, endless, { timeoutMs: 50, maxRows: 1000 })).rejects.toMatchObject({
      code: 'OB_SQL_TIMEOUT',
      message: 'The statement was stopped after 50 ms.',
    });
    expect((await read(db, 'select 1 as x')).rows).toEqual([{ x: 1 }]);
  });

  if (name === 'pglite') {
    test('a statement does not take all memory of the machine', async () => {
      const { db } = await make();
      const hungry = `select length(array_agg(repeat('x', 10000000))::text) as n from generate_series(1, 70)`;
      await expect(read(db, hungry, { timeoutMs: 60_000 })).rejects.toMatchObject({
        code: 'OB_SQL_FAILED',
        message: expect.stringContaining('out of memory'),
      });
      expect((await read(db, 'select 1 as x')).rows).toEqual([{ x: 1 }]);
    });

    test('a role that was missing is made when it is first needed', async () => {
      const { db } = await make();
      await fill(db);
      await db.query('drop owned by observebridge_reader');
      await db.query('drop role observebridge_reader');
      expect((await read(db, 'select distinct tenant_id from dim_resource')).rows).toEqual([{ tenant_id: 'a' }]);
    });
    return;
  }

  test('an owner who may not create roles is told what to do, and goes on once it is done', async () => {
    const { db: admin, url } = await make();
    const owner = new URL(url);
    owner.username = `owner_${owner.pathname.slice(1)}`;
    owner.password = 'x';
    await admin.query(`create role ${owner.username} login password 'x'`);
    await admin.query(`do $$ declare t record; begin for t in select c.oid::regclass as name from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r' loop
      execute format('alter table %s owner to ${owner.username}', t.name); end loop; end $$`);
    await using db = await openDatabase(owner.href);
    await fill(db);
    await expect(read(db, 'select 1 as x')).rejects.toMatchObject({
      code: 'OB_READER_MISSING',
      message: expect.stringContaining(owner.username),
    });
    await admin.query(`grant observebridge_reader to ${owner.username}`);
    expect((await read(db, 'select distinct tenant_id from dim_resource')).rows).toEqual([{ tenant_id: 'a' }]);
  });
});

describeDatabases('a statement that never ends', ['pglite directory'], (make) => {
  test('has the database started again, whose committed rows are all there', async () => {
    const { db } = await make();
    await fill(db);
    const endless = read(db, 'with recursive t(n) as (select 1 union all select n from t) select count(*) from t', { timeoutMs: 100 });
    const waiting = db.query('select count(*)::int as n from dim_resource');
    await expect(endless).rejects.toMatchObject({ code: 'OB_SQL_TIMEOUT' });
    expect(await waiting).toEqual([{ n: 4 }]);
    await fillAgain(db);
    expect((await read(db, 'select count(*) from dim_resource')).rows).toEqual([{ count: 3n }]);
  });
});

describe('the list of escapes', () => {
  test('is not empty', () => expect(ESCAPES.length + WRITES.length).toBeGreaterThan(60));
});
