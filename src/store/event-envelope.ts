import { formatTime, type Micros } from '../core/time.ts';
import type { Queryable } from './db.ts';

/** A CloudEvent 1.0 of a tenant. Its payload is `data` when it is JSON, else `bytes`. */
export interface EventEnvelope {
  readonly tenantId: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly subject?: string | undefined;
  /** When it happened; absent means the time of its arrival. */
  readonly time?: Micros | undefined;
  readonly contentType?: string | undefined;
  readonly dataSchema?: string | undefined;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly bytes?: Uint8Array | undefined;
}

/** Keeps the events and returns how many were new; one with the tenant, source and id of another adds nothing. */
export async function storeEvents(db: Queryable, events: readonly EventEnvelope[]): Promise<number> {
  const column = <Value>(read: (event: EventEnvelope) => Value): Value[] => events.map(read);
  const stored = await db.query(
    `insert into event_envelope (tenant_id, source, id, type, subject, time, content_type, data_schema, extensions, data, data_bytes)
     select tenant_id, source, id, type, subject, coalesce(time, now()), content_type, data_schema, extensions::jsonb, data::jsonb, data_bytes
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::text[], $11::bytea[])
       as e (tenant_id, source, id, type, subject, time, content_type, data_schema, extensions, data, data_bytes)
     on conflict (tenant_id, source, id) do nothing returning event_id`,
    [
      ...[column((event) => event.tenantId), column((event) => event.source), column((event) => event.id), column((event) => event.type)],
      ...[column((event) => event.subject ?? null), column((event) => (event.time === undefined ? null : formatTime(event.time)))],
      ...[column((event) => event.contentType ?? null), column((event) => event.dataSchema ?? null)],
      column((event) => toJsonText(event.extensions)),
      column((event) => (event.data === undefined ? null : toJsonText(event.data))),
      column((event) => event.bytes ?? null),
    ],
  );
  return stored.length;
}

/** JSON text that PostgreSQL takes: NUL and lone surrogates, which it refuses, become U+FFFD. */
export function toJsonText(value: unknown): string {
  return JSON.stringify(value).replace(/\\\\|\\u(?:0000|d[89a-f][0-9a-f]{2})/g, (found) => (found === '\\\\' ? found : '\\ufffd'));
}
