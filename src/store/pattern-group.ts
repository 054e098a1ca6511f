import type { Tx } from './db.ts';
import { severityScale } from './severity-scale.ts';

/** A template of a tenant as it is grouped now. */
export interface KnownTemplate {
  readonly fingerprint: string;
  readonly template: string;
  /** Fingerprint of the template that absorbed it, or null. */
  readonly aliasOf: string | null;
  /** Whether lines have this very template. */
  readonly mask: boolean;
}

/** All templates of the tenant. */
export function listTemplates(tx: Tx, tenantId: string): Promise<KnownTemplate[]> {
  return tx.query(`select fingerprint, template, alias_of as "aliasOf", mask from log_pattern where tenant_id = $1`, [tenantId]);
}

/** The templates that absorbed the given ones, and those among the given that absorbed others; `mask` as in `KnownTemplate`. */
export function listTargets(
  tx: Tx,
  tenantId: string,
  fingerprints: readonly string[],
): Promise<Pick<KnownTemplate, 'fingerprint' | 'mask'>[]> {
  return tx.query(
    `select g.fingerprint, g.mask from log_pattern g where g.tenant_id = $1 and g.fingerprint in (
       select alias_of from log_pattern where tenant_id = $1 and fingerprint = any($2::text[])
       union select alias_of from log_pattern where tenant_id = $1 and alias_of = any($2::text[]))`,
    [tenantId, fingerprints],
  );
}

/** Sets whom templates are absorbed by; null for none. */
export async function setAliases(
  tx: Tx,
  tenantId: string,
  aliases: readonly { readonly fingerprint: string; readonly aliasOf: string | null }[],
): Promise<void> {
  if (aliases.length === 0) return;
  await tx.query(
    `update log_pattern p set alias_of = a.alias_of, version = p.version + 1
     from unnest($2::text[], $3::text[]) as a (fingerprint, alias_of) where p.tenant_id = $1 and p.fingerprint = a.fingerprint`,
    [tenantId, aliases.map(({ fingerprint }) => fingerprint), aliases.map(({ aliasOf }) => aliasOf)],
  );
}

/** What all templates that `$2` absorbed tell together, with those of `$2` that lines have themselves. */
const members = `select coalesce(p.alias_of, p.fingerprint) as fingerprint, min(p.first_seen) as first_seen, max(p.last_seen) as last_seen,
    max(array_position(${severityScale}, p.severity)) as severity,
    (array_agg(p.service order by p.first_seen, p.sample, p.fingerprint))[1] as service,
    (array_agg(p.sample order by p.first_seen, p.sample, p.fingerprint))[1] as sample
  from log_pattern p
  where p.tenant_id = $1 and p.mask and (p.alias_of = any($2::text[]) or p.fingerprint = any($2::text[]))
  group by 1`;

const severityName = `(${severityScale})[m.severity]`;

/** Adds templates that generalise others, whose aliases are set already. */
export async function insertGeneral(
  tx: Tx,
  tenantId: string,
  templates: readonly Pick<KnownTemplate, 'fingerprint' | 'template'>[],
): Promise<void> {
  if (templates.length === 0) return;
  await tx.query(
    `insert into log_pattern (tenant_id, fingerprint, template, severity, service, first_seen, last_seen, sample, mask)
     select $1, m.fingerprint, t.template, ${severityName}, m.service, m.first_seen, m.last_seen, m.sample, false
     from (${members}) m join unnest($2::text[], $3::text[]) as t (fingerprint, template) using (fingerprint)`,
    [tenantId, templates.map(({ fingerprint }) => fingerprint), templates.map(({ template }) => template)],
  );
}

/** Brings what templates tell into line with the templates that they absorbed. */
export async function refreshGeneral(tx: Tx, tenantId: string, fingerprints: readonly string[]): Promise<void> {
  if (fingerprints.length === 0) return;
  await tx.query(
    `update log_pattern g set severity = ${severityName}, service = m.service, first_seen = m.first_seen, last_seen = m.last_seen, sample = m.sample
     from (${members}) m
     where g.tenant_id = $1 and g.fingerprint = m.fingerprint
       and (g.severity, g.service, g.first_seen, g.last_seen, g.sample)
         is distinct from (${severityName}, m.service, m.first_seen, m.last_seen, m.sample)`,
    [tenantId, fingerprints],
  );
}

/** Removes templates that no line has and that absorb nothing. */
export async function deleteGeneral(tx: Tx, tenantId: string, fingerprints: readonly string[]): Promise<void> {
  if (fingerprints.length === 0) return;
  await tx.query('delete from log_pattern where tenant_id = $1 and not mask and fingerprint = any($2::text[])', [tenantId, fingerprints]);
}
