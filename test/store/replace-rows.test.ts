import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/store/open-database.ts';
import { lockBuckets, replaceRows } from '../../src/store/replace-rows.ts';
import { databaseNames, describeDatabases } from '../support/databases.ts';

const shape = { table: 'v', columns: ['tenant', 'bucket', 'id', 'number', 'text'], key: ['tenant', 'bucket', 'id'] };
type Row = { tenant: string; bucket: number; id: bigint; number: number | null; text: string | null };

const rowIn = (buckets: number[]) =>
  fc.record({
    tenant: fc.constantFrom('a', 'b'),
    bucket: fc.constantFrom(...buckets),
    id: fc.bigInt({ min: 0n, max: 5n }),
    number: fc.constantFrom(null, 0, 1.5, Number.NaN, Number.POSITIVE_INFINITY),
    text: fc.constantFrom(null, '', 'x', 'y'),
  });
const keyOf = (row: Row) => `${row.tenant}/${row.bucket}/${row.id}`;
const rowsIn = (buckets: number[]) => fc.uniqueArray(rowIn(buckets), { selector: keyOf, maxLength: 15 });
const inOrder = (rows: readonly Row[]) => rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
const values = (rows: readonly Row[]) => rows.map((row) => shape.columns.map((column) => row[column as keyof Row]));

const createTable = 'create table v (tenant text, bucket int, id int8, number float8, text text, primary key (tenant, bucket, id))';

describeDatabases('replaceRows', databaseNames, (make, name) => {
  test('makes the scope equal to the rows, leaves the rest alone, and does nothing the second time', async () => {
    const { db } = await make({ migrated: false });
    await db.query(createTable);
    const selectAll = async () => inOrder(await db.query<Row>('select * from v'));
    await fc.assert(
      fc.asyncProperty(rowsIn([0, 1, 2, 3]), rowsIn([1, 2]), async (old, next) => {
        await db.transaction(async (tx) => {
          await tx.query('delete from v');
          await tx.copy('v', shape.columns, values(old));
        });
        const scope = [
          { column: 'tenant', equals: 'a' },
          { column: 'bucket', from: 1, to: 3 },
        ];
        const isInside = (row: Row) => row.tenant === 'a' && row.bucket >= 1 && row.bucket < 3;
        const inside = next.filter(isInside);
        const first = await db.transaction((tx) => replaceRows<{ id: bigint }>(tx, shape, scope, values(inside), ['id']));
        const expected = inOrder([...old.filter((row) => !isInside(row)), ...inside]);
        expect(await selectAll()).toEqual(expected);

        const kept = new Set(inside.map(keyOf));
        const gone = old.filter((row) => isInside(row) && !kept.has(keyOf(row)));
        expect(first.removed.map(({ id }) => id).toSorted()).toEqual(gone.map(({ id }) => id).toSorted());
        const before = new Map(old.map((row) => [keyOf(row), row]));
        const changed = inside.filter((row) => !isDeepStrictEqual({ ...row }, { ...before.get(keyOf(row)) }));
        expect(first).toMatchObject({ written: inside.length, changed: changed.length });

        const versions = await db.query('select xmin::text, ctid::text, tenant, bucket, id from v order by 3, 4, 5');
        const second = await db.transaction((tx) => replaceRows(tx, shape, scope, values(inside)));
        if (old.some(isInside) || inside.length > 0) expect(second).toEqual({ written: inside.length, changed: 0, removed: [] });
        expect(await db.query('select xmin::text, ctid::text, tenant, bucket, id from v order by 3, 4, 5')).toEqual(versions);
      }),
      { numRuns: name === 'postgres 18' ? 60 : 20 },
    );
  });

  test('several calls in one transaction do not mix, and a table may be all key', async () => {
    const { db } = await make({ migrated: false });
    await db.query('create table k (a int, b int, primary key (a, b))');
    const keys = { table: 'k', columns: ['a', 'b'], key: ['a', 'b'] };
    const replace = (rows: number[][]) =>
      db.transaction(async (tx) => {
        const results = [];
        for (const a of [1, 2])
          results.push(
            await replaceRows(
              tx,
              keys,
              [{ column: 'a', equals: a }],
              rows.filter((row) => row[0] === a),
            ),
          );
        return results;
      });
    await replace([
      [1, 1],
      [2, 1],
      [2, 2],
    ]);
    expect(
      await replace([
        [1, 1],
        [1, 2],
        [2, 2],
      ]),
    ).toEqual([
      { written: 2, changed: 1, removed: [] },
      { written: 1, changed: 0, removed: [{ a: 2, b: 1 }] },
    ]);
  });

  test('the cost of a replay grows with its rows, not with their square', async () => {
    const { db } = await make({ migrated: false });
    await db.query(createTable);
    const rows = Array.from({ length: 20_000 }, (_, id) => ['a', 1, BigInt(id), id, 'x']);
    const replace = () => db.transaction((tx) => replaceRows(tx, shape, [{ column: 'tenant', equals: 'a' }], rows));
    expect(await replace()).toMatchObject({ changed: 20_000 });
    const start = performance.now();
    expect(await replace()).toEqual({ written: 20_000, changed: 0, removed: [] });
    // A quadratic plan takes 30 s or more, this one a fraction of a second.
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  if (!name.startsWith('postgres')) return;

  test('writers of the same buckets wait for each other whatever order they name them in', async () => {
    const { db, url } = await make({ migrated: false });
    const other = await openDatabase(url);
    await db.query('create table v (count int)');
    await db.query('insert into v values (0)');
    const write = (each: typeof db, buckets: number[]) =>
      each.transaction(async (tx) => {
        await lockBuckets(tx, 't', 'metric_1m', buckets);
        const [row] = await tx.query<{ count: number }>('select count from v');
        await tx.query('update v set count = $1', [(row?.count ?? 0) + 1]);
      });
    const buckets = [3, 1, 2, 2];
    await Promise.all(Array.from({ length: 20 }, (_, index) => write(index % 2 ? db : other, index % 3 ? buckets : buckets.toReversed())));
    expect(await db.query('select count from v')).toEqual([{ count: 20 }]);
    await other[Symbol.asyncDispose]();
  });
});
