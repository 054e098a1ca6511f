import type { Aggregation } from '../aggregate/catalog.ts';
import { HOUR, MINUTE } from '../core/time.ts';
import { floorTo, splitWindow, type Window } from '../core/window.ts';
import type { Tx } from '../store/db.ts';
import { lockBuckets } from '../store/replace-rows.ts';

/**
 * Waits until nobody writes rows of the aggregations in the buckets that a window touches, and keeps it so until the transaction ends. Everybody
 * who writes them, or derives others from them, takes these locks.
 */
export async function lockWindow(tx: Tx, tenantId: string, aggregations: readonly Aggregation[], window: Window): Promise<void> {
  const widest = Math.max(MINUTE, ...aggregations.map((aggregation) => aggregation.width));
  const width = aggregations.every((aggregation) => widest % aggregation.width === 0) ? widest : HOUR;
  const whole = { from: floorTo(window.from, width), to: floorTo(window.to - 1, width) + width };
  await lockBuckets(
    tx,
    tenantId,
    'oo-agg',
    splitWindow(whole, width).map((bucket) => bucket.from),
  );
}
