import type { ObserveBridgeError } from '../core/error.ts';
import type { EvidenceBounds, EvidencePlace, EvidenceRows } from '../core/evidence.ts';
import type { PushDown } from '../core/push-down.ts';
import type { Signal } from '../core/signal.ts';
import type { SqlSession } from '../core/sql-session.ts';
import type { Window } from '../core/window.ts';

/** One stream of the source. `metricType` is what the source says (`counter`, `gauge`, `histogram`, `summary`, …, lower case), or absent. */
export interface Stream {
  readonly name: string;
  readonly signal: Signal;
  readonly metricType?: string;
}

/** A sentence of `observebridge check`. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error';
  readonly text: string;
}

/** The event-time range wanted of each signal. */
export type ReadRanges = Readonly<Record<Signal, Window>>;

/**
 * A consistent view of the source: what was live when it was opened.
 * `relations` holds one DuckDB select per signal that yields the canonical columns of `core/signal.ts` (all of them, in order); it reads only
 * rows whose timestamp lies in the asked range plus rows with an impossible timestamp, which it marks as rejected.
 * The same source content gives the same rows whatever the ranges, the order of calls or the layout of the objects; row order is free.
 */
export interface Slice extends AsyncDisposable {
  readonly relations: Readonly<Record<Signal, string>>;
  readonly streams: readonly Stream[];
  /** What a full read costs: objects and compressed bytes. */
  readonly objects: number;
  readonly bytes: number;
  /** Where the store of the telemetry can aggregate by itself. It works over any range, also one that the slice was not opened for. */
  readonly pushDown?: PushDown;
  /** Turns an error that the engine raised while reading the relations into one of ours; names the object, never a value. */
  explain(error: unknown): ObserveBridgeError;
}

/** Where telemetry comes from. Implementations pass `test/contracts/source.ts`. */
export interface Source extends AsyncDisposable {
  /** Takes a snapshot for the ranges. Rejects with `OB_SOURCE_*`; stops when the signal fires. */
  open(ranges: ReadRanges, session: SqlSession, signal: AbortSignal): Promise<Slice>;
  /** Says what was found, in sentences; never rejects for what it came to find out. */
  check(signal: AbortSignal): Promise<Finding[]>;
  /** Reads raw rows of a place as they are stored, earliest first; absent where rows have no shape of their own. As `open` otherwise. */
  readEvidence?(place: EvidencePlace, bounds: EvidenceBounds, session: SqlSession, signal: AbortSignal): Promise<EvidenceRows>;
  /** The organization and stream names that evidence queries use. */
  readonly organization: string;
  /** Base address of the OpenObserve web interface for deep links, when known. */
  readonly webUrl?: string;
}
