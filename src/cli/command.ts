import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import type { ErrorCode } from '../core/error.ts';
import type { Micros } from '../core/time.ts';
import type { Caller } from '../core/trigger.ts';
import type { Window } from '../core/window.ts';
import type { KnowledgeSettings } from '../jobs/knowledge/settings.ts';
import type { StdioRequest } from '../mcp/stdio.ts';
import type { Explanation } from '../patterns/explain.ts';
import type { Db } from '../store/db.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Progress } from '../telemetry/progress.ts';

/** One invocation of `run`: every aligned window of the range, once. */
export interface RunRequest {
  readonly job: string;
  readonly tenantId: string;
  readonly range: Window;
  readonly caller: Caller;
}

/** Neighbouring windows that did not succeed for one reason; times are ISO 8601 UTC. */
export interface WindowFailure {
  readonly from: string;
  readonly to: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What `run` prints. `windows` counts all of the range, `failed` those that did not succeed, `rows` the rows written to all tables. */
export interface RunReport {
  readonly run_id: string;
  readonly job: string;
  readonly tenant_id: string;
  readonly from: string;
  readonly to: string;
  readonly windows: number;
  readonly failed: number;
  readonly rows: number;
  /** The same per table. */
  readonly tables: Readonly<Record<string, number>>;
  /** Rows that were new or different. */
  readonly changed: number;
  readonly elapsed_ms: number;
  readonly failures: readonly WindowFailure[];
}

/** What a process of `up` does: decide what is due, run it, answer over HTTP. */
export const roles = ['scheduler', 'worker', 'api'] as const;
export type Role = (typeof roles)[number];

export interface UpRequest {
  readonly roles: readonly Role[];
  /** Its run id is that of every window that the schedule asks for. */
  readonly caller: Caller;
}

/** What `migrate` prints: the migrations it applied, oldest first, and the number of the newest one in the database. */
export interface MigrationReport {
  readonly applied: readonly string[];
  readonly version: number;
}

/** A sentence of `check` and what it is about: `database`, `tenant demo`, … */
export interface CheckFinding {
  readonly subject: string;
  readonly level: 'ok' | 'warning' | 'error';
  readonly text: string;
}

/** Rows of a statement in the order of the database; `columns` holds their names in order, also when there are no rows. */
export interface SqlResult {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** What the commands ask of the rest of the program. Everything rejects with `ObserveBridgeError` and stops when the signal of the setup fires. */
export interface Wiring extends AsyncDisposable {
  /** Resolves also when windows failed; the report says which. */
  runJob(request: RunRequest): Promise<RunReport>;
  migrate(): Promise<MigrationReport>;
  /** The database with every migration applied. */
  openDb(): Promise<Db>;
  /** Connects to everything; what is wrong comes as a finding, not as a rejection. */
  check(): Promise<readonly CheckFinding[]>;
  sql(text: string): Promise<SqlResult>;
  /** How a log line becomes a pattern under the configuration. */
  explainPattern(line: string): Promise<Explanation>;
  /** How documents are kept and found under the configuration. */
  knowledge(): KnowledgeSettings;
  /** Serves the roles until the signal fires. */
  up(request: UpRequest): Promise<void>;
  /** Answers an agent until the input ends or the signal fires. Rejects with `OB_TENANT_UNKNOWN` for a tenant that there is not. */
  serveMcp(request: StdioRequest): Promise<void>;
}

/** What a command gives the wiring. Nothing of it is open; the wiring opens the database, engine and sources when it is first asked. */
export interface WiringSetup {
  readonly config: Config;
  /** The configuration as its file says now; the same object while that has not changed. */
  reload(): Promise<Config>;
  readonly version: string;
  readonly logger: Logger;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** The process around the command line. */
export interface CliDeps {
  readonly environment: Environment;
  readonly version: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: NodeJS.WritableStream;
  /** Whether standard error is a terminal. */
  readonly isTerminal: boolean;
  readonly now: () => Micros;
  /** At least ten random bytes. */
  readonly random: () => Uint8Array;
  readonly signal: AbortSignal;
  /** Resolves after so many milliseconds, or as soon as the signal fires. */
  wait(ms: number): Promise<void>;
  createWiring(setup: WiringSetup): Promise<Wiring>;
}
