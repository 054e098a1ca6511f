import type { Aggregation } from '../../aggregate/catalog.ts';
import { minuteColumn, type PartialRow, resourceColumns } from '../../aggregate/partials.ts';
import { rank, type Severity, severities } from '../../core/severity.ts';
import { MINUTE, type Micros } from '../../core/time.ts';

/** A range of event time in which something was seen. */
export interface SeenRange {
  readonly firstSeen: Micros;
  readonly lastSeen: Micros;
}

/** Whether `current` reaches as far in both directions as `earlier` did. */
export function coversRange(current: SeenRange | undefined, earlier: SeenRange): boolean {
  return current !== undefined && current.firstSeen <= earlier.firstSeen && current.lastSeen >= earlier.lastSeen;
}

/** The minutes in which each resource of the rows was seen first and last. */
export function collectResources(
  aggregation: Aggregation,
  rows: Iterable<PartialRow>,
  seen = new Map<bigint, SeenRange>(),
): Map<bigint, SeenRange> {
  const columns = resourceColumns(aggregation);
  const minute = minuteColumn(aggregation);
  for (const row of rows) {
    const time = Number(row[minute]) * MINUTE;
    for (const column of columns) {
      const id = row[column];
      if (typeof id !== 'bigint') continue;
      const known = seen.get(id);
      if (!known) seen.set(id, { firstSeen: time, lastSeen: time });
      else if (time < known.firstSeen || time > known.lastSeen) {
        seen.set(id, { firstSeen: Math.min(known.firstSeen, time), lastSeen: Math.max(known.lastSeen, time) });
      }
    }
  }
  return seen;
}

/** A pattern as its lines show it; the sample and the resource are those of the earliest line. */
export interface SeenLines extends SeenRange {
  readonly fingerprint: string;
  readonly severity: Severity | null;
  readonly resource: bigint;
  readonly sample: string;
}

/** Whether the aggregation counts lines by pattern, tells when they were seen, and keeps that of every minute. */
export function minesPatterns(aggregation: Aggregation): boolean {
  if (aggregation.width === MINUTE) return false;
  return ['fingerprint', 'resource', 'first_seen', 'last_seen', 'severity', 'sample'].every(
    (name) => name in aggregation.contract.partials,
  );
}

/** What the rows tell of each fingerprint, whatever their order. */
export function collectPatterns(rows: Iterable<PartialRow>, seen = new Map<string, SeenLines>()): Map<string, SeenLines> {
  for (const row of rows) {
    const lines = toSeenLines(row);
    const known = seen.get(lines.fingerprint);
    seen.set(lines.fingerprint, known ? mergeLines(known, lines) : lines);
  }
  return seen;
}

/** Whether a pattern that had the `earlier` lines is described as well by the `current` ones. */
export function coversLines(current: SeenLines | undefined, earlier: SeenLines): boolean {
  if (current === undefined || !coversRange(current, earlier) || rank(current.severity) < rank(earlier.severity)) return false;
  return current.firstSeen < earlier.firstSeen || compareFirst(current, earlier) === 0;
}

function toSeenLines(row: PartialRow): SeenLines {
  return {
    fingerprint: String(row.fingerprint),
    severity: severities[Number(row.severity) - 1] ?? null,
    resource: BigInt(row.resource as bigint),
    firstSeen: Number(row.first_seen),
    lastSeen: Number(row.last_seen),
    sample: String(row.sample ?? ''),
  };
}

function mergeLines(a: SeenLines, b: SeenLines): SeenLines {
  const earliest = compareFirst(a, b) <= 0 ? a : b;
  const severity = rank(a.severity) >= rank(b.severity) ? a.severity : b.severity;
  return { ...earliest, severity, lastSeen: Math.max(a.lastSeen, b.lastSeen) };
}

function compareFirst(a: SeenLines, b: SeenLines): number {
  if (a.firstSeen !== b.firstSeen) return a.firstSeen - b.firstSeen;
  if (a.sample !== b.sample) return a.sample < b.sample ? -1 : 1;
  if (a.resource === b.resource) return 0;
  return a.resource < b.resource ? -1 : 1;
}
