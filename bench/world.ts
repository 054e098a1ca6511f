import { signals } from '../src/core/signal.ts';
import { MINUTE } from '../src/core/time.ts';
import type { Window } from '../src/core/window.ts';
import type { MockConfig } from '../src/sources/mock/config.ts';
import { metricSeries } from '../src/sources/mock/metric-series.ts';
import { loadMockWorld, mockRows, rowsPerMinute } from '../src/sources/mock/world.ts';
import { openParquetWorld } from '../test/support/parquet-world.ts';

/** Sorting so many rows stays within the memory that is given to the engine. */
const ROWS_PER_OBJECT = 100_000;

export interface BenchWorldConfig {
  readonly directory: string;
  /** The minutes that are written. */
  readonly range: Window;
  readonly mock: MockConfig;
}

/** Where a bench finds what was written, in the words of an `openobserve_files` source, and the rows per signal. */
export interface BenchWorld {
  readonly root: string;
  readonly fileList: string;
  readonly rows: Readonly<Record<string, number>>;
  readonly objects: number;
}

/** Writes the mock world of the range as an OpenObserve data directory into an empty directory; memory does not grow with the rows. */
export async function writeBenchWorld({ directory, range, mock }: BenchWorldConfig): Promise<BenchWorld> {
  await using world = await openParquetWorld(directory);
  await loadMockWorld(world.session);
  const rows: Record<string, number> = {};
  let objects = 0;
  for (const signal of signals) {
    const perMinute = rowsPerMinute(signal, mock);
    if (perMinute === 0) continue;
    const step = Math.ceil((MINUTE * ROWS_PER_OBJECT) / perMinute);
    const streams = signal === 'metric_points' ? [...new Set(metricSeries.map((series) => series.metric))] : ['default'];
    for (const stream of streams) {
      const filter = signal === 'metric_points' ? `where __name__ = '${stream}'` : '';
      for (let from = range.from; from < range.to; from += step) {
        const part = { from, to: Math.min(from + step, range.to) };
        const select = `select * exclude (_row_hash) from (${mockRows(signal, mock, part)}) ${filter}`;
        for (const object of await world.write({ signal, stream, rows: select })) {
          objects++;
          rows[signal] = (rows[signal] ?? 0) + object.records;
        }
      }
    }
  }
  return { root: world.root, fileList: world.fileList, rows, objects };
}
