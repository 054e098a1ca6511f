import type { Aggregation } from '../aggregate/catalog.ts';
import type { Window } from '../core/window.ts';
import type { CallEdge } from '../graph/refresh-graph.ts';
import type { Queryable } from '../store/db.ts';
import { withCallPercentiles } from './age-refresh/call-percentiles.ts';

/** Gives edges the percentiles of the merged sketches of a window; an edge whose minutes are not all kept comes back as it was. */
export type MergePercentiles = (tenantId: string, window: Window, edges: readonly CallEdge[]) => Promise<readonly CallEdge[]>;

/** Merges what the aggregation of calls keeps per minute; where there is no such aggregation, edges stay as they are. */
export function createPercentileMerger(db: Queryable, aggregations: readonly Aggregation[]): MergePercentiles {
  const calls = aggregations.find(({ name }) => name === 'service_call_5m');
  return async (tenantId, window, edges) => (calls ? withCallPercentiles(db, calls, tenantId, window, edges) : edges);
}
