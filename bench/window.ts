import { MINUTE } from '../src/core/time.ts';
import { readMockConfig } from './mock-config.ts';
import { makeDirectory, openPipeline, spread } from './pipeline.ts';
import { writeBenchWorld } from './world.ts';

const WINDOWS = 20;

/** One window of 5 000 logs, 500 points and 1 000 spans at a time, from parquet objects into the embedded database. */
export async function benchWindow(): Promise<string[]> {
  await using directory = await makeDirectory();
  const from = Date.UTC(2026, 0, 1, 12) * 1000;
  const range = { from, to: from + WINDOWS * MINUTE };
  const { root, fileList, rows } = await writeBenchWorld({ directory: `${directory.path}/world`, range, mock: readMockConfig({}) });
  await using pipeline = await openPipeline({ databaseUrl: `pglite:${directory.path}/db`, root, fileList: `sqlite:${fileList}` });
  const times: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    const started = performance.now();
    await pipeline.run({ from: from + window * MINUTE, to: from + (window + 1) * MINUTE }, 1);
    times.push(performance.now() - started);
  }
  const counts = Object.entries(rows).map(([signal, count]) => `${count / WINDOWS} ${signal}`);
  return [
    `window: ${spread(times.slice(1))} ms each, the very first ${times[0]?.toFixed(0)} ms (bar < 3000, aim < 300); ${counts.join(', ')} per window, ${WINDOWS} windows`,
  ];
}
