import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createServer } from '../src/api/server.ts';
import { type Micros, parseTime } from '../src/core/time.ts';
import type { Db } from '../src/store/db.ts';
import { migrate } from '../src/store/migrate.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { createMetrics } from '../src/telemetry/metrics.ts';
import { describeMonth, fillMonth, month, monthTenant } from './month.ts';
import { makeDirectory, openPipeline } from './pipeline.ts';
import { findSubject, type Subject, toQuestions } from './questions.ts';

const DATA = fileURLToPath(new URL('../../shared/data/openobserve/', import.meta.url));
const RECORDED = { from: parseTime('2023-01-30T11:50:00Z') ?? 0, to: parseTime('2023-01-30T14:15:00Z') ?? 0 };
const RECORDED_TENANT = 'bench';
const ROUNDS = 20;
const BAR_MS = 100;

/** How long every request of the console takes in an embedded database that holds a generated month and the recorded hours, where these are there. */
export async function benchApi(): Promise<string[]> {
  await using directory = await makeDirectory();
  const databaseUrl = `pglite:${directory.path}/db`;
  const isRecorded = existsSync(DATA);
  if (isRecorded) {
    await using pipeline = await openPipeline({ databaseUrl, root: `${DATA}stream`, fileList: `sqlite:${DATA}db/metadata.sqlite` });
    await pipeline.run(RECORDED, 60);
  }
  await using db = await openDatabase(databaseUrl);
  await migrate(db);
  await fillMonth(db);
  const lines = [`api over a month, embedded: ${describeMonth}`];
  lines.push(describe('month', await askAll(db, await findSubject(db, monthTenant, month), month.to)));
  if (!isRecorded) return [...lines, 'api over recorded hours: skipped, because ../shared/data/openobserve is not there'];
  return [...lines, describe('recorded hours', await askAll(db, await findSubject(db, RECORDED_TENANT, RECORDED), RECORDED.to))];
}

/** The 95th percentile of a question in milliseconds; undefined where the tenant has nothing that could be asked about. */
export interface Figure {
  readonly name: string;
  readonly p95: number | undefined;
  readonly bytes: number;
}

/** Asks the questions of the pages whose names contain `named` in turn, each in different words, and rejects where one is not answered. */
export async function askAll(db: Db, subject: Subject, now: Micros, named = '', rounds = ROUNDS): Promise<Figure[]> {
  const silent = () => undefined;
  const logger = { debug: silent, info: silent, warn: silent, error: silent, child: () => logger };
  const server = await createServer({
    ...{ db, version: 'bench', logger, metrics: createMetrics(), now: () => now, wake: silent, open: true },
    config: { host: '127.0.0.1', port: 0, body_limit_kb: 64, request_timeout: '30s', ready_lag: '1h' },
    schedules: () => undefined,
    tenants: async () => [subject.tenantId],
  });
  await server.ready();
  const figures: Figure[] = [];
  for (const [name, toAsk] of Object.entries(toQuestions(subject)).filter(([name]) => name.includes(named))) {
    const times: number[] = [];
    let bytes = 0;
    for (let round = 0; round < rounds; round++) {
      const [path, query = {}] = toAsk(round) ?? [];
      if (path === undefined) break;
      const words = new URLSearchParams();
      for (const [field, value] of Object.entries({ tenant_id: subject.tenantId, ...query }))
        if (value !== undefined) words.set(field, String(value));
      const url = `/api/v1/${path}?${words}`;
      const begun = performance.now();
      const { statusCode, body } = await server.inject(url);
      times.push(performance.now() - begun);
      bytes = Math.max(bytes, body.length);
      if (statusCode !== 200) throw new Error(`${url} answers ${statusCode}: ${body.slice(0, 300)}`);
    }
    figures.push({ name, p95: times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1], bytes });
  }
  await server.close();
  return figures;
}

function describe(name: string, figures: readonly Figure[]): string {
  const asked = figures.flatMap(({ p95, ...figure }) => (p95 === undefined ? [] : [{ ...figure, p95 }])).sort((a, b) => b.p95 - a.p95);
  const quick = asked.filter(({ p95 }) => p95 < BAR_MS).length;
  const silent = figures.filter(({ p95 }) => p95 === undefined).map((figure) => figure.name);
  return [
    `api over the ${name}, p95 of ${ROUNDS} requests: ${quick} of ${asked.length} below ${BAR_MS} ms;`,
    `${asked.map((figure) => `${figure.name} ${Math.round(figure.p95)}`).join(', ')} ms`,
    ...(silent.length > 0 ? [`; nothing to ask about: ${silent.join(', ')}`] : []),
  ].join(' ');
}
