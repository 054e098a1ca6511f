import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AggregateInput, type AggregateResult, aggregate, prepareSession } from '../../src/aggregate/aggregate.ts';
import type { Aggregation } from '../../src/aggregate/catalog.ts';
import { createResources, type Resources } from '../../src/aggregate/resources.ts';
import { openSession, type Session } from '../../src/aggregate/session.ts';
import { hash64 } from '../../src/core/hash.ts';
import { rank } from '../../src/core/severity.ts';
import { canonicalColumns, type Signal, signals } from '../../src/core/signal.ts';
import type { Resource, ResourceKind } from '../../src/core/urn.ts';
import type { Window } from '../../src/core/window.ts';
import { createMiner, type PatternMiner } from '../../src/patterns/miner.ts';

/** Cells of a canonical row; columns that are absent are null. `timestamp` is µs. */
export type CanonicalRow = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>;

/** An engine on which aggregations run over rows that a test makes up. */
export interface AggregationWorld extends AsyncDisposable {
  readonly session: Session;
  readonly miner: PatternMiner;
  /** Runs the aggregations over the rows as a source would give them: cut to what the contracts ask for around the window. */
  run(options: RunOptions): Promise<AggregateResult & { resources: Resources }>;
}

export interface RunOptions {
  readonly aggregations: readonly Aggregation[];
  readonly rows: Partial<Readonly<Record<Signal, readonly CanonicalRow[]>>>;
  readonly window: Window;
  /** Recorded types by metric stream. */
  readonly streams?: Readonly<Record<string, string>> | undefined;
  /** URNs by the names that are their aliases. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
  readonly rules?: AggregateInput['rules'];
  readonly rowsPerPart?: AggregateInput['rowsPerPart'];
}

/** Opens the engine; its directory goes when it is disposed. */
export async function openAggregationWorld(): Promise<AggregationWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'observebridge-aggregate-'));
  const session = await openSession({ directory, memoryLimit: '512MB', threads: 1 });
  await prepareSession(session);
  const miner = createMiner();
  session.defineFunction('log_pattern', (line) => {
    const code = miner.code(line);
    return code * 8 + rank(miner.pattern(code).severity);
  });
  return {
    session,
    miner,
    async run({ aggregations, rows, window, streams = {}, aliases = {}, rules, rowsPerPart }) {
      const known = new Map(Object.entries(aliases).map(([name, urn]) => [name, toResource(urn)]));
      const resources = createResources('tenant', async () => known, rules);
      const relations = {} as Record<Signal, string>;
      for (const signal of signals) {
        const readers = aggregations.filter(({ contract }) => contract.reads === signal);
        const from = window.from - Math.max(0, ...readers.map(({ lookback }) => lookback));
        const to = window.to + Math.max(0, ...readers.map(({ lookahead }) => lookahead));
        relations[signal] = await load(session, signal, rows[signal] ?? [], { from, to });
      }
      const names = new Set([...(rows.metric_points ?? []).map(({ stream }) => String(stream)), ...Object.keys(streams)]);
      const result = await aggregate(
        {
          ...{ session, relations, window, resources, rules },
          streams: [...names].map((name) => ({ name, signal: 'metric_points', ...(streams[name] ? { metricType: streams[name] } : {}) })),
          pattern: (code) => miner.pattern(code).fingerprint,
          ...(rowsPerPart ? { rowsPerPart } : {}),
        },
        aggregations,
      );
      return { ...result, resources };
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function load(session: Session, signal: Signal, rows: readonly CanonicalRow[], range: Window): Promise<string> {
  const columns = Object.entries(canonicalColumns[signal]);
  const table = `given_${signal}`;
  await session.run(`create or replace table ${table} (${columns.map(([name, type]) => `${name} ${type}`).join(', ')})`);
  for (let start = 0; start < rows.length; start += 200) {
    const values = rows.slice(start, start + 200).map((row) => `(${columns.map(([name]) => literal(row[name])).join(', ')})`);
    await session.run(`insert into ${table} values ${values.join(', ')}`);
  }
  return `select * from ${table} where timestamp >= ${range.from} and timestamp < ${range.to}`;
}

function literal(value: CanonicalRow[string]): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (typeof value === 'number' && !Number.isInteger(value)) return `'${value}'::double`;
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return `'${value}'::double`;
  return String(value);
}

const KINDS: Readonly<Record<string, ResourceKind>> = { host: 'host', db: 'database', mq: 'topic', ext: 'external' };

function toResource(urn: string): Resource {
  return { urn, kind: KINDS[urn.split(':')[1] ?? ''] ?? 'service', name: urn.split(/[:/]/).at(-1) ?? urn };
}

/** The ids that sources give to a point's series: `labels` stands for every label that is no column. */
export function seriesOf(row: CanonicalRow, labels: string): { series: bigint; family_series: bigint } {
  const place = ['service_name', 'namespace', 'pod', 'host', 'instance', 'job'].map((name) => String(row[name] ?? ''));
  const id = (...parts: string[]): bigint => BigInt.asUintN(64, hash64(...parts, ...place, labels));
  return { series: id(String(row.stream), String(row.le ?? ''), String(row.quantile ?? '')), family_series: id() };
}
