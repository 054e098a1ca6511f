import { defaultDelays, type JobName } from '../config/jobs-schema.ts';
import type { Config, TenantConfig } from '../config/schema.ts';
import { parseTenant } from '../config/tenant.ts';
import { ObserveBridgeError } from '../core/error.ts';
import { toMicros } from '../core/time.ts';
import { installationJobs, tenantJobs } from '../jobs/index.ts';
import { hasTopology } from '../jobs/topology/topology.ts';
import type { Db } from '../store/db.ts';
import { listTenantSettings } from '../store/dimension.ts';
import type { ScheduleEntry } from '../store/schedule.ts';

/** Tenant id of what the installation does for itself. */
export const INSTALLATION = '_';

/** The tenants there are now: those of the configuration file, and those that rows of `dim_tenant` describe. */
export interface TenantDirectory {
  /** Looks again; resolves with the same object while nothing has changed. */
  look(): Promise<Directory>;
  /** The tenant as it was at most five seconds ago. Rejects with `OB_TENANT_UNKNOWN`. */
  find(id: string): Promise<TenantConfig>;
}

export interface Directory {
  readonly config: Config;
  readonly tenants: ReadonlyMap<string, TenantConfig>;
  readonly entries: readonly ScheduleEntry[];
}

const FRESH_MS = 5_000;

/** The file wins where both name a tenant. A row that does not describe a tenant correctly is left out, and `onRefused` is told once. */
export function createTenantDirectory(
  db: Db,
  reload: () => Promise<Config>,
  onRefused: (tenantId: string, error: ObserveBridgeError) => void,
): TenantDirectory {
  let known: { config: Config; rows: string; directory: Directory } | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const look = async (): Promise<Directory> => {
    lookedAt = performance.now();
    const config = await reload();
    const settings = await listTenantSettings(db);
    const rows = JSON.stringify(settings);
    if (known?.config === config && known.rows === rows) return known.directory;
    const tenants = new Map(config.tenants.map((tenant) => [tenant.id, tenant]));
    for (const row of settings) {
      if (tenants.has(row.tenant_id)) continue;
      const tenant = parseTenant({ ...row.settings, id: row.tenant_id });
      if (tenant instanceof ObserveBridgeError) onRefused(row.tenant_id, tenant);
      else tenants.set(tenant.id, tenant);
    }
    known = { config, rows, directory: { config, tenants, entries: toEntries(config, tenants) } };
    return known.directory;
  };
  return {
    look,
    async find(id) {
      const isFresh = performance.now() - lookedAt < FRESH_MS;
      const tenant = (isFresh && known?.directory.tenants.get(id)) || (await look()).tenants.get(id);
      if (!tenant) throw new ObserveBridgeError('OB_TENANT_UNKNOWN', 'usage', `There is no tenant ${id}.`);
      return tenant;
    },
  };
}

function toEntries(config: Config, tenants: ReadonlyMap<string, TenantConfig>): ScheduleEntry[] {
  const entries = [...tenants.values()].flatMap((tenant) =>
    tenantJobs.filter((job) => hasWork(job, tenant)).map((job) => toEntry(config, job, tenant)),
  );
  return [...entries, ...installationJobs.map((job) => toEntry(config, job))];
}

/** A job without anything to read has no windows. */
function hasWork(job: JobName, { topology }: TenantConfig): boolean {
  return (job !== 'topo-iac' && job !== 'topo-ansible') || hasTopology(job, topology);
}

function toEntry(config: Config, job: JobName, tenant?: TenantConfig): ScheduleEntry {
  const { align, delay, settle, initial_lookback, max_batch, concurrency, after, catch_up, max_age } = config.jobs[job];
  return {
    ...{ job, tenantId: tenant?.id ?? INSTALLATION, align: toMicros(align), settle: settle.map(toMicros) },
    delay: toMicros(delay ?? (tenant ? defaultDelays[tenant.source.type] : '0s')),
    initialLookback: toMicros(tenant?.initial_lookback?.[job] ?? initial_lookback),
    ...{ maxBatch: max_batch, concurrency, after, catchUp: catch_up, maxAge: toMicros(max_age) },
  };
}
