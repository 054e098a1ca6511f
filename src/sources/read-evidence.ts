import { type EvidenceBounds, type EvidencePlace, type EvidenceRows, rangeOf, toEvidence } from '../core/evidence.ts';
import type { Signal } from '../core/signal.ts';
import type { SqlSession } from '../core/sql-session.ts';
import type { ReadRanges, Source } from './source.ts';

const SIGNALS: Readonly<Record<string, Signal>> = { logs: 'logs', traces: 'spans', metrics: 'metric_points' };

/** The signal of a kind of stream, by OpenObserve's name of it. */
export function signalOf(streamType: string): Signal {
  return SIGNALS[streamType] ?? 'logs';
}

/** The range for one signal, and an empty one for the others. */
export function rangesOf(place: EvidencePlace): ReadRanges {
  const range = rangeOf(place);
  const none = { from: range.from, to: range.from };
  return { logs: none, spans: none, metric_points: none, [signalOf(place.streamType)]: range };
}

/**
 * Reads raw rows of a place, earliest first. A source that keeps no rows of its own shape gives them with the canonical columns. Rejects with
 * `OB_SOURCE_*`; stops when the signal fires.
 */
export async function readEvidence(
  source: Source,
  place: EvidencePlace,
  bounds: EvidenceBounds,
  session: SqlSession,
  signal: AbortSignal,
): Promise<EvidenceRows> {
  if (source.readEvidence) return source.readEvidence(place, bounds, session, signal);
  await using slice = await source.open(rangesOf(place), session, signal);
  try {
    const { traceId, timestamp } = place;
    const only = traceId === null ? (timestamp === null ? '' : 'and r.timestamp = $timestamp') : 'and r.trace_id = lower($trace)';
    const rows = await session.rows<{ line: string }>(
      `select to_json(r)::varchar as line from (${slice.relations[signalOf(place.streamType)]}) r where r.stream = $stream ${only}
       order by r.timestamp limit ${bounds.rows + 1}`,
      {
        stream: place.stream,
        ...(traceId === null ? (timestamp === null ? {} : { timestamp: BigInt(timestamp) }) : { trace: traceId }),
      },
    );
    return toEvidence(
      rows.map(({ line }) => line),
      bounds,
      rangeOf(place),
    );
  } catch (error) {
    throw slice.explain(error);
  }
}
