import { toIso } from '../../text/format.ts';

/** The stretch of time that the page shows, in milliseconds since 1970. */
export interface Shown {
  readonly from: number;
  readonly to: number;
  /** It ends now and moves on by itself. */
  readonly isNewest: boolean;
}

/** Lengths to choose from, in minutes, as the address names them. */
export const lengths: Readonly<Record<string, number>> = { '1h': 60, '3h': 180, '6h': 360, '24h': 1440, '3d': 4320 };
const MINUTE = 60_000;

/**
 * The stretch that an address names: `span` is a length, `to` its end; without an end it is the newest one.
 * Its end is rounded up, so that the newest cell has room.
 */
export function toShown(span: string | undefined, to: string | undefined, now: number): Shown {
  const length = (lengths[span ?? ''] ?? 60) * MINUTE;
  const given = to === undefined ? Number.NaN : Date.parse(to);
  const isNewest = Number.isNaN(given);
  const step = length > 180 * MINUTE ? Math.ceil(length / 96 / (5 * MINUTE)) * 5 * MINUTE : MINUTE;
  const end = isNewest ? Math.ceil(now / step) * step : given;
  return { from: end - length, to: end, isNewest };
}

/** The address of the stretch a part of its length earlier (negative) or later; beyond now it is the newest. */
export function moveShown({ from, to }: Shown, share: number, now: number): string | undefined {
  const end = to + share * (to - from);
  return end >= now ? undefined : toIso(end);
}
