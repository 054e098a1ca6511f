import type { Aggregation } from '../../aggregate/catalog.ts';
import { tableColumns, toOutputRows } from '../../aggregate/output.ts';
import { minuteColumn, type PartialRow, packRows, resourceColumns, unpackRows } from '../../aggregate/partials.ts';
import { ObserveBridgeError } from '../../core/error.ts';
import { formatTime, MINUTE, type Micros, parseTime } from '../../core/time.ts';
import { floorTo, type Window } from '../../core/window.ts';
import type { Tx } from '../../store/db.ts';
import { listPackedMinutes, type PackedMinute, replacePackedMinutes } from '../../store/partial.ts';
import { quoteName } from '../../store/quote-name.ts';
import { replaceRows } from '../../store/replace-rows.ts';
import { unmarkRollUps } from '../../store/roll-up.ts';
import { createLocators, type LocatorOptions, locatorColumns } from './locators.ts';

/**
 * What writing one aggregation did. The `gone` rows were there before and are not there now, or not as they were: whole partials where those
 * are kept, else minute and resources only.
 */
export interface WrittenAggregation {
  readonly rows: number;
  readonly changed: number;
  readonly locators: number;
  readonly gone: readonly PartialRow[];
}

/**
 * Makes an aggregation's table hold what the window's partials say. Buckets wider than a minute are derived anew from all their minutes,
 * those outside the window from what earlier windows stored. The caller holds the lock on the buckets.
 */
export async function writeAggregation(
  tx: Tx,
  options: LocatorOptions,
  window: Window,
  partials: readonly PartialRow[],
): Promise<WrittenAggregation> {
  const { aggregation, tenantId } = options;
  const buckets: Window = {
    from: floorTo(window.from, aggregation.width),
    to: floorTo(window.to - 1, aggregation.width) + aggregation.width,
  };
  const stored =
    aggregation.width > MINUTE ? await storePartials(tx, aggregation, tenantId, window, buckets, partials) : { around: [], gone: [] };
  const locators = createLocators(options);
  const rows = toOutputRows(aggregation, [...partials, ...stored.around], locators.locate);
  const { columns, key } = tableColumns(aggregation);
  const resources = new Map(resourceColumns(aggregation).map((partial) => [outputColumnOf(aggregation, partial), partial]));
  const bucketColumn = outputColumnOf(aggregation, minuteColumn(aggregation));
  const replaced = await replaceRows<Record<string, unknown>>(
    tx,
    { table: aggregation.name, columns: ['tenant_id', ...columns], key: ['tenant_id', ...key] },
    [
      { column: 'tenant_id', equals: tenantId },
      { column: bucketColumn, from: formatTime(buckets.from), to: formatTime(buckets.to) },
    ],
    rows.map((row) => [tenantId, ...row]),
    [bucketColumn, ...resources.keys()],
  );
  const changed = replaced.changed + replaced.removed.length;
  if (changed > 0) await unmarkRollUps(tx, tenantId, aggregation.name, buckets);
  const located = await replaceRows(
    tx,
    { table: 'oo_locator', columns: locatorColumns, key: ['tenant_id', 'locator_id'] },
    [
      { column: 'tenant_id', equals: tenantId },
      { column: 'aggregation', equals: aggregation.name },
      { column: 'bucket', from: formatTime(buckets.from), to: formatTime(buckets.to) },
    ],
    locators.rows(),
  );
  const minute = minuteColumn(aggregation);
  const removed = replaced.removed.map((row): PartialRow => {
    const ids = [...resources].map(([column, partial]) => [partial, row[column] as bigint]);
    return { ...Object.fromEntries(ids), [minute]: (parseTime(String(row[bucketColumn])) ?? 0) / MINUTE };
  });
  return {
    rows: replaced.written,
    changed,
    locators: located.written,
    gone: aggregation.width > MINUTE ? stored.gone : removed,
  };
}

/** The table column that shows a key partial as it is. */
export function outputColumnOf(aggregation: Aggregation, partial: string): string {
  return Object.entries(aggregation.contract.output).find(([, column]) => column.column === partial)?.[0] ?? partial;
}

async function storePartials(
  tx: Tx,
  aggregation: Aggregation,
  tenantId: string,
  window: Window,
  buckets: Window,
  partials: readonly PartialRow[],
): Promise<{ around: PartialRow[]; gone: PartialRow[] }> {
  const known = await listPackedMinutes(tx, tenantId, aggregation.name, buckets);
  await refusePruned(tx, aggregation, tenantId, window, known);
  const packed = packMinutes(aggregation, partials);
  const inside = (minute: Micros): boolean => minute >= window.from && minute < window.to;
  const current = new Map(packed.map((minute) => [minute.minute, minute.rows]));
  const outdated = known.filter(({ minute, rows }) => inside(minute) && !Buffer.from(rows).equals(current.get(minute) ?? new Uint8Array()));
  await replacePackedMinutes(tx, tenantId, aggregation.name, window, packed);
  return {
    around: known.filter(({ minute }) => !inside(minute)).flatMap(({ rows }) => unpackRows(aggregation, rows)),
    gone: outdated.flatMap(({ rows }) => unpackRows(aggregation, rows)),
  };
}

/**
 * Rejects with `OB_PARTIALS_PRUNED` when the window covers only a part of a bucket whose other minutes retention has removed: its rows would
 * shrink to that part.
 */
async function refusePruned(
  tx: Tx,
  aggregation: Aggregation,
  tenantId: string,
  window: Window,
  known: readonly PackedMinute[],
): Promise<void> {
  const { name, width } = aggregation;
  const cut = [window.from, window.to].filter((time) => time % width !== 0).map((time) => floorTo(time, width));
  for (const bucket of new Set(cut)) {
    if (known.some(({ minute }) => floorTo(minute, width) === bucket)) continue;
    const column = outputColumnOf(aggregation, minuteColumn(aggregation));
    const rows = await tx.query(
      `select from ${quoteName(name)} where tenant_id = $1 and ${quoteName(column)} = $2 order by tenant_id, ${quoteName(column)} limit 1`,
      [tenantId, formatTime(bucket)],
    );
    if (rows.length > 0) {
      const range = `${formatTime(bucket)} … ${formatTime(bucket + width)}`;
      throw new ObserveBridgeError(
        'OB_PARTIALS_PRUNED',
        'write',
        `The rows of ${name} for ${range} cannot be repaired in part, because their one-minute partials were pruned.`,
      );
    }
  }
}

function packMinutes(aggregation: Aggregation, partials: readonly PartialRow[]): PackedMinute[] {
  const minute = minuteColumn(aggregation);
  const byMinute = Map.groupBy(partials, (row) => Number(row[minute]));
  return [...byMinute]
    .sort(([a], [b]) => a - b)
    .map(([number, rows]) => ({ minute: number * MINUTE, rowCount: rows.length, rows: packRows(aggregation, rows) }));
}
