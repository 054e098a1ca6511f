import type { Micros } from './time.ts';

/** What decides which of two documents of a scope is newer. */
export interface DocumentOrder {
  readonly observedAt: Micros;
  readonly lineage: string | null;
  readonly serial: bigint | null;
}

/** An observation that was applied before. */
export interface PastObservation extends DocumentOrder {
  /** Whether what it did not show was closed. */
  readonly closes: boolean;
}

/**
 * When a document takes effect if nothing newer is known, undefined when it is older than `newest`. Serials decide within a lineage, else times
 * do; a newer document with an older time takes effect just after the one before.
 */
export function timeOfNewest(document: DocumentOrder, newest: DocumentOrder | undefined): Micros | undefined {
  if (!newest) return document.observedAt;
  const order = compareSerials(document, newest);
  if (order === undefined) return document.observedAt >= newest.observedAt ? document.observedAt : undefined;
  if (order < 0) return undefined;
  return Math.max(document.observedAt, order === 0 ? newest.observedAt : newest.observedAt + 1);
}

/** The half-open interval that an older document may speak about, and what ends it. */
export interface PastInterval {
  readonly from: Micros;
  readonly to: Micros;
  readonly next: PastObservation;
}

/**
 * Where an older document belongs among those that are known, in any order; one of them that comes again belongs where it was. Undefined when its serial and
 * its time contradict them, so that nobody can tell.
 */
export function placeInPast(document: DocumentOrder, known: readonly PastObservation[]): PastInterval | undefined {
  const times = known.filter((each) => compareSerials(document, each) === 0).map((each) => each.observedAt);
  const earlier = times.filter((time) => time <= document.observedAt);
  const from = times.length === 0 ? document.observedAt : earlier.length > 0 ? Math.max(...earlier) : Math.min(...times);
  const contradicts = known.some((each) => {
    const order = compareSerials(document, each) ?? 0;
    return (order < 0 && each.observedAt <= from) || (order > 0 && each.observedAt >= from);
  });
  if (contradicts) return undefined;
  let next: PastObservation | undefined;
  for (const each of known) if (each.observedAt > from && (!next || each.observedAt < next.observedAt)) next = each;
  return next && { from, to: next.observedAt, next };
}

/** Whether both have lineages and these differ. */
export function isOtherLineage(document: DocumentOrder, before: DocumentOrder | undefined): boolean {
  return document.lineage !== null && before !== undefined && before.lineage !== null && document.lineage !== before.lineage;
}

/** Negative when the first is older; undefined when serials do not compare them. */
function compareSerials(a: DocumentOrder, b: DocumentOrder): number | undefined {
  if (a.lineage === null || a.lineage !== b.lineage || a.serial === null || b.serial === null) return undefined;
  return a.serial < b.serial ? -1 : a.serial > b.serial ? 1 : 0;
}

/** What is known before an observation closes anything. */
export interface ClosingCase {
  readonly complete: boolean;
  /** Edges that it shows. */
  readonly shown: number;
  /** Edges that were open before. */
  readonly open: number;
  /** Those of them that it would close. */
  readonly missing: number;
  /** Largest share of the open edges that may close at once, 0 to 1. */
  readonly closeLimit: number;
  readonly otherLineage: boolean;
  readonly force: boolean;
}

/** Whether missing edges close; otherwise `held` says why not, or the observation was not complete. */
export interface ClosingVerdict {
  readonly closes: boolean;
  readonly held: string | null;
}

/** Decides whether an observation closes what it does not show: only a complete one does, and what looks like a mistake needs force. */
export function judgeClosing({ complete, shown, open, missing, closeLimit, otherLineage, force }: ClosingCase): ClosingVerdict {
  if (!complete) return { closes: false, held: null };
  if (force || missing === 0) return { closes: true, held: null };
  const hold = (why: string): ClosingVerdict => ({ closes: false, held: `${why}; nothing is closed without force.` });
  if (shown === 0) return hold(`It shows no edge where ${count(open)} open`);
  if (otherLineage) return hold(`It is of another lineage and would close ${missing} of ${count(open)} open`);
  if (missing > closeLimit * open)
    return hold(`It would close ${missing} of ${count(open)} open, more than close_limit ${closeLimit} allows`);
  return { closes: true, held: null };
}

function count(edges: number): string {
  return edges === 1 ? '1 edge that is' : `${edges} edges that are`;
}
