import { inParallel } from '../../core/in-parallel.ts';
import type { ClusterStream, PushDown } from '../../core/push-down.ts';
import type { Signal } from '../../core/signal.ts';
import type { Window } from '../../core/window.ts';
import type { AggregateResult } from '../aggregate.ts';
import type { Aggregation } from '../catalog.ts';
import { identityOf, mergeRows, type PartialRow } from '../partials.ts';
import type { Resources } from '../resources.ts';
import { createTally, type Reconciliation } from '../stage.ts';
import { pushCalls, type SpanSurvey, surveySpans } from './push-calls.ts';
import { pushMetric, refuseMetric, type SurveyedStream, surveyMetric } from './push-metrics.ts';

/** The aggregations that can run in the cluster, by the signal that they read. */
const PUSHABLE: Readonly<Partial<Record<Signal, string>>> = { metric_points: 'metric_1m', spans: 'service_call_5m' };

/** Requests that may wait for their turn at once; how many run is the source's choice. */
const AT_ONCE = 8;

/** Of one signal: how many streams the cluster aggregated, and how many had to be read, by reason. */
export interface PushedStreams {
  streams: number;
  readonly read: Record<string, number>;
}

/** A window of which a first look is taken. */
export interface PushedWindow {
  /** Stored rows per minute of the reach, of the streams that the cluster aggregates. */
  readonly counts: ReadonlyMap<Signal, ReadonlyMap<number, number>>;
  /** Streams that must be read, by signal; `aggregate` may add a signal's streams. */
  readonly rest: ReadonlyMap<Signal, readonly string[]>;
  readonly stats: Readonly<Partial<Record<Signal, PushedStreams>>>;
  /** Lets the cluster aggregate. `rest` then names the streams that must be read because their rows turned out to be unfit. */
  aggregate(resources: Resources): Promise<{ readonly result: AggregateResult; readonly rest: ReadonlyMap<Signal, readonly string[]> }>;
}

/** The signals whose every aggregation can run in the cluster. */
export function listPushable(aggregations: readonly Aggregation[]): Signal[] {
  return (Object.keys(PUSHABLE) as Signal[]).filter((signal) => {
    const readers = aggregations.filter(({ contract }) => contract.reads === signal);
    return readers.length === 1 && readers[0]?.name === PUSHABLE[signal];
  });
}

/** Takes a first look at the window in the cluster: which streams it can aggregate, and how many rows they have. */
export async function surveyWindow(pushDown: PushDown, window: Window, aggregations: readonly Aggregation[]): Promise<PushedWindow> {
  const pushable = listPushable(aggregations);
  const named = (signal: Signal): Aggregation | undefined =>
    aggregations.find(({ name }) => pushable.includes(signal) && name === PUSHABLE[signal]);
  const ledger = createLedger();
  const [metrics, calls] = [named('metric_points'), named('spans')];
  const metricStreams = metrics ? await surveyMetrics(pushDown, { aggregation: metrics, window }, ledger) : [];
  const traceStream = calls && (await surveyTraces(pushDown, { aggregation: calls, window }, ledger));

  return {
    ...{ counts: ledger.counts, rest: ledger.rest, stats: ledger.stats },
    async aggregate(resources) {
      const partials = new Map<string, PartialRow[]>();
      const reconciliation: Reconciliation[] = [];
      const unfit = new Map<Signal, string[]>();
      if (metrics) {
        const tally = createTally('metric_points');
        const options = { aggregation: metrics, window, resources, tally };
        const rows = await inParallel(metricStreams, AT_ONCE, (stream) => pushMetric(pushDown, options, stream));
        partials.set(metrics.name, rows.flat());
        reconciliation.push(...tally.rows());
      }
      if (calls && traceStream) {
        const pushed = await pushCalls(pushDown, traceStream, { aggregation: calls, window, resources });
        if (typeof pushed === 'string') {
          unfit.set('spans', [traceStream.stream.name]);
          ledger.stats.spans = { streams: 0, read: { [pushed]: 1 } };
        } else {
          const tally = createTally('spans');
          pushed.tally(tally);
          partials.set(calls.name, pushed.rows);
          reconciliation.push(...tally.rows());
        }
      }
      return { result: mergeResults([{ partials, reconciliation }], aggregations), rest: unfit };
    },
  };
}

/** Notes which streams the cluster aggregates and which must be read. */
function createLedger() {
  const counts = new Map<Signal, Map<number, number>>();
  const rest = new Map<Signal, string[]>();
  const stats: Partial<Record<Signal, PushedStreams>> = {};
  const statsOf = (signal: Signal): PushedStreams => {
    const known = stats[signal] ?? { streams: 0, read: {} };
    stats[signal] = known;
    return known;
  };
  return {
    ...{ counts, rest, stats },
    leave(signal: Signal, stream: string, reason: string): void {
      rest.set(signal, [...(rest.get(signal) ?? []), stream]);
      const { read } = statsOf(signal);
      read[reason] = (read[reason] ?? 0) + 1;
    },
    take(signal: Signal, rows: ReadonlyMap<number, number>): void {
      const known = counts.get(signal) ?? new Map<number, number>();
      for (const [minute, number] of rows) known.set(minute, (known.get(minute) ?? 0) + number);
      counts.set(signal, known);
      statsOf(signal).streams++;
    },
  };
}
type Ledger = ReturnType<typeof createLedger>;

interface Reach {
  readonly aggregation: Aggregation;
  readonly window: Window;
}

async function surveyMetrics(pushDown: PushDown, { aggregation, window }: Reach, ledger: Ledger): Promise<SurveyedStream[]> {
  const { lookback } = aggregation;
  const { streams, others } = await pushDown.listStreams('metric_points', { from: window.from - lookback, to: window.to });
  for (const name of others) ledger.leave('metric_points', name, 'column_types');
  const fit: ClusterStream[] = [];
  for (const stream of streams) {
    const reason = refuseMetric(stream);
    if (reason === undefined) fit.push(stream);
    else ledger.leave('metric_points', stream.name, reason);
  }
  const surveys = await inParallel(fit, AT_ONCE, async (stream) => ({
    stream,
    survey: await surveyMetric(pushDown, { stream, window, lookback }),
  }));
  return surveys.flatMap(({ stream, survey }) => {
    if (typeof survey === 'string') {
      ledger.leave('metric_points', stream.name, survey);
      return [];
    }
    ledger.take('metric_points', survey.counts);
    return [survey];
  });
}

async function surveyTraces(pushDown: PushDown, { aggregation, window }: Reach, ledger: Ledger): Promise<SpanSurvey | undefined> {
  const { lookback, lookahead } = aggregation;
  const { streams, others } = await pushDown.listStreams('spans', { from: window.from - lookback, to: window.to + lookahead });
  const [only] = streams;
  if (only && streams.length === 1 && others.length === 0) {
    const survey = await surveySpans(pushDown, only, { aggregation, window });
    if (!survey.messaging) {
      ledger.take('spans', survey.counts);
      return survey;
    }
    ledger.leave('spans', only.name, 'messaging');
    return undefined;
  }
  // A trace may have spans in every stream.
  for (const { name } of streams) ledger.leave('spans', name, 'several_streams');
  for (const name of others) ledger.leave('spans', name, 'column_types');
  return undefined;
}

/** One result of several over the same window, whose rows may be parts of the same rows. */
export function mergeResults(results: readonly AggregateResult[], aggregations: readonly Aggregation[]): AggregateResult {
  const partials = new Map<string, PartialRow[]>();
  for (const aggregation of aggregations) {
    const rows = results.flatMap((result) => result.partials.get(aggregation.name) ?? []);
    partials.set(
      aggregation.name,
      mergeRows(
        aggregation,
        rows,
        identityOf(aggregation, (minute) => minute),
      ),
    );
  }
  const reconciliation = new Map<string, Reconciliation>();
  for (const row of results.flatMap((result) => result.reconciliation)) {
    const key = `${row.signal} ${row.minute}`;
    const known = reconciliation.get(key) ?? { signal: row.signal, minute: row.minute, read: 0, rejected: {}, unresolved: 0 };
    known.read += row.read;
    known.unresolved += row.unresolved;
    for (const [reason, rows] of Object.entries(row.rejected)) known.rejected[reason] = (known.rejected[reason] ?? 0) + rows;
    reconciliation.set(key, known);
  }
  return { partials, reconciliation: [...reconciliation.values()] };
}
