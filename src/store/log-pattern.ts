import type { Severity } from '../core/severity.ts';
import { formatTime, type Micros } from '../core/time.ts';
import type { Tx } from './db.ts';
import { severityScale } from './severity-scale.ts';

/** A pattern with where and when it was seen first. */
export interface SeenPattern {
  readonly fingerprint: string;
  readonly template: string;
  readonly severity: Severity | null;
  readonly service: string;
  readonly firstSeen: Micros;
  readonly lastSeen: Micros;
  /** The earliest line, cut to a length for reading. */
  readonly sample: string;
}

/**
 * Adds patterns and widens what is known of them; the sample and the service are those of the earliest line, whatever the order of the calls. Resolves
 * to whether lines had every one of these templates before.
 */
export async function upsertPatterns(tx: Tx, tenantId: string, patterns: readonly SeenPattern[]): Promise<boolean> {
  const earlier = '(excluded.first_seen < p.first_seen)';
  const [counted] = await tx.query<{ known: number }>(
    `with known as (select fingerprint from log_pattern where tenant_id = $1 and mask and fingerprint = any($2::text[])),
     written as (insert into log_pattern as p (tenant_id, fingerprint, template, severity, service, first_seen, last_seen, sample)
     select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::text[])
     on conflict (tenant_id, fingerprint) do update set
       mask = true,
       severity = case when array_position(${severityScale}, excluded.severity) > coalesce(array_position(${severityScale}, p.severity), 0) then excluded.severity else p.severity end,
       service = case when ${earlier} then excluded.service else p.service end,
       sample = case when ${earlier} then excluded.sample else p.sample end,
       first_seen = least(p.first_seen, excluded.first_seen),
       last_seen = greatest(p.last_seen, excluded.last_seen)
     where ${earlier} or not p.mask or excluded.last_seen > p.last_seen or array_position(${severityScale}, excluded.severity) > coalesce(array_position(${severityScale}, p.severity), 0))
     select count(*)::int as known from known`,
    [tenantId, ...columns(patterns)],
  );
  return counted?.known === patterns.length;
}

/**
 * Sets patterns to exactly what is given, for those whose lines became fewer. Patterns without lines go, or remain as what they absorbed.
 */
export async function setPatterns(tx: Tx, tenantId: string, gone: readonly string[], patterns: readonly SeenPattern[]): Promise<void> {
  await tx.query(
    `delete from log_pattern p where tenant_id = $1 and fingerprint = any($2::text[])
       and not exists (select from log_pattern m where m.tenant_id = $1 and m.alias_of = p.fingerprint)`,
    [tenantId, gone],
  );
  await tx.query('update log_pattern set mask = false where tenant_id = $1 and fingerprint = any($2::text[])', [tenantId, gone]);
  await tx.query(
    `update log_pattern p set severity = s.severity, service = s.service, first_seen = s.first_seen, last_seen = s.last_seen, sample = s.sample
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::text[])
       as s (fingerprint, template, severity, service, first_seen, last_seen, sample)
     where p.tenant_id = $1 and p.fingerprint = s.fingerprint`,
    [tenantId, ...columns(patterns)],
  );
}

function columns(patterns: readonly SeenPattern[]): unknown[][] {
  return [
    patterns.map((pattern) => pattern.fingerprint),
    patterns.map((pattern) => pattern.template),
    patterns.map((pattern) => pattern.severity),
    patterns.map((pattern) => pattern.service),
    patterns.map((pattern) => formatTime(pattern.firstSeen)),
    patterns.map((pattern) => formatTime(pattern.lastSeen)),
    patterns.map((pattern) => pattern.sample),
  ];
}
