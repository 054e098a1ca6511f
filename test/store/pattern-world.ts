import type { Db } from '../../src/store/db.ts';

/** Lines of one mask in one bucket of 2025-06-01; times are `HH:MM` of that day, or of the day before with a leading `-`. */
export interface CountedLines {
  readonly at: string;
  readonly service: string;
  readonly mask: string;
  readonly lines: number;
  readonly errors?: number;
  readonly severity?: string;
  readonly tenant?: string;
}

const resources: Readonly<Record<string, bigint>> = { cart: 1n, checkout: 2n };

/** A time of the world in ISO 8601. */
export function at(time: string): string {
  return time.startsWith('-') ? `2025-05-31T${time.slice(1)}:00Z` : `2025-06-01T${time}:00Z`;
}

/** The two services of tenant `a`, and a mask `heartbeat` that checkout logs once in every bucket from 12:00 the day before until 13:00. */
export async function addServices(db: Db): Promise<void> {
  for (const [name, id] of Object.entries(resources)) {
    await db.query(
      `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen)
       select t, $1::bigint, 'urn:svc:' || $2, 'service', $2, now(), now() from unnest(array['a', 'b']) t`,
      [id, name],
    );
  }
  await addPattern(db, 'heartbeat', { firstSeen: '-06:00' });
  await db.query(
    `insert into log_pattern_5m (tenant_id, bucket, resource_id, fingerprint, count_total, count_error, severity)
     select 'a', bucket, 2, 'heartbeat', 1, 0, 'info' from generate_series($1::timestamptz, $2::timestamptz, interval '5 minutes') as b (bucket)`,
    [at('-12:00'), at('12:55')],
  );
}

/** Stores a pattern; its template is its name with blanks for dashes. */
export async function addPattern(
  db: Db,
  fingerprint: string,
  {
    firstSeen = '-06:00',
    aliasOf,
    version = 1,
    tenant = 'a',
  }: { firstSeen?: string; aliasOf?: string; version?: number; tenant?: string } = {},
): Promise<void> {
  await db.query(
    `insert into log_pattern (tenant_id, fingerprint, template, severity, service, first_seen, last_seen, sample, alias_of, version)
     values ($1, $2, replace($2, '-', ' '), 'error', 'cart', $3, $4, 'a line', $5, $6)`,
    [tenant, fingerprint, at(firstSeen), at('12:59'), aliasOf ?? null, version],
  );
}

/** Stores lines of masks with a locator each, whose exemplar is the beginning of the bucket. */
export async function addLines(db: Db, counted: readonly CountedLines[]): Promise<void> {
  for (const { at: time, service, mask, lines, errors = 0, severity = errors > 0 ? 'error' : 'info', tenant = 'a' } of counted) {
    const query = `SELECT ${mask} ${time}`;
    await db.query(
      `with located as (
         insert into oo_locator (tenant_id, locator_id, aggregation, bucket, organization, stream, stream_type, window_from, window_to, query, exemplar_timestamp, url)
         values ($1, hashtextextended($5 || $3::bigint, 0), 'log_pattern_5m', $2, 'default', 'app', 'logs', $2, $2, $5, $2, 'https://oo.example/' || $4)
         returning locator_id
       )
       insert into log_pattern_5m (tenant_id, bucket, resource_id, fingerprint, count_total, count_error, severity, sample_ref)
       select $1, $2, $3::bigint, $4, $6, $7, $8, locator_id from located`,
      [tenant, at(time), resources[service] ?? 0n, mask, query, lines, errors, severity],
    );
  }
}
