import type { Micros } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { Resources } from './resources.ts';
import type { Session } from './session.ts';

/** What staging one signal needs to know. */
export interface StageOptions {
  readonly session: Session;
  readonly relation: string;
  readonly window: Window;
  readonly lookback: Micros;
  readonly lookahead: Micros;
  readonly resources: Resources;
  /** Whether any query names a column; what none names need not be held. */
  readonly names: (column: string) => boolean;
}

/** Rows of one signal and minute: read = aggregated + the sum of rejected. */
export interface Reconciliation {
  readonly signal: string;
  /** Minutes since 1970. */
  readonly minute: number;
  read: number;
  rejected: Record<string, number>;
  /** Calls to nobody known; their rows count as aggregated. */
  unresolved: number;
}

/** Collects what happened to the rows of a signal, per minute. */
export function createTally(signal: string) {
  const minutes = new Map<number, Reconciliation>();
  const at = (minute: number): Reconciliation => {
    const known = minutes.get(minute) ?? { signal, minute, read: 0, rejected: {}, unresolved: 0 };
    minutes.set(minute, known);
    return known;
  };
  return {
    accept(minute: number, rows: number): void {
      at(minute).read += rows;
    },
    reject(minute: number, rows: number, reason: string): void {
      const tally = at(minute);
      tally.read += rows;
      tally.rejected[reason] = (tally.rejected[reason] ?? 0) + rows;
    },
    leaveUnresolved(minute: number, calls: number): void {
      at(minute).unresolved += calls;
    },
    rows: (): Reconciliation[] => [...minutes.values()],
  };
}
export type Tally = ReturnType<typeof createTally>;

/** A time range as a condition on the canonical timestamp. */
export function during(window: Window): string {
  return `(timestamp >= ${window.from} and timestamp < ${window.to})`;
}

/** Writes id pairs into a table that the staging query joins. */
export async function insertBinding(
  session: Session,
  table: string,
  rows: readonly (readonly (bigint | boolean | string | null)[])[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += 500) {
    const values = rows.slice(start, start + 500).map((row) => `(${row.map(literal).join(', ')})`);
    await session.run(`insert into ${table} values ${values.join(', ')}`);
  }
}

function literal(value: bigint | boolean | string | null): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
}
