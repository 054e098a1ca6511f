import { loadAggregations } from '../aggregate/catalog.ts';
import { defaultDelays } from '../config/jobs-schema.ts';
import type { Config, TenantConfig } from '../config/schema.ts';
import { toObserveBridgeError } from '../core/error.ts';
import type { Source } from '../sources/source.ts';
import type { Db } from '../store/db.ts';
import { pendingMigrations } from '../store/migrate.ts';
import type { CheckFinding } from './command.ts';

export interface CheckDeps {
  readonly config: Config;
  readonly aggregationDirectories: readonly string[];
  openDb(): Promise<Db>;
  openSource(tenant: TenantConfig): Source;
}

/** Connects to the database and every source and reads the aggregations; what is wrong is among the findings. */
export async function listCheckFindings(deps: CheckDeps, signal: AbortSignal): Promise<CheckFinding[]> {
  const findings: CheckFinding[] = [];
  try {
    const db = await deps.openDb();
    const pending = await pendingMigrations(db);
    const extensions = await db.query<{ name: string }>(
      `select name from pg_available_extensions where name in ('age', 'vector', 'timescaledb') order by name`,
    );
    const offers = extensions.map((extension) => extension.name).join(', ') || 'none of age, vector, timescaledb';
    findings.push({
      subject: 'database',
      level: 'ok',
      text: `PostgreSQL ${db.version} (${db.kind}) answers; optional extensions: ${offers}.`,
    });
    if (pending.length > 0)
      findings.push({
        subject: 'database',
        level: 'warning',
        text: `${pending.length} migrations are pending; run, up and migrate apply them.`,
      });
  } catch (error) {
    findings.push(toFinding('database', error));
  }
  for (const tenant of deps.config.tenants) {
    findings.push({ subject: `tenant ${tenant.id}`, level: 'ok', text: describePlan(deps.config, tenant) });
    try {
      for (const finding of await deps.openSource(tenant).check(signal)) findings.push({ subject: `tenant ${tenant.id}`, ...finding });
    } catch (error) {
      findings.push(toFinding(`tenant ${tenant.id}`, error));
    }
  }
  try {
    const aggregations = await loadAggregations(deps.aggregationDirectories);
    findings.push({ subject: 'aggregations', level: 'ok', text: `${aggregations.map((aggregation) => aggregation.name).join(', ')}.` });
  } catch (error) {
    findings.push(toFinding('aggregations', error));
  }
  return findings;
}

/** What will be read of a tenant, and when. */
function describePlan({ jobs }: Config, { source, initial_lookback }: TenantConfig): string {
  const { align, delay, settle, initial_lookback: lookback } = jobs['oo-agg'];
  const again = settle.length > 0 ? `, and again ${settle.join(' and ')} after it` : '';
  return `oo-agg reads ${source.type} in windows of ${align}, each ${delay ?? defaultDelays[source.type]} after its end${again}; a new tenant begins ${initial_lookback?.['oo-agg'] ?? lookback} back.`;
}

function toFinding(subject: string, error: unknown): CheckFinding {
  const known = toObserveBridgeError(error);
  return { subject, level: 'error', text: `${known.message} ${known.remedy}` };
}
