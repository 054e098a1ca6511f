import type { EvidencePlace } from '../core/evidence.ts';
import { formatTime, parseTime } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { Queryable } from './db.ts';

/** Where raw evidence is; times are ISO 8601 UTC, the window is half-open. */
export interface LocatorRow {
  /** Signed 64-bit number as text. */
  readonly locator_id: string;
  readonly aggregation: string;
  readonly bucket: string;
  readonly organization: string;
  readonly stream: string;
  readonly stream_type: string;
  readonly window_from: string;
  readonly window_to: string;
  readonly query: string;
  readonly exemplar_trace_id: string | null;
  readonly exemplar_timestamp: string | null;
  readonly url: string | null;
}

const columns = `o.locator_id::text as locator_id, o.aggregation, o.bucket, o.organization, o.stream, o.stream_type, o.window_from, o.window_to, o.query,
  o.exemplar_trace_id, o.exemplar_timestamp, o.url`;

/** One locator of the tenant; undefined when there is none. */
export async function getLocator(db: Queryable, tenantId: string, locatorId: bigint): Promise<LocatorRow | undefined> {
  const [row] = await db.query<LocatorRow>(`select ${columns} from oo_locator o where o.tenant_id = $1 and o.locator_id = $2`, [
    tenantId,
    locatorId,
  ]);
  return row;
}

/** Locators of the lines that masks counted in a range, newest first. */
export function listPatternLocators(
  db: Queryable,
  tenantId: string,
  fingerprints: readonly string[],
  range: Window,
  limit: number,
): Promise<LocatorRow[]> {
  return db.query(
    `select ${columns} from (
       select distinct sample_ref from (
         select sample_ref, bucket from log_pattern_5m
         where tenant_id = $1 and fingerprint = any($2::text[]) and bucket >= $3::timestamptz and bucket < $4::timestamptz and sample_ref is not null
         order by bucket desc limit 10 * $5) newest) c
     join oo_locator o on o.tenant_id = $1 and o.locator_id = c.sample_ref order by o.bucket desc, o.locator_id limit $5`,
    [tenantId, fingerprints, formatTime(range.from), formatTime(range.to), limit],
  );
}

/** Tables whose rows of a resource point to locators, by OpenObserve's name of the kind of stream. */
const POINTING = {
  logs: ['log_pattern_5m', 'resource_id = $2'],
  traces: ['service_call_5m', '$2 in (src_resource_id, dst_resource_id)'],
  metrics: ['metric_1m', 'resource_id = $2'],
} as const;
export const streamTypes = ['logs', 'traces', 'metrics'] as const;
export type StreamType = (typeof streamTypes)[number];

/** Locators of what was counted for a resource in a range, newest first. */
export function listResourceLocators(
  db: Queryable,
  tenantId: string,
  resourceId: bigint,
  type: StreamType,
  range: Window,
  limit: number,
): Promise<LocatorRow[]> {
  const [table, ofResource] = POINTING[type];
  return db.query(
    `select ${columns} from (
       select distinct sample_ref from (
         select sample_ref from ${table}
         where tenant_id = $1 and ${ofResource} and bucket >= $3::timestamptz and bucket < $4::timestamptz and sample_ref is not null
         order by bucket desc limit 10 * $5::int) newest) c
     join oo_locator o on o.tenant_id = $1 and o.locator_id = c.sample_ref order by o.bucket desc, o.locator_id limit $5`,
    [tenantId, resourceId, formatTime(range.from), formatTime(range.to), limit],
  );
}

/** The place that a locator says. */
export function toPlace({ stream, stream_type, window_from, window_to, exemplar_trace_id, exemplar_timestamp }: LocatorRow): EvidencePlace {
  return {
    ...{ stream, streamType: stream_type, traceId: exemplar_trace_id },
    window: { from: parseTime(window_from) ?? 0, to: parseTime(window_to) ?? 0 },
    timestamp: exemplar_timestamp === null ? null : (parseTime(exemplar_timestamp) ?? null),
  };
}

/** All rows of the window of a locator that belong to a resource or to patterns, not only its exemplar. */
export function toNarrowPlace(locator: LocatorRow, only: NonNullable<EvidencePlace['only']>): EvidencePlace {
  return { ...toPlace(locator), traceId: null, timestamp: null, only };
}
