import { ObserveBridgeError, toObserveBridgeError } from '../core/error.ts';

/** What the server said, without the fields that can hold row values. */
export interface ServerReport {
  readonly message: string;
  readonly code?: string;
  readonly hint?: string;
  readonly position?: string;
  readonly constraint?: string;
  readonly table?: string;
}

const LOST = /^(08|25P03|57P0[123])|^(ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT)$/;
const LOST_TEXT = /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;

/** The fields of a driver's error that may be kept, logged and sent between threads. */
export function toServerReport(error: unknown): ServerReport {
  const report: Record<string, string> = { message: String(error) };
  for (const field of ['message', 'code', 'hint', 'position', 'constraint', 'table'] as const) {
    const value: unknown = Object(error)[field];
    if (typeof value === 'string') report[field] = value;
  }
  return { message: '', ...report };
}

/** True when the report means that the connection is gone, or never was. */
export function isConnectionLost(report: ServerReport): boolean {
  return LOST.test(report.code ?? '') || LOST_TEXT.test(report.message);
}

/**
 * Wraps what a driver threw: `OB_DATABASE_UNREACHABLE` when the connection is gone, else `OB_DATABASE_FAILED` with the server's sentence, from
 * which a quoted input value is cut; the cause carries the whole sentence. An `ObserveBridgeError` stays itself.
 */
export function toDatabaseError(error: unknown, server: string): ObserveBridgeError {
  if (error instanceof ObserveBridgeError) return error;
  const report = toServerReport(error);
  const cause = Object.assign(new Error(report.message), report);
  if (isConnectionLost(report)) {
    return new ObserveBridgeError('OB_DATABASE_UNREACHABLE', 'database', `The database ${server} cannot be reached.`, cause);
  }
  // Class 22 (data exception) quotes the refused value: invalid input syntax for type bigint: "…"
  const message = report.code?.startsWith('22') ? report.message.replace(/:? ".*"/s, '') : report.message;
  return new ObserveBridgeError('OB_DATABASE_FAILED', 'database', message, cause);
}

/** A refused statement of the user's own as `OB_SQL_FAILED` in the server's words, which explain it best; another error as `toObserveBridgeError` does. */
export function toStatementError(error: unknown): ObserveBridgeError {
  const known = toObserveBridgeError(error);
  if (known.code !== 'OB_DATABASE_FAILED') return known;
  const { message } = toServerReport(known.cause ?? error);
  return new ObserveBridgeError('OB_SQL_FAILED', 'database', `The database refused the statement: ${message}.`, error);
}

/** The SQLSTATE (five characters) behind an error of a `Db`, when the server gave one. */
export function sqlState(error: unknown): string | undefined {
  const code: unknown = error instanceof ObserveBridgeError ? Object(error.cause).code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
