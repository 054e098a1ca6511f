import type { ResourceRule } from '../core/place.ts';
import type { Signal } from '../core/signal.ts';
import { LOG_GAMMA, ZERO_BIN } from '../core/sketch.ts';
import type { Window } from '../core/window.ts';
import type { Aggregation } from './catalog.ts';
import { identityOf, mergeRows, minuteColumn, type PartialRow, resourceColumns, toPartialRows } from './partials.ts';
import type { Resources } from './resources.ts';
import type { Session } from './session.ts';
import { createTally, during, type Reconciliation, type StageOptions, type Tally } from './stage.ts';
import { stageLogs } from './stage-logs.ts';
import { preparePoints, stagePoints } from './stage-points.ts';
import { stageSpans } from './stage-spans.ts';

/** What an aggregation run works on. */
export interface AggregateInput {
  readonly session: Session;
  /** Canonical selects, as a source gives them. */
  readonly relations: Readonly<Record<Signal, string>>;
  readonly streams: readonly { name: string; signal: Signal; metricType?: string }[];
  readonly window: Window;
  readonly resources: Resources;
  readonly rules?: readonly ResourceRule[] | undefined;
  /** Fingerprint of the number that the SQL function log_pattern() gave (its severity bits taken off). */
  readonly pattern: (code: number) => string;
  /** Windows with more rows than this are worked on in parts; the parts do not change the result. */
  readonly rowsPerPart?: typeof ROWS_PER_PART;
}

export interface AggregateResult {
  /** Rows of each aggregation by name, one per minute and identity, whose minute lies in the window. */
  readonly partials: ReadonlyMap<string, PartialRow[]>;
  readonly reconciliation: readonly Reconciliation[];
}

/**
 * More rows than this are worked on in parts, so that memory does not grow with the volume of a window. A part holds whole traces, or whole
 * metric families, so its rows never meet rows of another.
 */
const ROWS_PER_PART: Readonly<Record<'spans' | 'metric_points', number>> = { spans: 100_000, metric_points: 400_000 };

/** Up to this many lines are mined beside the other signals, because the miner and the engine work on different threads. */
const LINES_BESIDE_SPANS = 50_000;

/** Registers the macros that aggregation queries use. */
export async function prepareSession(session: Session): Promise<void> {
  await session.run(
    `create or replace macro sketch(v) as histogram(case when v > 0 then ceil(ln(v) / ${LOG_GAMMA})::integer when v is not null then ${ZERO_BIN} end);`,
  );
}

/**
 * Runs the queries of the aggregations over the window’s rows. Each row read is counted once: aggregated, or rejected with a reason.
 */
export async function aggregate(input: AggregateInput, aggregations: readonly Aggregation[]): Promise<AggregateResult> {
  await using side = await input.session.fork();
  const readers = (signal: Signal): Aggregation[] => aggregations.filter((aggregation) => aggregation.contract.reads === signal);
  const logs = (): Promise<SignalResult[]> => aggregateSignal({ ...input, session: side }, 'logs', readers('logs'));
  const spanCount = await countRows(input, 'spans');
  const others = async (): Promise<SignalResult[]> => {
    const spans = await aggregateSignal(input, 'spans', readers('spans'), spanCount);
    await input.session.dropTables();
    const points = await countRows(input, 'metric_points');
    return [...spans, ...(await aggregateSignal(input, 'metric_points', readers('metric_points'), points))];
  };
  // What is large goes one after the other, so that the memory of one is free before the next.
  const small = spanCount <= ROWS_PER_PART.spans && (await countRows(input, 'logs')) <= LINES_BESIDE_SPANS;
  if (!small) await input.session.tighten();
  const results = small ? await allOrFirstError([others(), logs()]) : [await others(), await logs()];
  const signalResults = results.flat();
  return {
    partials: new Map(signalResults.flatMap(({ partials }) => [...partials])),
    reconciliation: signalResults.flatMap(({ tally }) => tally.rows()),
  };
}

async function countRows({ session, relations, window }: AggregateInput, signal: Signal): Promise<number> {
  const [counted] = await session.rows<{ rows: bigint }>(`select count(*) as rows from (${relations[signal]}) where ${during(window)}`);
  return Number(counted?.rows ?? 0n);
}

interface SignalResult {
  readonly partials: ReadonlyMap<string, PartialRow[]>;
  readonly tally: Tally;
}

/** Waits for all, so that none still runs when the session is disposed, and rejects with the first error. */
async function allOrFirstError<Value>(work: readonly Promise<Value>[]): Promise<Value[]> {
  const settled = await Promise.allSettled(work);
  return settled.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

async function aggregateSignal(
  input: AggregateInput,
  signal: Signal,
  aggregations: readonly Aggregation[],
  rows = 0,
): Promise<SignalResult[]> {
  if (aggregations.length === 0) return [];
  const tally = createTally(signal);
  const collected = new Map<string, PartialRow[]>();
  await stageAndCollect(input, { signal, rows }, aggregations, tally, async () => {
    for (const aggregation of aggregations) {
      const rows = toPartialRows(aggregation, await input.session.columns(aggregation.query), input.pattern);
      collected.set(aggregation.name, [...(collected.get(aggregation.name) ?? []), ...takeResolved(aggregation, rows, tally)]);
    }
  });
  const partials = new Map<string, PartialRow[]>();
  for (const aggregation of aggregations) {
    const identity = identityOf(aggregation, (minute) => minute);
    partials.set(aggregation.name, mergeRows(aggregation, collected.get(aggregation.name) ?? [], identity));
  }
  return [{ partials, tally }];
}

/** Rows whose resource is not known are counted by their first sum and left out. */
function takeResolved(aggregation: Aggregation, rows: readonly PartialRow[], tally: Tally): PartialRow[] {
  const resources = resourceColumns(aggregation);
  const minute = minuteColumn(aggregation);
  const measure = Object.entries(aggregation.contract.partials).find(([, column]) => 'merge' in column && column.merge === 'sum')?.[0];
  return rows.filter((row) => {
    const resolved = resources.every((name) => row[name] !== null);
    if (!resolved) tally.leaveUnresolved(Number(row[minute]), measure === undefined ? 1 : Number(row[measure]));
    return resolved;
  });
}

async function stageAndCollect(
  input: AggregateInput,
  { signal, rows }: { readonly signal: Signal; readonly rows: number },
  aggregations: readonly Aggregation[],
  tally: Tally,
  collect: () => Promise<void>,
): Promise<void> {
  const { session, window, resources } = input;
  const longest = (key: 'lookback' | 'lookahead'): number => Math.max(...aggregations.map((aggregation) => aggregation[key]));
  const options: StageOptions = {
    session,
    relation: input.relations[signal],
    window,
    lookback: longest('lookback'),
    lookahead: longest('lookahead'),
    resources,
    names: (column) => aggregations.some(({ query }) => new RegExp(`\\b${column}\\b`).test(query)),
  };
  if (signal === 'logs') {
    await stageLogs(options, tally);
    return collect();
  }
  const partitions = Math.max(1, Math.ceil(rows / (input.rowsPerPart ?? ROWS_PER_PART)[signal]));
  if (signal === 'metric_points') {
    await preparePoints({ ...options, streams: input.streams.filter((stream) => stream.signal === signal), rules: input.rules });
  }
  if (signal === 'spans') return stageSpans(options, partitions, tally, collect);
  for (let partition = 0; partition < partitions; partition++) {
    await stagePoints({ ...options, partition, partitions }, tally);
    await collect();
  }
}
