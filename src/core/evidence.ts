import type { Window } from './window.ts';

/** Where raw rows are: what a locator says. */
export interface EvidencePlace {
  readonly stream: string;
  /** OpenObserve's name of the kind of stream: logs, metrics or traces. */
  readonly streamType: string;
  readonly window: Window;
  /** Only the rows of this trace, also those of a quarter of an hour around the window. */
  readonly traceId: string | null;
  /** Only the rows of this µs, when there is no trace. */
  readonly timestamp: number | null;
  /** Only rows of this resource and lines with one of these masks; they come newest first, with the canonical columns. */
  readonly only?: { readonly urn?: string | undefined; readonly fingerprints?: readonly string[] | undefined } | undefined;
}

/** What an answer may hold and how long its rows together, as JSON, may be. */
export interface EvidenceBounds {
  readonly rows: number;
  readonly bytes: number;
}

/** Raw rows in order of time, without their empty fields; whole numbers that a JavaScript number cannot hold are text. */
export interface EvidenceRows {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Whether there are more than the bounds let through. */
  readonly truncated: boolean;
  /** Size of the rows as JSON. */
  readonly bytes: number;
  /** Range that was read. */
  readonly range: Window;
}

const AROUND_TRACE = 900_000_000;

/** The range to read for a place: a trace reaches beyond the window that its spans were counted in. */
export function rangeOf({ window, traceId, timestamp }: EvidencePlace): Window {
  if (traceId !== null) return { from: window.from - AROUND_TRACE, to: window.to + AROUND_TRACE };
  return timestamp === null ? window : { from: timestamp, to: timestamp + 1 };
}

/** The rows of JSON lines within the bounds; one line more than `bounds.rows` tells that there are more. */
export function toEvidence(lines: Iterable<string>, bounds: EvidenceBounds, range: Window): EvidenceRows {
  const rows: Record<string, unknown>[] = [];
  let bytes = 0;
  for (const line of lines) {
    bytes += Buffer.byteLength(line);
    if (rows.length === bounds.rows || bytes > bounds.bytes)
      return { rows, truncated: true, bytes: bytes - Buffer.byteLength(line), range };
    rows.push(toRow(line));
  }
  return { rows, truncated: false, bytes, range };
}

function toRow(line: string): Record<string, unknown> {
  // The text of a number is given to the reviver by the engine, not yet by the types of the language.
  const keepDigits = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? (context?.source ?? value) : value;
  const row = JSON.parse(line, keepDigits) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== ''));
}
