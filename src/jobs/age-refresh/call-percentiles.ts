import type { Aggregation } from '../../aggregate/catalog.ts';
import { unpackRows } from '../../aggregate/partials.ts';
import { mergeSketches, type Sketch, sketchQuantile } from '../../core/sketch.ts';
import type { Window } from '../../core/window.ts';
import type { CallEdge } from '../../graph/refresh-graph.ts';
import type { Queryable } from '../../store/db.ts';
import { listPackedMinutes } from '../../store/partial.ts';

/**
 * The edges with percentiles from the merged sketches of all their calls in the window. An edge whose minutes are not all kept has those of its
 * rows as before.
 */
export async function withCallPercentiles(
  db: Queryable,
  aggregation: Aggregation,
  tenantId: string,
  window: Window,
  edges: readonly CallEdge[],
): Promise<CallEdge[]> {
  const merged = new Map<string, { calls: number; latency: Sketch }>();
  for (const { rows } of await listPackedMinutes(db, tenantId, aggregation.name, window)) {
    for (const row of unpackRows(aggregation, rows)) {
      const key = `${row.source} ${row.target}`;
      const known = merged.get(key);
      const latency = row.latency as Sketch;
      const calls = Number(row.calls) + (known?.calls ?? 0);
      merged.set(key, { calls, latency: known ? mergeSketches(known.latency, latency) : latency });
    }
  }
  return edges.map((edge) => {
    const found = merged.get(`${edge.src} ${edge.dst}`);
    if (!found || BigInt(found.calls) !== edge.calls) return edge;
    const quantile = (q: number): number | null => {
      const micros = sketchQuantile(found.latency, q);
      return micros === null ? null : micros / 1000;
    };
    return { ...edge, p50Ms: quantile(0.5), p95Ms: quantile(0.95) };
  });
}
