import { expect, test } from 'vitest';
import { migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { databaseNames, describeDatabases } from '../support/databases.ts';

describeDatabases('migrations', databaseNames, (make, name) => {
  test('run from empty in order, once', async () => {
    const { db } = await make({ migrated: false });
    const pending = await pendingMigrations(db);
    expect(pending[0]).toBe('000001_schema');
    expect(await migrate(db)).toEqual(pending);
    expect(await migrate(db)).toEqual([]);
    expect(await pendingMigrations(db)).toEqual([]);
  });

  test('a newer database and a changed migration are refused', async () => {
    const { db } = await make();
    await db.query(`insert into schema_migration (version, name, checksum) values (999999, '999999_later', 'x')`);
    await expect(migrate(db)).rejects.toMatchObject({ code: 'OB_MIGRATION_FAILED' });
    await expect(pendingMigrations(db)).rejects.toThrow('The database is newer than this program: it has migration 999999_later.');
    await db.query('delete from schema_migration where version = 999999');
    await db.query(`update schema_migration set checksum = 'x' where version = 2`);
    await expect(migrate(db)).rejects.toThrow('Migration 000002_dimensions was changed');
  });

  test('a migration that fails names itself and leaves the ones before it', async () => {
    const { db } = await make({ migrated: false });
    await db.query('create table dim_resource (x int)');
    await expect(migrate(db)).rejects.toThrow('Migration 000002_dimensions failed: relation "dim_resource" already exists.');
    expect(await db.query(`select to_regclass('dim_tenant') is null as absent`)).toEqual([{ absent: true }]);
    expect((await pendingMigrations(db))[0]).toBe('000002_dimensions');
  });

  test('every table and every aggregate column tells what it is', async () => {
    const { db } = await make();
    const silent = await db.query(
      `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and obj_description(oid, 'pg_class') is null`,
    );
    expect(silent).toEqual([]);
    const optional = await db.query<{ tenants: number }>(
      `select count(*)::int as tenants from information_schema.columns
       where table_schema = 'public' and column_name = 'tenant_id' and is_nullable = 'YES'`,
    );
    expect(optional).toEqual([{ tenants: 0 }]);
  });

  test('edges of one source do not overlap in time', async () => {
    const { db } = await make();
    const insert = (range: string) =>
      db.query(
        `insert into topo_edge_time (tenant_id, src_resource_id, dst_resource_id, relation, source, scope, valid, recorded_at)
         values ('t', 1, 2, 'DEPENDS_ON', 's', 'x', $1, now())`,
        [range],
      );
    await insert('[2023-01-30 12:00+00,2023-01-30 13:00+00)');
    await insert('[2023-01-30 13:00+00,)');
    await expect(insert('[2023-01-30 12:30+00,2023-01-30 12:40+00)')).rejects.toThrow('topo_edge_time_no_overlap');
  });

  test('a bucket range of a tenant is deleted through an index', async () => {
    const { db } = await make();
    for (const table of ['metric_1m', 'service_call_5m', 'log_pattern_5m']) {
      await db.transaction(async (tx) => {
        await tx.query('set local enable_seqscan = off');
        const plan = await tx.query(
          `explain delete from ${table} where tenant_id = 't' and bucket >= '2023-01-30' and bucket < '2023-01-31'`,
        );
        expect(JSON.stringify(plan)).toMatch(new RegExp(`${table}_pkey.*Index Cond: .*tenant_id.*bucket`));
      });
    }
  });

  if (!name.startsWith('postgres')) {
    test('the extensions of the embedded database are there', async () => {
      const { db } = await make();
      const rows = await db.query(`select extname from pg_extension where extname in ('age', 'vector', 'btree_gist') order by 1`);
      expect(rows).toEqual([{ extname: 'age' }, { extname: 'btree_gist' }, { extname: 'vector' }]);
    });
    return;
  }

  test('processes that migrate at once apply each migration once', async () => {
    const { db, url } = await make({ migrated: false });
    const others = await Promise.all([openDatabase(url), openDatabase(url), openDatabase(url)]);
    const applied = await Promise.all([db, ...others].map((each) => migrate(each)));
    expect(applied.flat().toSorted()).toEqual(
      applied
        .flat()
        .filter((_, index, all) => all.indexOf(all[index] ?? '') === index)
        .toSorted(),
    );
    expect(await pendingMigrations(db)).toEqual([]);
    await Promise.all(others.map((each) => each[Symbol.asyncDispose]()));
  });
});
