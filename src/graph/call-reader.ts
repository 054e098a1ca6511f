import type { Window } from '../core/window.ts';

/** Calls from one resource to another in a window. The error rate is 0 to 1; p95 is the mean over rows weighted by calls, null where none has one. */
export interface EdgeCalls {
  readonly src: bigint;
  readonly dst: bigint;
  readonly calls: bigint;
  readonly err_rate: number;
  readonly p95_ms: number | null;
}

/** What graph questions ask about the calls of a tenant over any length of time. */
export interface CallReader {
  /** Every pair with calls between two resources; with `near` only from or to one of these. */
  listEdges(window: Window, near?: readonly bigint[]): Promise<readonly EdgeCalls[]>;
  /** Resources that called any of the given ones, or were called by them. */
  listPeers(window: Window, ids: readonly bigint[]): Promise<readonly { readonly id: bigint }[]>;
  /** All calls by `src dst` with the 95th percentile of them all; undefined where latencies are not kept. */
  mergeEdges(window: Window): Promise<ReadonlyMap<string, { readonly calls: number; readonly p95Ms: number | null }> | undefined>;
}
