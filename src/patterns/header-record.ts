import type { Severity } from '../core/severity.ts';

/** A range of the line, `[start, end)`; both 0 when the field is absent. */
export interface Field {
  start: number;
  end: number;
}

/** What stands before the message of a line. */
export interface Header {
  time: Field;
  level: Field;
  thread: Field;
  logger: Field;
  severity: Severity | null;
}

/** Sets a field. */
export function put(field: Field, start: number, end: number): void {
  field.start = start;
  field.end = end;
}

/** What the start of the line says about the fields behind it. */
export const layouts = {
  plain: 0,
  /** A host and a tag that ends in a colon follow. */
  syslog: 1,
  /** The time stood in brackets, and fields in brackets follow without a space. */
  bracketed: 2,
  /** A number of the record stood before the time. */
  record: 3,
  /** There is no time, so only a level with a logger or thread makes a header. */
  untimed: 4,
} as const;
