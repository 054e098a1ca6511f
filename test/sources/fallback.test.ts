import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSession } from '../../src/aggregate/session.ts';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { createSource } from '../../src/sources/index.ts';
import { makeDirectory } from '../jobs/directory.ts';
import { openParquetWorld } from '../support/parquet-world.ts';
import { configOf, NOON, PER_MINUTE, range, rowsOf, startWorld } from './openobserve-api-world.ts';

it('reads through the API only the windows whose files are of a format that cannot be read', async () => {
  await using directory = await makeDirectory();
  await using server = await startWorld();
  await using world = await openParquetWorld(directory.path);
  const [noon] = await world.write({ signal: 'logs', rows: [...rowsOf('logs', 0), { _timestamp: NOON + 1, body: 'only in the files' }] });
  const later = NOON + 2 * HOUR;
  await world.write({ signal: 'logs', rows: [{ _timestamp: later, body: 'only in the files' }] });
  const files = { type: 'openobserve_files', root: world.root, organization: 'default', file_list: `sqlite:${world.fileList}` } as const;
  await using source = createSource({ ...files, fallback: configOf(server) }, { now: () => NOON + 24 * HOUR });
  const count = async (window: { from: number; to: number }): Promise<number> => {
    await using session = await openSession({ directory: join(directory.path, 'read'), memoryLimit: '128MB', threads: 1 });
    const none = { from: window.from, to: window.from };
    await using slice = await source.open({ logs: window, spans: none, metric_points: none }, session, new AbortController().signal);
    const [counted] = await session.rows<{ rows: bigint }>(`select count(*) as rows from (${slice.relations.logs})`);
    return Number(counted?.rows);
  };
  const first = { from: NOON, to: NOON + MINUTE };
  expect(await count(first)).toBe(PER_MINUTE + 1);
  expect(server.counts.requests).toBe(0);
  if (noon) await world.addVortex(noon);
  expect(await count(first)).toBe(PER_MINUTE);
  expect(await count(range)).toBe(3 * PER_MINUTE);
  expect(await count({ from: later, to: later + MINUTE })).toBe(1);
  const findings = await source.check(new AbortController().signal);
  expect(findings.some(({ text }) => text.startsWith('Fallback: '))).toBe(true);
});
