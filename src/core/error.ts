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
  OB_SOURCE_UNREADABLE: { retryable: true, remedy: 'Check that the path in the message exists and that this user may read it.' },
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
  OB_SOURCE_AUTH: {
    retryable: false,
    remedy:
      'Check `user` and `password` of the source: a user with its password or a service account with its token, whose role may read; ingestion tokens may not. For a bucket check `access_key` and `secret_key`, or what this machine has, with the right to list and read it.',
  },
  OB_SOURCE_PARTIAL: {
    retryable: true,
    remedy:
      'Nothing at first: the window is read again; if it stays partial, look for a failing querier or ingester in the log of OpenObserve.',
  },
  OB_SOURCE_REFUSED: {
    retryable: false,
    remedy: 'Check `url` and `organization` of the source; the words of OpenObserve are in the log.',
  },
  OB_TEMP_DIRECTORY: { retryable: true, remedy: 'Make room in `engine.temp_directory`, or give another directory.' },
  OB_SOURCE_CACHE: {
    retryable: true,
    remedy: 'Make room on the disk or lower `cache.size_mb` of the source; `cache.directory` says where objects are kept.',
  },
  OB_AGGREGATION_INVALID: { retryable: false, remedy: 'Correct the aggregation folder named in the message.' },
  OB_AGGREGATION_FAILED: { retryable: false, remedy: 'Read the cause in the log; the window was not written.' },
  OB_MEMORY_LIMIT: { retryable: true, remedy: 'Raise `engine.memory_limit`, or lower `max_batch` of the job.' },
  OB_WINDOW_BUSY: { retryable: true, remedy: 'Wait for the worker that runs the window now, or until its lease is over.' },
  OB_RUN_UNKNOWN: { retryable: false, remedy: '`observebridge runs list` prints the ids there are; old runs are pruned.' },
  OB_RUN_STATUS: {
    retryable: false,
    remedy: 'Look at the run with `observebridge runs show`; what runs or waits is canceled, what ended is retried.',
  },
  OB_BACKFILL_UNKNOWN: { retryable: false, remedy: '`observebridge backfill list` prints the ids there are; old backfills are pruned.' },
  OB_BACKFILL_ACTIVE: { retryable: true, remedy: 'Wait until the backfill named in the message ends, or cancel it.' },
  OB_BACKFILL_ENDED: { retryable: false, remedy: 'Create a new backfill; `--mode failed` repeats only what did not succeed.' },
  OB_LEASE_LOST: { retryable: true, remedy: 'Nothing: another worker owns the window now, and this one wrote nothing.' },
  OB_RESOURCE_UNKNOWN: {
    retryable: false,
    remedy: 'Give a URN, name or alias of `dim_resource` or `dim_resource_alias`; `observebridge sql` lists them.',
  },
  OB_RESOURCE_AMBIGUOUS: { retryable: false, remedy: 'Give one of the URNs in the message.' },
  OB_SQL_FAILED: { retryable: false, remedy: "Correct the statement; the message is the database's own." },
  OB_SQL_REFUSED: {
    retryable: false,
    remedy:
      'Read the tables of docs/reference/schema.md with one select, under different column names and with ordinary functions; ask for fewer or narrower columns when a row is too large.',
  },
  OB_SQL_TIMEOUT: { retryable: false, remedy: 'Read less: a shorter time range, one resource, or fewer rows.' },
  OB_READER_MISSING: {
    retryable: false,
    remedy:
      'Let an administrator of the server run `create role observebridge_reader nologin` and `grant observebridge_reader to` the user in the message.',
  },
  OB_PARTIALS_PRUNED: {
    retryable: false,
    remedy:
      'Run the whole range named in the message in one read: --from and --to at its ends, and `max_batch` of the job at least its minutes.',
  },
  OB_TOPOLOGY_UNREADABLE: {
    retryable: true,
    remedy: 'Check that the path or address in the message exists and that this user may read it; nothing is closed until it can be read.',
  },
  OB_TOPOLOGY_SCOPE_TAKEN: {
    retryable: false,
    remedy:
      'Give one of the places in the message another `scope`, or leave out what both hold; the edges of the other one stay as they are.',
  },
  OB_DOCUMENT_INVALID: { retryable: false, remedy: 'Correct what the message names, or leave the document out.' },
  OB_DOCUMENT_UNREADABLE: { retryable: true, remedy: 'Check that the path in the message exists and that this user may read it.' },
  OB_DOCUMENT_UNKNOWN: { retryable: false, remedy: '`observebridge knowledge list` prints the documents there are.' },
  OB_EVIDENCE_UNKNOWN: { retryable: false, remedy: 'Name only what the tenant has: keys are those that the lists and tables show.' },
  OB_EMBEDDINGS_UNAVAILABLE: {
    retryable: true,
    remedy:
      'Nothing is lost: search by words works, and `observebridge knowledge embed` makes the missing vectors once the service answers.',
  },
  OB_EMBEDDINGS_REFUSED: { retryable: false, remedy: 'Check `url`, `model`, `api_key` and `dimensions` in `knowledge.embeddings`.' },
  OB_PRUNE_FAILED: {
    retryable: true,
    remedy: 'Read the reason in the message; nothing is lost, and the next pass tries again. Until then the named tables grow.',
  },
  OB_TIMEOUT: { retryable: true, remedy: 'Raise `timeout` of the job, or lower its `max_batch`.' },
  OB_CANCELED: { retryable: true, remedy: 'Start the command again; finished windows are not repeated by the scheduler.' },
  OB_API_UNSAFE: {
    retryable: false,
    remedy: 'Make a token with `observebridge tokens create`, or let `api.host` be a loopback address on the embedded database.',
  },
  OB_API_ADDRESS: { retryable: true, remedy: 'Give another `api.host` or `api.port`, or stop the program that listens there.' },
  OB_UNAUTHORIZED: {
    retryable: false,
    remedy: 'Send `Authorization: Bearer` with a token that `observebridge tokens create` printed and that has not expired.',
  },
  OB_FORBIDDEN: { retryable: false, remedy: 'Use a token with the role named in the message.' },
  OB_NOT_FOUND: { retryable: false, remedy: 'Check the path and the id; GET /openapi.json lists what there is.' },
  OB_METHOD_NOT_ALLOWED: { retryable: false, remedy: 'Use one of the methods in the `Allow` header.' },
  OB_REQUEST_INVALID: { retryable: false, remedy: 'Correct what the message names; GET /openapi.json says what the request takes.' },
  OB_BODY_TOO_LARGE: { retryable: false, remedy: 'Send less at once, or raise `api.body_limit_kb`.' },
  OB_MEDIA_TYPE: { retryable: false, remedy: 'Send JSON with `Content-Type: application/json`, or a CloudEvent.' },
  OB_API_BUSY: {
    retryable: true,
    remedy: 'Ask again later; close other pages or programs that follow the runs, and send fewer statements at once.',
  },
  OB_EVIDENCE_UNREADABLE: {
    retryable: true,
    remedy: 'Try again; `observebridge check` says whether the source answers. Raw rows older than its retention are gone.',
  },
  OB_TOKEN_EXISTS: { retryable: false, remedy: 'Choose another name, or revoke the token of this name first.' },
  OB_TOKEN_UNKNOWN: { retryable: false, remedy: '`observebridge tokens list` prints the names there are.' },
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
