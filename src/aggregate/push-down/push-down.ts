import { inParallel } from '../../core/in-parallel.ts';
import type { PushDown } from '../../core/push-down.ts';
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
  const counts = new Map<Signal, Map<number, number>>();
  const rest = new Map<Signal, string[]>();
  const stats: Partial<Record<Signal, PushedStreams>> = {};
  const leave = (signal: Signal, stream: string, reason: string): void => {
    rest.set(signal, [...(rest.get(signal) ?? []), stream]);
    const told = stats[signal] ?? { streams: 0, read: {} };
    told.read[reason] = (told.read[reason] ?? 0) + 1;
    stats[signal] = told;
  };
  const take = (signal: Signal, rows: ReadonlyMap<number, number>): void => {
    const known = counts.get(signal) ?? new Map<number, number>();
    for (const [minute, number] of rows) known.set(minute, (known.get(minute) ?? 0) + number);
    counts.set(signal, known);
    stats[signal] = { read: {}, ...stats[signal], streams: (stats[signal]?.streams ?? 0) + 1 };
  };

  const metrics = named('metric_points');
  const surveyed: SurveyedStream[] = [];
  if (metrics) {
    const { streams, others } = await pushDown.listStreams('metric_points', { from: window.from - metrics.lookback, to: window.to });
    for (const name of others) leave('metric_points', name, 'column_types');
    const fit = streams.filter((stream) => {
      const reason = refuseMetric(stream);
      if (reason !== undefined) leave('metric_points', stream.name, reason);
      return reason === undefined;
    });
    const surveys = await inParallel(fit, AT_ONCE, (stream) => surveyMetric(pushDown, { stream, window, lookback: metrics.lookback }));
    for (const [index, survey] of surveys.entries()) {
      const name = fit[index]?.name ?? '';
      if (survey.pushed === undefined) leave('metric_points', name, survey.reason ?? '');
      else {
        take('metric_points', survey.counts);
        surveyed.push(survey.pushed);
      }
    }
  }

  const calls = named('spans');
  let spans: SpanSurvey | undefined;
  if (calls) {
    const { streams, others } = await pushDown.listStreams('spans', {
      from: window.from - calls.lookback,
      to: window.to + calls.lookahead,
    });
    const [only] = streams;
    if (only && streams.length === 1 && others.length === 0) {
      spans = await surveySpans(pushDown, only, { aggregation: calls, window });
      if (spans.messaging) {
        leave('spans', only.name, 'messaging');
        spans = undefined;
      } else take('spans', spans.counts);
    } else {
      // A trace may have spans in every stream.
      for (const { name } of streams) leave('spans', name, 'several_streams');
      for (const name of others) leave('spans', name, 'column_types');
    }
  }

  return {
    ...{ counts, rest, stats },
    async aggregate(resources) {
      const partials = new Map<string, PartialRow[]>();
      const reconciliation: Reconciliation[] = [];
      const unfit = new Map<Signal, string[]>();
      if (metrics) {
        const tally = createTally('metric_points');
        const options = { aggregation: metrics, window, resources, tally };
        const rows = await inParallel(surveyed, AT_ONCE, (stream) => pushMetric(pushDown, options, stream));
        partials.set(metrics.name, rows.flat());
        reconciliation.push(...tally.rows());
      }
      if (calls && spans) {
        const pushed = await pushCalls(pushDown, spans, { aggregation: calls, window, resources });
        if (typeof pushed === 'string') {
          unfit.set('spans', [spans.stream.name]);
          stats.spans = { streams: 0, read: { [pushed]: 1 } };
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
