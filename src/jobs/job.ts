import type { Window } from '../core/window.ts';
import type { Tx } from '../store/db.ts';

/** What a batch of contiguous windows read, before anything is written. */
export interface PreparedBatch {
  /** Writes the batch's effect. Called inside the transaction that also ends the runs; writing twice leaves the same rows. */
  write(tx: Tx): Promise<BatchCounts>;
}

/** Counts of one batch, and of each of its windows in order. */
export interface BatchCounts {
  /** Rows of the batch per table. */
  readonly rows: Readonly<Record<string, number>>;
  /** Rows that were new or different. */
  readonly changed: number;
  readonly stats: readonly object[];
}

export interface PrepareOptions {
  readonly onlyIfChanged?: boolean;
  /** Told in a sentence, without row values and secrets, what a person should look at. */
  readonly onNotice?: (text: string) => void;
}

/** A piece of work over windows of one tenant. Reading has no effect, so it may be given up at any time. */
export interface Job {
  readonly name: string;
  /**
   * Reads contiguous windows in one go. Rejects with `ObserveBridgeError`; stops when the signal fires. With `onlyIfChanged` a job that can
   * tell that nothing has changed since the windows were read last may confirm them instead: statistics with `confirmed` are added to the old.
   */
  prepare(windows: readonly Window[], signal: AbortSignal, options?: PrepareOptions): Promise<PreparedBatch>;
}
