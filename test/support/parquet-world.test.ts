import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import { createdAt } from '../../src/sources/openobserve-files/object-key.ts';
import { openParquetWorld } from './parquet-world.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;

it('writes objects as OpenObserve does, and merges them as its compactor does', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'observebridge-world-'));
  try {
    await using world = await openParquetWorld(directory);
    const rows = [NOON + 1, NOON + 3, NOON + 2, NOON + HOUR].map((time) => ({ _timestamp: time, body: `line ${time}`, trace_id: null }));
    const [first, next] = await world.write({ signal: 'logs', rows, partition: 'k8s=a' });
    expect(first).toMatchObject({ date: '2026/03/01/12', minTime: NOON + 1, maxTime: NOON + 3, records: 3 });
    expect(next).toMatchObject({ date: '2026/03/01/13', records: 1 });
    if (!first) throw new Error('nothing was written');
    expect(first.path).toMatch(/\/stream\/files\/default\/logs\/default\/2026\/03\/01\/12\/k8s=a\/\d{19}[0-9a-f]{4}\.parquet$/);
    expect(createdAt(first.file)).toBe(Math.floor((NOON + 20 * MINUTE) / 1000) * 1000);

    const stored = await world.session.rows<{ _timestamp: bigint }>(`from read_parquet('${first.path}', hive_partitioning = false)`);
    expect(stored.map((row) => Number(row._timestamp) - NOON)).toEqual([3, 2, 1]);
    expect(Object.keys(stored[0] ?? {})).toEqual(['_timestamp', 'body']);
    const footer = await world.session.rows<{ key: string; value: string }>(
      `select decode(key) as key, decode(value) as value from parquet_kv_metadata('${first.path}')`,
    );
    expect(Object.fromEntries(footer.map(({ key, value }) => [key, value]))).toMatchObject({ min_ts: String(NOON + 1), records: '3' });

    const [late] = await world.write({
      signal: 'logs',
      partition: 'k8s=a',
      rows: [{ _timestamp: NOON, body: 7 }],
      createdAt: NOON + 5 * HOUR,
    });
    if (!late) throw new Error('nothing was written');
    const merged = await world.compact([first, late], { createdAt: NOON + 6 * HOUR });
    expect(merged).toMatchObject({ minTime: NOON, maxTime: NOON + 3, records: 4, originalSize: first.originalSize + late.originalSize });
    await world.compact([first, late], { listed: false });
    using list = new DatabaseSync(world.fileList, { readOnly: true });
    const live = list.prepare('select file from file_list order by date, file').all();
    expect(live.map((row) => row.file)).toEqual([merged.file, next?.file]);
    expect(list.prepare('select count(*) as gone from file_list_deleted').get()).toEqual({ gone: 2 });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
