/**
 * Every failure a user can meet: its code, whether trying again can help, and what to do about it.
 * `docs/reference/errors.md` is derived from this table.
 */
export const errorCatalogue = {
  OB_USAGE: { retryable: false, remedy: 'Correct the command line; `--help` lists what it takes.' },
  OB_CONFIG_INVALID: {
    retryable: false,
    remedy: 'Correct the named key in the configuration file; `observebridge config schema` prints what is allowed.',
  },
  OB_CONFIG_UNREADABLE: { retryable: false, remedy: 'Check that the configuration file exists and can be read.' },
  OB_TENANT_UNKNOWN: { retryable: false, remedy: 'Use one of the tenants named in the message, or add the tenant to the configuration.' },
  OB_JOB_UNKNOWN: { retryable: false, remedy: 'Use one of the jobs named in the message.' },
  OB_RANGE_INVALID: {
    retryable: false,
    remedy: "Give --from and --to as UTC times, --from before --to, both on the job's alignment and not in the future.",
  },
  OB_DATABASE_UNREACHABLE: { retryable: true, remedy: 'Check that the server runs and that host and port in `database.url` are right.' },
  OB_DATABASE_AUTH: { retryable: false, remedy: 'Check user and password in `database.url`.' },
  OB_DATABASE_UNSUPPORTED: { retryable: false, remedy: 'Use PostgreSQL 15 or newer, or the embedded database.' },
  OB_DATABASE_LOCKED: {
    retryable: true,
    remedy: 'Stop the process named in the message, or give this one another directory in `database.url`.',
  },
  OB_DATABASE_FAILED: { retryable: true, remedy: 'Read the cause in the log; if it repeats, run `observebridge check`.' },
  OB_MIGRATION_FAILED: {
    retryable: false,
    remedy: 'Read the cause; the database is unchanged, because each migration commits whole or not at all.',
  },
  OB_SOURCE_UNREADABLE: { retryable: false, remedy: 'Check that the path in the message exists and that this user may read it.' },
  OB_SOURCE_OBJECT_GONE: { retryable: true, remedy: 'Nothing: the window is read again from a new list of live objects.' },
  OB_SOURCE_OBJECT_CORRUPT: {
    retryable: false,
    remedy: 'Restore or remove the object named in the message; the window stays open until then.',
  },
  OB_SOURCE_FORMAT_UNSUPPORTED: {
    retryable: false,
    remedy: 'Let OpenObserve write parquet (ZO_FILE_FORMAT=parquet), or read this tenant through the API.',
  },
  OB_SOURCE_LISTING_UNSAFE: {
    retryable: true,
    remedy:
      'Give `file_list` in the source configuration, so that the live objects are known; without it only hours that settled can be read.',
  },
  OB_SOURCE_FILE_LIST: {
    retryable: true,
    remedy: "Check the `file_list` of the source configuration: it names OpenObserve's metadata.sqlite or its PostgreSQL.",
  },
  OB_SOURCE_UNAVAILABLE: {
    retryable: true,
    remedy: 'Nothing at first: the read is tried again; if it keeps failing, `observebridge check` says whether the source answers.',
  },
  OB_AGGREGATION_INVALID: { retryable: false, remedy: 'Correct the aggregation folder named in the message.' },
  OB_AGGREGATION_FAILED: { retryable: false, remedy: 'Read the cause in the log; the window was not written.' },
  OB_MEMORY_LIMIT: { retryable: true, remedy: 'Raise `engine.memory_limit`, or lower `max_batch` of the job.' },
  OB_WINDOW_BUSY: { retryable: true, remedy: 'Wait for the worker that runs the window now, or until its lease is over.' },
  OB_LEASE_LOST: { retryable: true, remedy: 'Nothing: another worker owns the window now, and this one wrote nothing.' },
  OB_SQL_FAILED: { retryable: false, remedy: "Correct the statement; the message is the database's own." },
  OB_TIMEOUT: { retryable: true, remedy: 'Raise `timeout` of the job, or lower its `max_batch`.' },
  OB_CANCELED: { retryable: true, remedy: 'Start the command again; finished windows are not repeated by the scheduler.' },
  OB_INTERNAL: { retryable: false, remedy: 'This is a defect in ObserveBridge: report it with the log.' },
} as const satisfies Record<string, { retryable: boolean; remedy: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** Where in the work a failure happened. */
export type Stage = 'usage' | 'config' | 'read' | 'aggregate' | 'write' | 'database' | 'internal';

/**
 * The one error of this program. `message` is a sentence for the user without row values or secrets; the cause chain is for the log.
 */
export class ObserveBridgeError extends Error {
  readonly code: ErrorCode;
  readonly stage: Stage;
  readonly retryable: boolean;

  constructor(code: ErrorCode, stage: Stage, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ObserveBridgeError';
    this.code = code;
    this.stage = stage;
    this.retryable = errorCatalogue[code].retryable;
  }

  /** What the user can do about it, from the catalogue. */
  get remedy(): string {
    return errorCatalogue[this.code].remedy;
  }
}

/** Wraps whatever was thrown; an `ObserveBridgeError` stays itself. */
export function toObserveBridgeError(error: unknown, code: ErrorCode = 'OB_INTERNAL', stage: Stage = 'internal'): ObserveBridgeError {
  if (error instanceof ObserveBridgeError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new ObserveBridgeError(code, stage, text, error);
}

/** Throws `OB_CANCELED` once the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ObserveBridgeError('OB_CANCELED', 'internal', 'The work was canceled.', signal.reason);
}
