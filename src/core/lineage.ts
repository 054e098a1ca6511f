import { createHash } from 'node:crypto';
import type { ObserveBridgeError } from './error.ts';
import { maskSecrets } from './secret.ts';
import { formatTime, type Micros } from './time.ts';
import type { Caller } from './trigger.ts';
import type { Window } from './window.ts';

const PRODUCER = 'https://github.com/observebridge/observebridge';
const SPEC = 'https://openlineage.io/spec';

/** A table, as the naming rules of OpenLineage identify it: `postgres://host:port` and `database.schema.table`. */
export interface LineageDataset {
  readonly namespace: string;
  readonly name: string;
}

/** One attempt to process one window. */
export interface LineageAttempt {
  readonly job: string;
  readonly tenantId: string;
  readonly window: Window;
  readonly attempt: number;
  /** Who asked for it; absent when the schedule did. */
  readonly caller?: Caller;
}

/** How an attempt stands: every attempt has one `START` and one of the others, `ABORT` when it was canceled or lost its lease. */
export type LineageState =
  | { readonly eventType: 'START' | 'COMPLETE' | 'ABORT' }
  | { readonly eventType: 'FAIL'; readonly error: ObserveBridgeError };

/** What all events of a process share, and when this one happened. */
export interface LineageContext {
  /** OpenLineage namespace of the jobs. */
  readonly namespace: string;
  /** Version of this program. */
  readonly version: string;
  readonly at: Micros;
  /** Tables that the attempt writes. */
  readonly outputs: readonly LineageDataset[];
}

/** A RunEvent of OpenLineage 2-0-2, ready to be sent as JSON. */
export interface LineageEvent {
  readonly eventType: LineageState['eventType'];
  /** ISO 8601 UTC. */
  readonly eventTime: string;
  readonly producer: string;
  readonly schemaURL: string;
  readonly run: { readonly runId: string; readonly facets: Readonly<Record<string, object>> };
  readonly job: LineageDataset;
  readonly inputs: readonly LineageDataset[];
  readonly outputs: readonly LineageDataset[];
}

/**
 * The event that tells how an attempt stands. Its job is `<tenant>.<job>`; facets are the window (`nominalTime`), the program
 * (`processing_engine`), the caller's run (`parent`) if there is one, and the sentence of a failure (`errorMessage`).
 */
export function toLineageEvent(attempt: LineageAttempt, state: LineageState, context: LineageContext): LineageEvent {
  const { job, tenantId, window, caller } = attempt;
  const { namespace, version, at, outputs } = context;
  const facets: Record<string, object> = {
    nominalTime: toFacet('1-0-1', 'NominalTimeRunFacet', {
      nominalStartTime: formatTime(window.from),
      nominalEndTime: formatTime(window.to),
    }),
    processing_engine: toFacet('1-1-1', 'ProcessingEngineRunFacet', { name: 'ObserveBridge', version }),
  };
  if (caller) {
    const parent = { namespace: caller.origin?.system ?? 'observebridge', name: caller.origin?.name ?? job };
    facets.parent = toFacet('1-2-0', 'ParentRunFacet', { run: { runId: caller.runId }, job: parent });
  }
  if (state.eventType === 'FAIL') {
    const message = maskSecrets(state.error.message);
    facets.errorMessage = toFacet('1-0-1', 'ErrorMessageRunFacet', { message, programmingLanguage: 'TypeScript' });
  }
  return {
    eventType: state.eventType,
    eventTime: formatTime(at),
    producer: PRODUCER,
    schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    run: { runId: toLineageRunId(namespace, attempt), facets },
    job: { namespace, name: `${tenantId}.${job}` },
    inputs: [],
    outputs,
  };
}

/**
 * The same UUID for the same attempt on every machine: version 8 (RFC 9562), its 122 free bits from the beginning of SHA-256 over namespace,
 * job, tenant, window and attempt, each preceded by its length.
 */
export function toLineageRunId(namespace: string, { job, tenantId, window, attempt }: LineageAttempt): string {
  const hash = createHash('sha256');
  for (const part of [namespace, job, tenantId, window.from, window.to, attempt]) {
    hash.update(`${Buffer.byteLength(`${part}`)}:${part}`);
  }
  const bytes = hash.digest().subarray(0, 16);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * The tables of schema `public` in a database, named without user and password; an embedded database is named by its directory. Empty when
 * the address cannot be read.
 */
export function toLineageDatasets(databaseUrl: string, tables: readonly string[]): LineageDataset[] {
  if (databaseUrl.startsWith('pglite:')) return tables.map((table) => ({ namespace: databaseUrl, name: `postgres.public.${table}` }));
  if (!URL.canParse(databaseUrl)) return [];
  const { hostname, port, pathname, username } = new URL(databaseUrl);
  const namespace = `postgres://${hostname || 'localhost'}:${port || '5432'}`;
  const database = pathname.slice(1) || username;
  return tables.map((table) => ({ namespace, name: `${database}.public.${table}` }));
}

function toFacet(version: string, name: string, fields: object): object {
  return { _producer: PRODUCER, _schemaURL: `${SPEC}/facets/${version}/${name}.json#/$defs/${name}`, ...fields };
}
