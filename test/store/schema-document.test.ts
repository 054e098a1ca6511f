import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureAggregateTables } from '../../src/store/aggregate-table.ts';
import { runReadOnly } from '../../src/store/read-only-sql.ts';
import { describeSchema, formatSchema } from '../../src/store/schema-document.ts';
import { describeDatabases } from '../support/databases.ts';

describeDatabases('the schema document', ['pglite', 'postgres 15'], (make, name) => {
  test('has a sentence for every table and column, and units where the name has one', async () => {
    const { db } = await make();
    const tables = await describeSchema(db);
    expect(tables.length).toBeGreaterThan(20);
    for (const table of tables) {
      expect(table.sentence, table.name).toMatch(/\.$/);
      for (const { name, sentence, unit } of table.columns) {
        expect(sentence, `${table.name}.${name}`).toMatch(/^\S.*\.$/s);
        if (name.endsWith('_ms')) expect(unit, `${table.name}.${name}`).toBe('ms');
      }
    }
    const calls = tables.find((table) => table.name === 'service_call_5m');
    expect(calls?.key).toEqual(['tenant_id', 'bucket', 'src_resource_id', 'dst_resource_id', 'protocol']);
    expect(calls?.columns.find((column) => column.name === 'rps')).toMatchObject({ type: 'double precision', unit: '1/s' });
    expect(tables.map((table) => table.name)).not.toContain('api_token');
  });

  test('has the tables of own aggregations, which agents may read', async () => {
    const { db } = await make();
    const column = { name: 'bucket', type: 'timestamp', key: true };
    await ensureAggregateTables(db, [{ name: 'own_1h', grain: 'One row per hour.', columns: [column] }]);
    await db.query(`insert into own_1h values ('a', '2026-01-01'), ('b', '2026-01-01')`);
    expect((await describeSchema(db)).find((table) => table.name === 'own_1h')).toMatchObject({
      sentence: 'One row per hour.',
      key: ['tenant_id', 'bucket'],
    });
    const request = { tenantId: 'a', text: 'select tenant_id from own_1h', timeoutMs: 5000, maxRows: 10, maxBytes: 1000 };
    expect((await runReadOnly(db, request)).rows).toEqual([{ tenant_id: 'a' }]);
  });

  if (name !== 'pglite') return;

  test('is current (else: npm run docs)', async () => {
    const { db } = await make();
    const text = readFileSync(join(import.meta.dirname, '../../docs/reference/schema.md'), 'utf8');
    expect(formatSchema(await describeSchema(db))).toBe(text);
  });
});
