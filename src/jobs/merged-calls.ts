import { join } from 'node:path';
import { type Aggregation, BUILT_IN_AGGREGATIONS, loadAggregation } from '../aggregate/catalog.ts';
import { unpackRows } from '../aggregate/partials.ts';
import { addToBin, createSketch, type Sketch, sketchQuantile } from '../core/sketch.ts';
import type { Micros } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import { countPackedRows } from '../store/call-list.ts';
import type { Queryable } from '../store/db.ts';
import { listPackedMinutes } from '../store/partial.ts';

const CALLS = 'service_call_5m';

/** Packed rows that are merged for one answer: what a page waits for, and what an agent does. */
export const MOST_FOR_A_PAGE = 5_000;
export const MOST_FOR_AN_AGENT = 20_000;

let loading: Promise<Aggregation> | undefined;

/** The aggregation of calls, whose folder does not change while the program runs: reading it was half of a merge. */
function findCalls(): Promise<Aggregation> {
  loading ??= loadAggregation(join(BUILT_IN_AGGREGATIONS, CALLS), CALLS);
  return loading;
}

/** All calls of a group, with the percentiles of their merged sketches in ms. */
export interface MergedCalls {
  readonly calls: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

/**
 * Merges what the aggregation of calls keeps per minute, by groups of minute, caller and callee. Undefined where nothing is kept of the window, or more than
 * `most` rows: then the rows of five minutes have to do. A group whose `calls` are fewer than those of its rows is not kept whole.
 */
export async function mergeCalls(
  db: Queryable,
  tenantId: string,
  window: Window,
  groupOf: (calls: { readonly minute: Micros; readonly src: bigint; readonly dst: bigint }) => string | undefined,
  most = MOST_FOR_AN_AGENT,
): Promise<ReadonlyMap<string, MergedCalls> | undefined> {
  const packed = await countPackedRows(db, tenantId, CALLS, window);
  if (packed === 0 || packed > most) return undefined;
  const aggregation = await findCalls();
  const groups = new Map<string, { calls: number; latency: Sketch }>();
  for (const { minute, rows } of await listPackedMinutes(db, tenantId, CALLS, window)) {
    for (const row of unpackRows(aggregation, rows)) {
      const key = groupOf({ minute, src: row.source as bigint, dst: row.target as bigint });
      if (key === undefined) continue;
      const group = groups.get(key) ?? { calls: 0, latency: createSketch() };
      groups.set(key, group);
      group.calls += Number(row.calls);
      for (const [bin, count] of (row.latency as Sketch).bins) addToBin(group.latency, bin, count);
    }
  }
  return new Map([...groups].map(([key, { calls, latency }]) => [key, { calls, p50Ms: toMs(latency, 0.5), p95Ms: toMs(latency, 0.95) }]));
}

/** Merges per caller and callee, by `src dst`. */
export function createEdgeMerger(
  db: Queryable,
  tenantId: string,
  most?: number,
): (window: Window) => Promise<ReadonlyMap<string, MergedCalls> | undefined> {
  return (window) => mergeCalls(db, tenantId, window, ({ src, dst }) => `${src} ${dst}`, most);
}

function toMs(latency: Sketch, q: number): number | null {
  const micros = sketchQuantile(latency, q);
  return micros === null ? null : micros / 1000;
}
