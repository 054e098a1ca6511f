import type { Signal } from './signal.ts';
import type { Micros } from './time.ts';
import type { Window } from './window.ts';

/** A stream as statements see it that run where it is stored. Expressions are in the dialect of that engine, over the columns as stored. */
export interface ClusterStream {
  readonly name: string;
  readonly signal: Signal;
  readonly metricType?: string;
  /** The stream as it stands in a from clause. */
  readonly from: string;
  /** Expression of each canonical column of the signal but `stream`, `series`, `family_series` and `kept_labels`; `null` where it has none. `failed` is 1 or 0. */
  readonly columns: Readonly<Record<string, string>>;
  /** Expressions that together tell the series of a metric stream apart. */
  readonly series: readonly string[];
  /** Expressions of the labels that are part of the metric's name, by label in alphabetical order. */
  readonly keptLabels: ReadonlyMap<string, string>;
}

/** A statement over whole minutes of a stream that can be run for parts of them. */
export interface ClusterQuery {
  readonly stream: ClusterStream;
  /** Whole minutes. */
  readonly window: Window;
  /** How far around a part the statement needs rows. */
  readonly lookback: Micros;
  readonly lookahead: Micros;
  /** The statement for some minutes of the window, without a limit; it sees the rows of the part and of the time around it. */
  toSql(part: Window): string;
}

/** A row of a result; columns that are null are absent. Integers are below 2^53. */
export type ClusterRow = Readonly<Record<string, string | number | boolean | undefined>>;

/** What an engine can do that stores the telemetry itself. All reject with `OB_SOURCE_*`. */
export interface PushDown {
  /** The streams with rows in the range: those that statements can be written for, and the names of the others. */
  listStreams(signal: Signal, range: Window): Promise<{ readonly streams: readonly ClusterStream[]; readonly others: readonly string[] }>;
  /** Runs the statement, in several parts where the result of one would be cut short, and resolves to the rows of all. */
  select(query: ClusterQuery): Promise<ClusterRow[]>;
  /** Reads rows after all: a select of the canonical columns of the named streams in the range. */
  read(signal: Signal, streams: readonly string[], range: Window): Promise<string>;
}
