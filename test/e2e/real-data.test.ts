import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { RunReport, Wiring } from '../../src/cli/command.ts';
import { loadConfig } from '../../src/config/load.ts';
import { formatTime, parseTime, SECOND } from '../../src/core/time.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createProgress } from '../../src/telemetry/progress.ts';
import { createWiring } from '../../src/wiring.ts';
import { makeDirectory } from '../jobs/directory.ts';
import { RUN_ID } from '../support/run-windows.ts';

const DATA = join(import.meta.dirname, '../../../shared/data');
const RESULTS = [
  'metric_1m',
  'service_call_5m',
  'log_pattern',
  'log_pattern_5m',
  'oo_locator',
  'dim_resource',
  'aggregation_partial_1m',
  'etl_reconciliation',
];

const tenants = {
  listed: `source: { type: openobserve_files, root: ${DATA}/openobserve/stream, file_list: "sqlite:${DATA}/openobserve/db/metadata.sqlite" }`,
  unlisted: `source: { type: openobserve_files, root: ${DATA}/openobserve/stream }`,
  scraped: `source: { type: openobserve_files, organization: infra, root: ${DATA}/prometheus/stream, file_list: "sqlite:${DATA}/prometheus/db/metadata.sqlite", streams: ${DATA}/prometheus/streams.json }`,
};

/** The program over one tenant named `t` and an embedded database of its own. */
async function inProgram(tenant: keyof typeof tenants, use: (wiring: Wiring) => Promise<void>): Promise<void> {
  await using directory = await makeDirectory();
  const file = join(directory.path, 'observebridge.yaml');
  await writeFile(file, `database: { url: "pglite:./db" }\ntenants:\n  - id: t\n    ${tenants[tenant]}\n`);
  const { config } = await loadConfig(file, { variables: {}, directory: directory.path });
  const progress = createProgress({ stream: new PassThrough().resume(), isTerminal: false, now: () => 0 });
  const logger = createLogger({ level: 'error', format: 'json', write: () => undefined });
  await using wiring = await createWiring({
    ...{ config, reload: async () => config, version: '0.0.0', logger, progress },
    signal: new AbortController().signal,
  });
  await use(wiring);
}

function run(wiring: Wiring, from: string, to: string): Promise<RunReport> {
  const range = { from: parseTime(from) ?? 0, to: parseTime(to) ?? 0 };
  return wiring.runJob({ job: 'oo-agg', tenantId: 't', range, caller: { runId: RUN_ID } });
}

const trainTicket = (wiring: Wiring) => run(wiring, '2023-01-30T11:50:00Z', '2023-01-30T14:15:00Z');

/** Every row of every result table as text, sorted. */
async function dump(wiring: Wiring): Promise<string[]> {
  const lines: string[] = [];
  for (const table of RESULTS) {
    const { rows } = await wiring.sql(`select t::text as row from ${table} t`);
    lines.push(...rows.map(({ row }) => `${table} ${row}`).sort());
  }
  return lines;
}

interface ExpectedCall {
  /** Seconds since 1970. */
  readonly bucket: number;
  readonly src: string;
  readonly dst: string;
  readonly calls: number;
  readonly p50_us: number;
  readonly p95_us: number;
}

interface FoundCall {
  readonly bucket: string;
  readonly src: string;
  readonly dst: string;
  readonly calls: bigint;
  readonly p50_ms: number;
  readonly p95_ms: number;
}

/** Calls that are missing, too many, counted otherwise, or with percentiles more than 1 % away. */
function compareCalls(expected: readonly ExpectedCall[], found: readonly FoundCall[]): string[] {
  const open = new Map(found.map((call) => [`${call.bucket} ${call.src} ${call.dst}`, call]));
  const wrong = expected.filter((call) => {
    const key = `${formatTime(call.bucket * SECOND)} ${call.src} ${call.dst}`;
    const match = open.get(key);
    open.delete(key);
    const isNear = (ms: number, us: number): boolean => Math.abs(ms * 1000 - us) <= us * 0.01;
    return !match || Number(match.calls) !== call.calls || !isNear(match.p50_ms, call.p50_us) || !isNear(match.p95_ms, call.p95_us);
  });
  return [...wrong.map((call) => `expected ${JSON.stringify(call)}`), ...[...open.keys()].map((key) => `not expected ${key}`)];
}

describe.skipIf(!existsSync(DATA))(`real data${existsSync(DATA) ? '' : ' (skipped: ../shared/data is not there)'}`, () => {
  it('gives the calls that an independent program counted, and every log line', async () => {
    let listed: string[] = [];
    await inProgram('listed', async (wiring) => {
      const first = await trainTicket(wiring);
      expect(first).toMatchObject({ windows: 145, failed: 0, failures: [] });
      const { rows } = await wiring.sql(
        `select bucket, s.name as src, d.name as dst, calls, p50_ms, p95_ms from service_call_5m
         join dim_resource s on s.resource_id = src_resource_id join dim_resource d on d.resource_id = dst_resource_id`,
      );
      const expected = JSON.parse(await readFile(join(DATA, 'openobserve-expected-calls-5m.json'), 'utf8'));
      expect(expected).toHaveLength(1255);
      expect(compareCalls(expected, rows as unknown as FoundCall[])).toEqual([]);
      expect(rows).toHaveLength(1255);
      expect((await wiring.sql('select sum(count_total)::bigint as lines from log_pattern_5m')).rows).toEqual([{ lines: 94_624n }]);
      const duplicates = await wiring.sql(
        `select sum((rejected->>'duplicate')::bigint)::bigint as spans from etl_reconciliation where signal = 'spans'`,
      );
      expect(duplicates.rows).toEqual([{ spans: 1014n }]);
      listed = await dump(wiring);
      expect((await trainTicket(wiring)).changed).toBe(0);
      expect(await dump(wiring)).toEqual(listed);
    });
    await inProgram('unlisted', async (wiring) => {
      expect(await trainTicket(wiring)).toMatchObject({ failed: 0 });
      const found = await dump(wiring);
      expect(found.length).toBe(listed.length);
      expect(found.filter((line, index) => line !== listed[index])).toEqual([]);
    });
  }, 180_000);

  it('reads scrapes of counters, gauges, histograms and summaries, and changes nothing when it reads them again', async () => {
    await inProgram('scraped', async (wiring) => {
      const scrape = () => run(wiring, '2026-11-21T09:28:00Z', '2026-11-21T10:15:00Z');
      expect(await scrape()).toMatchObject({ windows: 47, failed: 0 });
      const { rows } = await wiring.sql('select kind, count(*) > 0 as found from metric_1m group by kind order by kind');
      expect(rows.map((row) => row.kind)).toEqual(['counter', 'gauge', 'histogram', 'summary']);
      const before = await dump(wiring);
      expect((await scrape()).changed).toBe(0);
      expect(await dump(wiring)).toEqual(before);
    });
  }, 120_000);
});
