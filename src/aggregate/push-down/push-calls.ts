import type { ClusterQuery, ClusterRow, ClusterStream, PushDown } from '../../core/push-down.ts';
import { addToBin, createSketch, type Sketch } from '../../core/sketch.ts';
import { MINUTE } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import type { Aggregation } from '../catalog.ts';
import type { PartialRow } from '../partials.ts';
import type { Resources } from '../resources.ts';
import type { Tally } from '../stage.ts';
import { type CallScope, compileCalls, compileOddities, compileRepetition, compileSpanSurvey, compileUnanswered } from './call-sql.ts';

/** What a first look at a trace stream finds: stored rows of each minute of the reach, rejected rows of the window, and whether any is about messages. */
export interface SpanSurvey {
  readonly stream: ClusterStream;
  readonly counts: ReadonlyMap<number, number>;
  readonly rejections: readonly { readonly minute: number; readonly rows: number; readonly reason: string }[];
  readonly messaging: boolean;
}

export interface PushCallsOptions {
  readonly aggregation: Aggregation;
  readonly window: Window;
  readonly resources: Resources;
}

/** Counts the rows of a trace stream over the window and the time around it. */
export async function surveySpans(
  pushDown: PushDown,
  stream: ClusterStream,
  { aggregation, window }: Omit<PushCallsOptions, 'resources'>,
): Promise<SpanSurvey> {
  const reach = { from: window.from - aggregation.lookback, to: window.to + aggregation.lookahead };
  const rows = await pushDown.select({ stream, window: reach, lookback: 0, lookahead: 0, toSql: () => compileSpanSurvey(stream) });
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(minuteOf(row), (counts.get(minuteOf(row)) ?? 0) + Number(row.row_count));
  const rejections = rows
    .filter((row) => row.rejected !== undefined && Number(row.minute_start) >= window.from && Number(row.minute_start) < window.to)
    .map((row) => ({ minute: minuteOf(row), rows: Number(row.row_count), reason: String(row.rejected) }));
  return { stream, counts, rejections, messaging: rows.some((row) => Number(row.messaging) > 0) };
}

/**
 * Lets the cluster find the calls and tallies what became of the spans. Resolves to the reason, with nothing tallied, where the statements would
 * not give what the engine here gives.
 */
export async function pushCalls(
  pushDown: PushDown,
  { stream, rejections }: SpanSurvey,
  { aggregation, window, resources }: PushCallsOptions,
): Promise<{ rows: PartialRow[]; tally(tally: Tally): void } | 'shared_span_ids' | 'deep_spans' | 'clock_skew' | 'topic_alias'> {
  const { lookback, lookahead } = aggregation;
  const ask = (compile: (scope: CallScope) => string, repeated: boolean): Promise<ClusterRow[]> => {
    const toSql: ClusterQuery['toSql'] = (part) => compile({ stream, part, lookback, lookahead, repeated });
    return pushDown.select({ stream, window, lookback, lookahead, toSql });
  };
  const counted = await ask(compileRepetition, true);
  if (counted.some((row) => Number(row.most_shapes) > 1)) return 'shared_span_ids';
  const repeated = counted.some((row) => Number(row.most_copies) > 1);
  const oddities = await ask(compileOddities, repeated);
  if (oddities.some((row) => Number(row.skewed ?? 0) > 0)) return 'clock_skew';
  if (oddities.some((row) => Number(row.deep ?? 0) > 0)) return 'deep_spans';
  const unanswered = await toUnanswered(await ask(compileUnanswered, repeated), resources);
  if (unanswered === 'topic_alias') return 'topic_alias';
  const linked = (await ask(compileCalls, repeated)).map((row) => toPartial(row, resources, placeOf(resources, row, 'target')));
  const calls = [...linked, ...unanswered].filter((row) => row.source !== row.target);
  return {
    rows: calls.filter((row) => row.target !== null),
    tally(tally) {
      for (const { minute, rows, reason } of rejections) tally.reject(minute, rows, reason);
      for (const row of counted) {
        if (Number(row.span_count) === 0) continue;
        tally.accept(minuteOf(row), Number(row.span_count));
        const surplus = Number(row.copies) - Number(row.span_count);
        if (surplus > 0) tally.reject(minuteOf(row), surplus, 'duplicate');
      }
      for (const row of calls) if (row.target === null) tally.leaveUnresolved(Number(row.bucket), Number(row.calls));
    },
  };
}

const minuteOf = (row: ClusterRow): number => Number(row.minute_start) / MINUTE;
const textOf = (row: ClusterRow, name: string): string | null => (row[name] === undefined ? null : String(row[name]));

/** Host of an address, as the canonical column `peer_url_host` has it. */
const HOST = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/(?:[^/@]*@)?(\[[^\]]+\]|[^/:?#]+)/;

async function toUnanswered(rows: readonly ClusterRow[], resources: Resources): Promise<PartialRow[] | 'topic_alias'> {
  const peers = rows.map((row) => ({
    ...{ db_system: textOf(row, 'db_system'), db_name: textOf(row, 'db_name'), messaging_system: null, messaging_destination: null },
    ...{ peer_service: textOf(row, 'peer_service'), peer_address: textOf(row, 'peer_address') },
    peer_url_host: HOST.exec(textOf(row, 'peer_url') ?? '')?.[1] ?? null,
  }));
  const targets = await resources.targets(peers);
  // An alias that makes a topic of it makes a message of the call.
  if (targets.some((target) => target?.kind === 'topic')) return 'topic_alias';
  return rows.flatMap((row, index) => {
    const target = targets[index] ?? null;
    return row.answered === 1 ? [] : [toPartial(row, resources, target && resources.id(target))];
  });
}

function placeOf(resources: Resources, row: ClusterRow, side: 'source' | 'target'): bigint {
  const none = { pod: null, host: null, instance: null, job: null, metric: null };
  return resources.place({ ...none, service_name: textOf(row, `${side}_name`), namespace: textOf(row, `${side}_namespace`) });
}

function toPartial(row: ClusterRow, resources: Resources, target: bigint | null): PartialRow {
  const calls = Number(row.calls);
  return {
    ...{ bucket: minuteOf(row), source: placeOf(resources, row, 'source'), target, protocol: String(row.protocol), calls },
    errors: row.failed === 1 ? calls : 0,
    ...{ latency: toSketch(row.latency_bin, calls), client_latency: toSketch(row.client_bin, calls), evidence: textOf(row, 'evidence') },
  };
}

function toSketch(bin: ClusterRow[string], count: number): Sketch {
  const sketch = createSketch();
  if (bin !== undefined) addToBin(sketch, Number(bin), count);
  return sketch;
}
