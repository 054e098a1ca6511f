import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { openSession } from '../src/aggregate/session.ts';
import { parseTime } from '../src/core/time.ts';
import { migrate } from '../src/store/migrate.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { makeDirectory, openPipeline, spread } from './pipeline.ts';

const DATA = fileURLToPath(new URL('../../shared/data/openobserve/', import.meta.url));
const RUNS = 5;
const TABLES = ['metric_1m', 'service_call_5m', 'log_pattern_5m'];

/**
 * The whole pipeline on the real data against the least that any program would have to do: DuckDB reading the same columns of the same
 * files and running the group-bys (logs by a hash of the body), and COPY of the result rows into the embedded database. In pairs, both warm.
 */
export async function benchFloor(): Promise<string[]> {
  if (!existsSync(DATA)) return ['floor: skipped, because ../shared/data/openobserve is not there'];
  const range = { from: parseTime('2023-01-30T11:50:00Z') ?? 0, to: parseTime('2023-01-30T14:15:00Z') ?? 0 };
  const pipeline: number[] = [];
  const floor: number[] = [];
  let rows: Record<string, unknown[][]> = {};
  for (let run = 0; run <= RUNS; run++) {
    await using directory = await makeDirectory();
    {
      await using opened = await openPipeline({
        databaseUrl: `pglite:${directory.path}/a`,
        root: `${DATA}stream`,
        fileList: `sqlite:${DATA}db/metadata.sqlite`,
      });
      const started = performance.now();
      await opened.run(range, 60);
      if (run > 0) pipeline.push(performance.now() - started);
      if (run === 0) {
        rows = {};
        for (const table of TABLES) rows[table] = (await opened.db.query(`select * from ${table}`)).map((row) => Object.values(row));
      }
    }
    await using db = await openDatabase(`pglite:${directory.path}/b`);
    await migrate(db);
    const columns: Record<string, string[]> = {};
    for (const table of TABLES) {
      const described = await db.query<{ name: string }>(
        `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 order by attnum`,
        [table],
      );
      columns[table] = described.map((column) => column.name);
    }
    const started = performance.now();
    await runGroupBys();
    await db.transaction(async (tx) => {
      for (const table of TABLES) await tx.copy(table, columns[table] ?? [], rows[table] ?? []);
    });
    if (run > 0) floor.push(performance.now() - started);
  }
  const ratios = pipeline.map((time, index) => time / (floor[index] ?? Number.NaN));
  const written = Object.entries(rows).map(([table, list]) => `${table} ${list.length}`);
  return [
    `floor: pipeline ${spread(pipeline)} ms, floor ${spread(floor)} ms, ratio ${spread(ratios, 2)} (bar ≤ 2); ${written.join(', ')} rows, ${RUNS} pairs`,
  ];
}

async function runGroupBys(): Promise<void> {
  await using directory = await makeDirectory();
  await using session = await openSession({ directory: directory.path, memoryLimit: '128MB', threads: 1 });
  const list = new DatabaseSync(new URL(`file://${DATA}db/metadata.sqlite?mode=ro&immutable=1`), { readOnly: true });
  const read = (type: string): string => {
    const files = list.prepare(`select stream, date, file from file_list where stream like 'default/${type}/%' and not deleted`).all();
    const paths = files.map((row) => `'${DATA}stream/files/${row.stream}/${row.date}/${row.file}'`);
    return `read_parquet([${paths.join(', ')}], union_by_name = true)`;
  };
  await session.columns(
    `select _timestamp // 300000000, k8s_namespace_name, service_name, k8s_pod_name, hash(body), count(*), min(_timestamp), max(_timestamp) from ${read('logs')} group by all`,
  );
  await session.columns(
    `select _timestamp // 300000000, service_k8s_namespace_name, service_name, span_kind, count(*), min(trace_id), min(span_id), min(reference_parent_span_id),
       max(span_status), quantile_cont(duration, [0.5, 0.95]) from ${read('traces')} group by all`,
  );
  await session.columns(
    `select _timestamp // 60000000, __name__, k8s_namespace_name, service_name, k8s_pod_name, count(*), avg(value), min(value), max(value), quantile_cont(value, 0.95), sum(value)
     from ${read('metrics')} group by all`,
  );
  list.close();
}
