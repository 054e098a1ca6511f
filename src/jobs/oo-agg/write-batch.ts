import type { AggregateResult } from '../../aggregate/aggregate.ts';
import type { Aggregation } from '../../aggregate/catalog.ts';
import type { PartialRow } from '../../aggregate/partials.ts';
import type { Reconciliation } from '../../aggregate/stage.ts';
import { formatTime, MINUTE } from '../../core/time.ts';
import type { Resource } from '../../core/urn.ts';
import type { Window } from '../../core/window.ts';
import type { Tx } from '../../store/db.ts';
import { setSeen, upsertResources } from '../../store/dimension.ts';
import { lockBuckets, replaceRows } from '../../store/replace-rows.ts';
import { recountResources } from './recount.ts';
import { collectResources, coversRange, minesPatterns, type SeenRange } from './seen.ts';
import { writeAggregation } from './write-aggregation.ts';
import { writePatterns } from './write-patterns.ts';

/** Everything that was read and aggregated of one batch. */
export interface AggregatedBatch extends AggregateResult {
  readonly window: Window;
  readonly resources: ReadonlyMap<bigint, Resource>;
  readonly templates: (fingerprint: string) => string;
  readonly ms: { readonly open: number; readonly aggregate: number };
  readonly objects: number;
  readonly bytes: number;
}

export interface BatchOwner {
  readonly tenantId: string;
  readonly organization: string;
  readonly webUrl: string | undefined;
  readonly aggregations: readonly Aggregation[];
}

/** Writes a batch: the tables of all aggregations, then the dimensions that they refer to. Repeating it changes nothing. */
export async function writeBatch(
  tx: Tx,
  owner: BatchOwner,
  batch: AggregatedBatch,
): Promise<{ rows: Record<string, number>; changed: number }> {
  const { tenantId, aggregations } = owner;
  const rows: Record<string, number> = { oo_locator: 0 };
  let changed = 0;
  const gone = new Map<Aggregation, readonly PartialRow[]>();
  for (const aggregation of aggregations) {
    const partials = batch.partials.get(aggregation.name) ?? [];
    const written = await writeAggregation(tx, { ...owner, aggregation }, batch.window, partials);
    rows[aggregation.name] = written.rows;
    rows.oo_locator = (rows.oo_locator ?? 0) + written.locators;
    changed += written.changed;
    if (written.gone.length > 0) gone.set(aggregation, written.gone);
  }
  // Every bucket may name every resource and pattern: without this lock another worker's uncommitted rows would not be counted when one is
  // taken away, and two workers could wait for each other's rows.
  await lockBuckets(tx, tenantId, 'dimensions', [0]);
  await writeResources(tx, owner, batch, gone);
  for (const aggregation of aggregations.filter(minesPatterns))
    await writePatterns(tx, tenantId, aggregation, batch, gone.get(aggregation) ?? []);
  await writeReconciliation(tx, tenantId, batch.window, batch.reconciliation);
  return { rows, changed };
}

async function writeResources(
  tx: Tx,
  owner: BatchOwner,
  batch: AggregatedBatch,
  gone: ReadonlyMap<Aggregation, readonly PartialRow[]>,
): Promise<void> {
  const { tenantId, aggregations } = owner;
  const seen = new Map<bigint, SeenRange>();
  for (const aggregation of aggregations) collectResources(aggregation, batch.partials.get(aggregation.name) ?? [], seen);
  await upsertResources(
    tx,
    tenantId,
    [...seen].flatMap(([id, range]) => {
      const resource = batch.resources.get(id);
      return resource ? [{ id, resource, ...range }] : [];
    }),
  );
  const lost = new Map<bigint, SeenRange>();
  for (const [aggregation, rows] of gone) collectResources(aggregation, rows, lost);
  const suspects = [...lost].filter(([id, range]) => !coversRange(seen.get(id), range)).map(([id]) => id);
  if (suspects.length > 0) await setSeen(tx, tenantId, await recountResources(tx, aggregations, tenantId, suspects));
}

async function writeReconciliation(tx: Tx, tenantId: string, window: Window, reconciliation: readonly Reconciliation[]): Promise<void> {
  await replaceRows(
    tx,
    {
      table: 'etl_reconciliation',
      columns: ['tenant_id', 'job', 'window_from', 'signal', 'rows_read', 'aggregated', 'rejected', 'unresolved'],
      key: ['tenant_id', 'job', 'window_from', 'signal'],
    },
    [
      { column: 'tenant_id', equals: tenantId },
      { column: 'job', equals: 'oo-agg' },
      { column: 'window_from', from: formatTime(window.from), to: formatTime(window.to) },
    ],
    reconciliation.map((row) => {
      const rejected = Object.values(row.rejected).reduce((total, rows) => total + rows, 0);
      const reasons = Object.fromEntries(Object.entries(row.rejected).sort(([a], [b]) => (a < b ? -1 : 1)));
      return [
        tenantId,
        'oo-agg',
        formatTime(row.minute * MINUTE),
        row.signal,
        row.read,
        row.read - rejected,
        JSON.stringify(reasons),
        row.unresolved,
      ];
    }),
  );
}
