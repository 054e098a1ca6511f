import { expect, it } from 'vitest';
import { HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { describeBucket } from '../sources/bucket-scene.ts';
import { createPipeline, differences, dumpResults, emptyTables } from './pipeline.ts';
import { type Rows, writeRows } from './worlds.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const RANGE = { from: NOON, to: NOON + 4 * MINUTE };

const id = (number: number): string => number.toString(16).padStart(16, '0');

/** A call, a log line and two metric points in every second. */
function rowsOfRange(): Rows {
  const seconds = Array.from({ length: (RANGE.to - RANGE.from) / 1_000_000 }, (_, second) => ({
    second,
    _timestamp: NOON + second * 1_000_000,
  }));
  return {
    logs: seconds.map(({ second, _timestamp }) => ({ _timestamp, body: `took ${second} ms`, service_name: 'cart', severity: 'INFO' })),
    spans: seconds.flatMap(({ second, _timestamp }) => {
      const shared = { _timestamp, trace_id: id(second + 1).repeat(2), duration: 1000 + second, span_status: 'OK' };
      return [
        { ...shared, span_id: id(2 * second + 1), reference_parent_span_id: null, service_name: 'web', span_kind: '3' },
        { ...shared, span_id: id(2 * second + 2), reference_parent_span_id: id(2 * second + 1), service_name: 'cart', span_kind: '2' },
      ];
    }),
    points: seconds.flatMap(({ second, _timestamp }) => [
      { _timestamp, __name__: 'load', value: second + 0.5, service_name: 'cart' },
      { _timestamp, __name__: 'hits_total', value: 3 * second + 0.5, pod: 'cart-0' },
    ]),
  };
}

describeBucket('the main job over a bucket', ({ inScene }) => {
  it('fills the tables as it does over the directory that was uploaded, and reads no object twice', () =>
    inScene(async ({ world, sync, open, fetched }) => {
      await using db = await openDatabase('pglite:memory');
      await migrate(db);
      const objects = await writeRows(world, rowsOfRange());
      await sync();
      const { root, fileList } = world;
      const config = { type: 'openobserve_files' as const, root, organization: 'default', file_list: `sqlite:${fileList}` };
      await using directory = createOpenObserveFilesSource(config, { now: () => NOON + 24 * HOUR });
      await (await createPipeline(db, directory)).run(RANGE);
      const local = await dumpResults(db);
      expect(local.filter((line) => line.startsWith('service_call_5m'))).toHaveLength(1);
      await emptyTables(db);
      const outcomes = await (await createPipeline(db, open())).run(RANGE, { maxBatch: 1 });
      expect(outcomes.flatMap(({ error }) => (error ? [error] : []))).toEqual([]);
      expect(differences(local, await dumpResults(db))).toEqual([]);
      expect(fetched().toSorted()).toEqual([...new Set(fetched())].toSorted());
      expect(fetched()).toHaveLength(objects.length);
    }));
});
