import { formatTime, type Micros } from '../core/time.ts';
import type { Queryable } from './db.ts';

/** A kept event; times are ISO 8601 UTC. */
export interface EventRow {
  /** 64-bit number as text. */
  readonly event_id: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string | null;
  readonly time: string;
  readonly received_at: string;
  readonly content_type: string | null;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** Null when it is not JSON, or too large for a list. */
  readonly data: unknown;
  readonly data_bytes: number;
}

/** Which events; what is absent does not restrict. `to` is not included. */
export interface EventFilter {
  readonly tenantId: string;
  readonly type?: string | undefined;
  readonly source?: string | undefined;
  readonly subject?: string | undefined;
  readonly from?: Micros | undefined;
  readonly to?: Micros | undefined;
  /** Time and id of the last event of the page before. */
  readonly before?: readonly [time: string, eventId: string] | undefined;
  readonly limit: number;
}

/** Payloads larger than this are not in lists. */
const MOST_BYTES = 16_384;

/** Events, newest first. */
export function listEvents(db: Queryable, filter: EventFilter): Promise<EventRow[]> {
  const { tenantId, type, source, subject, from, to, before, limit } = filter;
  return db.query(
    `select event_id::text as event_id, source, id, type, subject, time, received_at, content_type, extensions, size as data_bytes,
       case when size <= ${MOST_BYTES} then data end as data
     from (select *, coalesce(octet_length(e.data_bytes), octet_length(e.data::text), 0) as size from event_envelope e
       where tenant_id = $1 and ($2::text is null or type = $2) and ($3::text is null or source = $3) and ($4::text is null or subject = $4)
         and ($5::timestamptz is null or time >= $5) and ($6::timestamptz is null or time < $6)
         and ($7::timestamptz is null or (time, event_id) < ($7, $8::bigint))
       order by time desc, event_id desc limit $9) e
     order by time desc, event_id desc`,
    [
      ...[tenantId, type ?? null, source ?? null, subject ?? null],
      ...[from === undefined ? null : formatTime(from), to === undefined ? null : formatTime(to), ...(before ?? [null, null]), limit],
    ],
  );
}
