import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { expect, test } from 'vitest';
import { openSession } from '../../src/aggregate/session.ts';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { MockConfigSchema } from '../../src/sources/mock/config.ts';
import { createMockSource } from '../../src/sources/mock/mock.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import { readEvidence } from '../../src/sources/read-evidence.ts';
import { openParquetWorld } from '../support/parquet-world.ts';
import { inWorld, NOON } from './openobserve-api-world.ts';

const signal = new AbortController().signal;
const window = { from: NOON, to: NOON + MINUTE };
const place = { stream: 'default', streamType: 'logs', window, traceId: null, timestamp: null };
const bounds = { rows: 100, bytes: 100_000 };

test('the API gives the rows of a stream as they are, within the bounds', async () => {
  await inWorld(async ({ source, session, server }) => {
    const all = await readEvidence(source, place, bounds, session, signal);
    expect(all).toMatchObject({ truncated: false, range: window });
    expect(all.rows.length).toBe(20);
    expect(all.rows[0]).toEqual({ _timestamp: NOON, body: 'line 0.0', service_name: 'cart', severity: 'INFO' });
    const some = await readEvidence(source, place, { ...bounds, rows: 3 }, session, signal);
    expect([some.rows.length, some.truncated]).toEqual([3, true]);
    const few = await readEvidence(source, place, { ...bounds, bytes: 300 }, session, signal);
    expect([few.truncated, few.bytes <= 300, few.rows.length > 0]).toEqual([true, true, true]);
    const one = await readEvidence(source, { ...place, timestamp: NOON + 3_000_000 }, bounds, session, signal);
    expect(one.rows.map(({ body }) => body)).toEqual(['line 0.1']);
    const metrics = await readEvidence(
      source,
      { ...place, stream: 'load', streamType: 'metrics' },
      { ...bounds, rows: 1 },
      session,
      signal,
    );
    expect(metrics.rows[0]?.__hash__).toBe('9223372036854775808');
    await server.append('traces', 'default', [
      { _timestamp: NOON - 10 * MINUTE, trace_id: "it's", span_id: '1', service_name: 'a' },
      { _timestamp: NOON, trace_id: 'other', span_id: '2', service_name: 'a' },
    ]);
    const trace = await readEvidence(source, { ...place, streamType: 'traces', traceId: "it's" }, bounds, session, signal);
    expect(trace.rows.map(({ span_id }) => span_id)).toEqual(['1']);
  });
});

test('files give the rows of the live objects of the stream alone', async () => {
  const directory = join(tmpdir(), `observebridge-${randomUUID()}`);
  await using world = await openParquetWorld(directory);
  const rows = [0, 1, 2].map((index) => ({ _timestamp: NOON + index, body: `line ${index}`, start_time: 2n ** 60n + 1n }));
  await world.write({ signal: 'logs', rows });
  await world.write({ signal: 'logs', stream: 'other', rows: [{ _timestamp: NOON, body: 'other' }] });
  await world.write({ signal: 'spans', rows: [{ _timestamp: NOON - MINUTE, trace_id: 'ABC', span_id: '1' }] });
  await using source = createOpenObserveFilesSource(
    { type: 'openobserve_files', root: world.root, organization: world.organization, file_list: `sqlite:${world.fileList}` },
    { now: () => NOON + 24 * HOUR },
  );
  const found = await readEvidence(source, place, bounds, world.session, signal);
  expect(found.rows).toEqual(
    [0, 1, 2].map((index) => ({ _timestamp: NOON + index, body: `line ${index}`, start_time: '1152921504606846977' })),
  );
  expect(await readEvidence(source, place, { ...bounds, rows: 2 }, world.session, signal)).toMatchObject({
    rows: [{}, {}],
    truncated: true,
  });
  const exact = await readEvidence(source, { ...place, timestamp: NOON + 1 }, bounds, world.session, signal);
  expect(exact.rows.map(({ body }) => body)).toEqual(['line 1']);
  const trace = await readEvidence(source, { ...place, streamType: 'traces', traceId: 'abc' }, bounds, world.session, signal);
  expect(trace.rows).toMatchObject([{ span_id: '1' }]);
  expect((await readEvidence(source, { ...place, stream: 'none' }, bounds, world.session, signal)).rows).toEqual([]);
});

test('a source without rows of its own shape gives canonical ones', async () => {
  const config = Value.Parse(MockConfigSchema, Value.Default(MockConfigSchema, { type: 'mock', scale: 0.01 }));
  await using session = await openSession({ directory: join(tmpdir(), `observebridge-${randomUUID()}`), memoryLimit: '256MB', threads: 1 });
  await using source = createMockSource(config, { now: () => NOON + HOUR });
  const found = await readEvidence(source, place, { ...bounds, rows: 5 }, session, signal);
  expect([found.rows.length, found.truncated]).toEqual([5, true]);
  const timestamp = Number(found.rows[2]?.timestamp);
  const exact = await readEvidence(source, { ...place, timestamp }, bounds, session, signal);
  expect(exact.rows).toContainEqual(found.rows[2]);
  expect(exact.rows.every((row) => row.timestamp === timestamp)).toBe(true);
});
