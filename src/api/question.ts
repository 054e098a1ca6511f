import type { FastifyRequest } from 'fastify';
import { ObserveBridgeError } from '../core/error.ts';
import { DAY, MINUTE, type Micros, SECOND } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import { hasTenant } from '../store/schedule-list.ts';
import { maySee } from './access.ts';
import type { ApiDeps } from './deps.ts';
import { toRange } from './enqueue.ts';

/** The tenant of the query. Rejects with `OB_TENANT_UNKNOWN` for one that there is not or that the caller may not see, in the same words. */
export async function requireTenant(deps: Pick<ApiDeps, 'db' | 'tenants'>, request: FastifyRequest, tenantId: string): Promise<string> {
  if (maySee(request, tenantId) && ((await hasTenant(deps.db, tenantId)) || (await deps.tenants()).includes(tenantId))) return tenantId;
  throw new ObserveBridgeError('OB_TENANT_UNKNOWN', 'usage', `There is no tenant ${tenantId}.`);
}

/** A range that a question may have at most. */
const LONGEST: Micros = 400 * DAY;

/**
 * The range of a query, or the one that is found where the query has none, else the hour before now. Rejects with `OB_RANGE_INVALID` for half a
 * range, one that ends before it begins, and one longer than 400 days.
 */
export async function readRange(
  query: { readonly from?: string | undefined; readonly to?: string | undefined },
  now: Micros,
  findDefault: () => Promise<Window | undefined>,
): Promise<Window> {
  const { from, to } = query;
  if (from === undefined && to === undefined) return (await findDefault()) ?? { from: now - 60 * MINUTE, to: now };
  if (from === undefined || to === undefined)
    throw new ObserveBridgeError('OB_RANGE_INVALID', 'usage', 'The query has only one of `from` and `to`.');
  const range = toRange(from, to);
  if (range.to - range.from > LONGEST) throw new ObserveBridgeError('OB_RANGE_INVALID', 'usage', 'The range is longer than 400 days.');
  return range;
}

const POINTS = 300;
const MOST_POINTS = 5000;
const STEPS = [1, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 43_200].map((minutes) => minutes * MINUTE);

/**
 * The step of a series: the given one, else the shortest usual one, not below `least`, with which the range has at most 300 points. Throws
 * `OB_RANGE_INVALID` for one with which it has more than 5000.
 */
export function toStep(range: Window, seconds: number | undefined, least: Micros): Micros {
  const length = range.to - range.from;
  if (seconds === undefined) return STEPS.find((step) => step >= least && length / step <= POINTS) ?? 43_200 * MINUTE;
  if (length / (seconds * SECOND) > MOST_POINTS)
    throw new ObserveBridgeError('OB_RANGE_INVALID', 'usage', `The range has more than ${MOST_POINTS} points of ${seconds} seconds.`);
  return seconds * SECOND;
}

/** Rows whose 64-bit numbers became numbers. */
export type WithNumbers<Row> = {
  -readonly [Key in keyof Row]: Row[Key] extends bigint ? number : Row[Key] extends bigint | null ? number | null : Row[Key];
};

/** The row with its 64-bit numbers as numbers, for counts: JSON has no others. */
export function withNumbers<Row extends object>(row: Row): WithNumbers<Row> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  ) as WithNumbers<Row>;
}
