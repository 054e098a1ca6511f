import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import type { Signal } from '../../src/core/signal.ts';
import { DAY, HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import type { Db } from '../../src/store/db.ts';
import { makeDirectory } from '../jobs/directory.ts';
import { createPipeline, differences, dumpResults, emptyTables, looseLocators, type Pipeline } from '../jobs/pipeline.ts';
import { describeDatabases } from '../support/databases.ts';
import { openParquetWorld, type ParquetWorld } from '../support/parquet-world.ts';

const DATA = join(import.meta.dirname, '../../../shared/data/openobserve');
const FROM = parseTime('2023-01-30T12:00:00Z') ?? 0;
const RANGE = { from: FROM, to: FROM + HOUR };
const PARTS = 6;
/** The order in which the parts arrive. */
const ARRIVAL = [4, 1, 5, 0, 3, 2];

const streams = [
  { type: 'logs', signal: 'logs', identity: '_timestamp, body' },
  { type: 'traces', signal: 'spans', identity: 'span_id' },
] as const satisfies readonly { type: string; signal: Signal; identity: string }[];

/** The hour's live rows of a stream type as a select; rows of spans come twice in a twentieth of the cases. */
function selectHour(type: string, identity: string): string {
  const list = new DatabaseSync(join(DATA, 'db/metadata.sqlite'), { readOnly: true });
  const rows = list
    .prepare(`select stream, date, file from file_list where stream like ? and date = '2023/01/30/12' and not deleted`)
    .all(`default/${type}/%`);
  list.close();
  const paths = rows.map(({ stream, date, file }) => `'${join(DATA, 'stream/files', String(stream), String(date), String(file))}'`);
  const read = `select * from read_parquet([${paths.join(', ')}], union_by_name = true, hive_partitioning = false)`;
  return type === 'traces' ? `${read} union all select * from (${read}) where hash(${identity}, 7) % 20 = 0` : read;
}

/** Writes the rows whose number falls into one of the parts, every part as an object of its own. */
async function deliver(world: ParquetWorld, parts: readonly number[]): Promise<void> {
  for (const part of parts) {
    for (const { type, signal, identity } of streams) {
      await world.write({ signal, rows: `select * from (${selectHour(type, identity)}) where hash(${identity}, 1) % ${PARTS} = ${part}` });
    }
  }
}

if (!existsSync(DATA)) it.skip('an hour of real telemetry (skipped: ../shared/data is not here)', () => undefined);
else
  describeDatabases('an hour of real telemetry', ['postgres 18'], (make) => {
    const inWorld = async (db: Db, use: (world: ParquetWorld, pipeline: Pipeline) => Promise<void>): Promise<string[]> => {
      await using directory = await makeDirectory();
      await using world = await openParquetWorld(directory.path);
      const { root, fileList } = world;
      const config = { type: 'openobserve_files' as const, root, organization: 'default', file_list: `sqlite:${fileList}` };
      await using source = createOpenObserveFilesSource(config, { now: () => FROM + DAY });
      await emptyTables(db);
      await use(world, await createPipeline(db, source));
      expect(await looseLocators(db)).toEqual({ missing: 0n, orphaned: 0n });
      return dumpResults(db);
    };

    it('that arrives in parts, out of order and with repeated spans, ends as if it had come in order', async () => {
      const { db } = await make();
      const clean = await inWorld(db, async (world, pipeline) => {
        await deliver(world, [...ARRIVAL].sort());
        await pipeline.run(RANGE);
      });
      expect(clean.length).toBeGreaterThan(1000);
      let confirmed = 0;
      const found = await inWorld(db, async (world, pipeline) => {
        for (const [step, part] of ARRIVAL.entries()) {
          await deliver(world, [part]);
          // Half of the hour is read for the first time while more of it still arrives.
          if (step === 1) await pipeline.run({ from: FROM + 20 * MINUTE, to: FROM + 50 * MINUTE }, { maxBatch: 7 });
          if (step === 3) await pipeline.run(RANGE, { maxBatch: 25, trigger: 'settle' });
        }
        for (const round of [1, 2]) {
          const outcomes = await pipeline.run(RANGE, { maxBatch: 30, trigger: 'settle' });
          expect(outcomes.flatMap(({ error }) => (error ? [error] : []))).toEqual([]);
          if (round === 2)
            confirmed = outcomes.filter(({ changed, stats }) => changed === 0 && stats.every((stat) => 'confirmed' in stat)).length;
        }
      });
      expect(differences(clean, found)).toEqual([]);
      expect(confirmed).toBe(2);
    }, 180_000);
  });
