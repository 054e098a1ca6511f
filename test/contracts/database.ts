import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ObserveBridgeError } from '../../src/core/error.ts';
import { formatTime, parseTime } from '../../src/core/time.ts';
import { sqlState } from '../../src/store/database-error.ts';
import type { MakeDatabase } from '../support/databases.ts';

/** What every `Db` promises, whatever drives it. */
export function databaseContract(make: MakeDatabase): void {
  test('maps every column type to its value', async () => {
    const { db } = await make();
    const [row] = await db.query(
      `select 7::int2 as i2, 7::int4 as i4, 9223372036854775807::int8 as i8, 0.1::float8 as f8, 'NaN'::float8 as nan,
              '-Infinity'::float8 as inf, 1.50::numeric as n, true as b, 'x'::text as t, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid as u,
              '2023-01-30 12:00:00.000001+01'::timestamptz as whole, '2023-01-30 12:00:00+00'::timestamptz as second,
              tstzrange('2023-01-30 12:00+00', null) as r, '{"a":[1,null]}'::jsonb as j, '\\x00ff'::bytea as bytes, null as nothing,
              '{NULL,"a,b","\\"\\\\{}",""}'::text[] as texts, '{1,NULL}'::int8[] as longs, '{{t},{f}}'::bool[] as nested, '{}'::int4[] as none,
              array['2023-01-30 12:00:00.5+00'::timestamptz] as times, array['\\x01'::bytea] as blobs`,
    );
    expect(row).toEqual({
      i2: 7,
      i4: 7,
      i8: 9223372036854775807n,
      f8: 0.1,
      nan: Number.NaN,
      inf: Number.NEGATIVE_INFINITY,
      n: 1.5,
      b: true,
      t: 'x',
      u: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      whole: '2023-01-30T11:00:00.000001Z',
      second: '2023-01-30T12:00:00Z',
      r: '["2023-01-30 12:00:00+00",)',
      j: { a: [1, null] },
      bytes: new Uint8Array([0, 255]),
      nothing: null,
      texts: [null, 'a,b', '"\\{}', ''],
      longs: [1n, null],
      nested: [[true], [false]],
      none: [],
      times: ['2023-01-30T12:00:00.500000Z'],
      blobs: [new Uint8Array([1])],
    });
  });

  test('values survive as parameters and through COPY, to the microsecond and the last bit', async () => {
    const { db } = await make();
    await db.query('create table v (id int8, t text, f float8, b boolean, at timestamptz, bytes bytea, texts text[], longs int8[])');
    const value = fc.record({
      t: fc.option(
        fc.string({ unit: fc.constantFrom('a', '\\', '\t', '\n', '\r', 'N', '.', '"', '{', '}', ',', 'é', '😀', '\u0007', ' ') }),
      ),
      f: fc.option(fc.double({ noNaN: false }).map((number) => (Object.is(number, -0) ? 0 : number))),
      b: fc.option(fc.boolean()),
      at: fc.integer({ min: Date.UTC(1700, 0) * 1000, max: Date.UTC(2200, 0) * 1000 }).map((micros) => formatTime(micros)),
      bytes: fc.option(fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes))),
      texts: fc.option(fc.array(fc.option(fc.string({ unit: fc.constantFrom('a', '\\', '"', '{', ',', 'N', 'NULL', '\n', ' ') })))),
      longs: fc.option(fc.array(fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })))),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 20 }), async (values) => {
        const rows = values.map((v, index) => ({ id: BigInt(index), ...v }));
        await db.query('delete from v');
        await db.transaction((tx) =>
          tx.copy(
            'v',
            ['id', 't', 'f', 'b', 'at', 'bytes', 'texts', 'longs'],
            rows.map((row) => Object.values(row)),
          ),
        );
        expect(await db.query('select * from v order by id')).toEqual(rows);
        for (const row of rows.slice(0, 2)) {
          const sql =
            'select $1::int8 as id, $2::text as t, $3::float8 as f, $4::bool as b, $5::timestamptz as at, $6::bytea as bytes, $7::text[] as texts, $8::int8[] as longs';
          expect(await db.query(sql, Object.values(row))).toEqual([row]);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('text that PostgreSQL refuses is made storable', async () => {
    const { db } = await make();
    await db.query('create table v (t text)');
    await db.transaction((tx) => tx.copy('v', ['t'], [['a\0b'], ['\ud800c'], ['\\.'], ['\\N']]));
    expect(await db.query('select t from v')).toEqual([{ t: 'a\uFFFDb' }, { t: '\uFFFDc' }, { t: '\\.' }, { t: '\\N' }]);
    expect(await db.query('select $1::text as t', ['\0\ud800'])).toEqual([{ t: '\uFFFD\uFFFD' }]);
  });

  test('COPY streams many rows and returns their number', async () => {
    const { db } = await make();
    await db.query('create table v (id int, t text)');
    const rows = function* () {
      for (let id = 0; id < 20_000; id++) yield [id, 'x'.repeat(50)];
    };
    expect(await db.transaction((tx) => tx.copy('v', ['id', 't'], rows()))).toBe(20_000);
    expect(await db.query('select count(*)::int as rows, sum(id)::int as sum from v')).toEqual([{ rows: 20_000, sum: 199_990_000 }]);
    expect(await db.transaction((tx) => tx.copy('v', ['id', 't'], []))).toBe(0);
  });

  test('a failing row source or a refused COPY leaves nothing, and the database goes on', async () => {
    const { db } = await make();
    await db.query('create table v (id int)');
    const rows = function* () {
      for (let id = 0; id < 100_000; id++) yield [id];
      throw new RangeError('source broke');
    };
    await expect(db.transaction((tx) => tx.copy('v', ['id'], rows()))).rejects.toThrow(RangeError);
    const refused = db.transaction((tx) => tx.copy('v', ['id'], [[1], ['secret']]));
    await expect(refused).rejects.toMatchObject({ code: 'OB_DATABASE_FAILED' });
    await expect(refused).rejects.not.toThrow(/secret/);
    expect(await db.query('select count(*)::int as rows from v')).toEqual([{ rows: 0 }]);
  });

  test('a transaction that throws is rolled back and its error is rethrown', async () => {
    const { db } = await make();
    await db.query('create table v (id int primary key)');
    const error = new Error('mine');
    await expect(
      db.transaction(async (tx) => {
        await tx.query('insert into v values (1)');
        throw error;
      }),
    ).rejects.toBe(error);
    expect(await db.query('select * from v')).toEqual([]);
  });

  test('a transaction whose failed statement was swallowed does not pretend to have committed', async () => {
    const { db } = await make();
    await db.query('create table v (id int primary key)');
    const work = db.transaction(async (tx) => {
      await tx.query('insert into v values (1)');
      await tx.query('insert into v values (1)').catch((error: unknown) => expect(sqlState(error)).toBe('23505'));
    });
    await expect(work).rejects.toMatchObject({ code: 'OB_DATABASE_FAILED' });
    expect(await db.query('select * from v')).toEqual([]);
  });

  test('errors are ours, without row values', async () => {
    const { db } = await make();
    await db.query('create table v (id text primary key)');
    await db.query('insert into v values ($1)', ['secret']);
    const duplicate = await db.query('insert into v values ($1)', ['secret']).catch((error: unknown) => error);
    expect(duplicate).toBeInstanceOf(ObserveBridgeError);
    expect(duplicate).toMatchObject({ code: 'OB_DATABASE_FAILED', message: 'duplicate key value violates unique constraint "v_pkey"' });
    expect(JSON.stringify(Object(duplicate).cause)).not.toContain('secret');
    await expect(db.query('select $1::int8', ['secret'])).rejects.toThrow(/^invalid input syntax for type bigint$/);
    await expect(db.query('select nope')).rejects.toThrow('column "nope" does not exist');
    await expect(db.query('select 1; select 2')).rejects.toMatchObject({ code: 'OB_DATABASE_FAILED' });
    await expect(db.query('select $1::text', [new Date()])).rejects.toMatchObject({ code: 'OB_INTERNAL' });
  });

  test('callers at once do not see each other half done, and do not block each other for ever', async () => {
    const { db } = await make();
    await db.query('create table v (id int primary key, count int)');
    await db.query('insert into v values (1, 0)');
    const increment = () =>
      db.transaction(async (tx) => {
        const [row] = await tx.query<{ count: number }>('select count from v where id = 1 for update');
        await Promise.all([tx.query('select 1'), tx.query('update v set count = $1 where id = 1', [(row?.count ?? 0) + 1])]);
      });
    await Promise.all([...Array.from({ length: 25 }, increment), ...Array.from({ length: 25 }, () => db.query('select count from v'))]);
    expect(await db.query('select count from v')).toEqual([{ count: 25 }]);
  });

  test('the database used inside its own transaction is refused instead of waiting for itself', async () => {
    const { db } = await make();
    await expect(db.transaction(() => db.query('select 1'))).rejects.toMatchObject({ code: 'OB_INTERNAL' });
    await expect(db.transaction(() => db.transaction(async () => 1))).rejects.toMatchObject({ code: 'OB_INTERNAL' });
    const late = await db.transaction(async (tx) => () => tx.query('select 1'));
    await expect(late()).rejects.toMatchObject({ code: 'OB_INTERNAL' });
  });

  test('times outside the usual years are kept as text, and sessions are in UTC', async () => {
    const { db } = await make();
    expect(await db.query(`select 'infinity'::timestamptz as t, current_setting('timezone') as zone`)).toEqual([
      { t: 'infinity', zone: 'UTC' },
    ]);
    const [row] = await db.query<{ t: string }>(`select '1754-08-30 22:43:41.128654+00'::timestamptz as t`);
    expect(formatTime(parseTime(row?.t ?? '') ?? 0)).toBe('1754-08-30T22:43:41.128654Z');
  });
}
