import { loadAggregations } from '../aggregate/catalog.ts';
import { defaultDelays } from '../config/jobs-schema.ts';
import type { Config, TenantConfig } from '../config/schema.ts';
import { toObserveBridgeError } from '../core/error.ts';
import { createEmbedder } from '../knowledge/embedder.ts';
import type { Source } from '../sources/source.ts';
import type { Db } from '../store/db.ts';
import { pendingMigrations } from '../store/migrate.ts';
import type { IacConfig } from '../topology/config.ts';
import { openAnsibleInput, openIacInput, type TopologyInput } from '../topology/index.ts';
import type { CheckFinding } from './command.ts';

export interface CheckDeps {
  readonly config: Config;
  readonly aggregationDirectories: readonly string[];
  openDb(): Promise<Db>;
  openSource(tenant: TenantConfig): Source;
}

/** Places are only looked at, nothing in them is dated. */
const places = { now: () => 0 };

/** Connects to the database, every source, place of topology and the embeddings service, and reads the aggregations; what is wrong is among the findings. */
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
    for (const place of listPlaces(tenant)) findings.push(await checkPlace(`tenant ${tenant.id}`, place, signal));
  }
  findings.push(...(await checkEmbeddings(deps, signal)));
  try {
    const aggregations = await loadAggregations(deps.aggregationDirectories);
    findings.push({ subject: 'aggregations', level: 'ok', text: `${aggregations.map((aggregation) => aggregation.name).join(', ')}.` });
  } catch (error) {
    findings.push(toFinding('aggregations', error));
  }
  return findings;
}

/** A place that topology is read from; `open` is absent where reading it means calls to a foreign API. */
interface TopologyPlace {
  readonly job: string;
  readonly name: string;
  readonly credentials: string;
  open?(): TopologyInput;
}

function listPlaces({ topology }: TenantConfig): TopologyPlace[] {
  const iac = (topology?.iac ?? []).map((config): TopologyPlace => {
    if (config.type === 'files') return { job: 'topo-iac', name: config.path, credentials: '', open: () => openIacInput(config, places) };
    return { job: 'topo-iac', name: openIacInput(config, places).name, credentials: describeCredentials(config) };
  });
  const ansible = (topology?.ansible ?? []).map(
    (config): TopologyPlace => ({ job: 'topo-ansible', name: config.path, credentials: '', open: () => openAnsibleInput(config, places) }),
  );
  return [...iac, ...ansible];
}

/** Whose rights a foreign API is called with; never a secret. */
function describeCredentials(config: IacConfig): string {
  if (config.type === 'kubernetes_api')
    return config.kubeconfig ? `the kubeconfig ${config.kubeconfig}` : 'the usual kubeconfig, or the service account of the pod';
  if (config.type === 'aws') return config.profile ? `the profile ${config.profile}` : 'the usual credentials of AWS in this environment';
  return 'the configured access key';
}

async function checkPlace(subject: string, { job, name, credentials, open }: TopologyPlace, signal: AbortSignal): Promise<CheckFinding> {
  if (open === undefined)
    return {
      subject,
      level: 'ok',
      text: `${job} reads ${name} with ${credentials}; check does not call it, topo discover --dry-run does.`,
    };
  try {
    await using input = open();
    await input.fingerprint(signal);
    return { subject, level: 'ok', text: `${job} can read ${name}.` };
  } catch (error) {
    return toFinding(subject, error);
  }
}

/** Has a word embedded, where a service for that is configured. */
async function checkEmbeddings({ config }: CheckDeps, signal: AbortSignal): Promise<CheckFinding[]> {
  const { embeddings } = config.knowledge;
  if (embeddings === undefined) return [];
  const subject = 'embeddings';
  try {
    const embedder = createEmbedder(embeddings, { fetch, wait: () => Promise.resolve() });
    const [vector] = await embedder.embed(['check'], { signal, attempts: 1 });
    return [
      {
        subject,
        level: 'ok',
        text: `${new URL(embeddings.url).host} gives vectors of ${vector?.length ?? 0} numbers with ${embeddings.model}.`,
      },
    ];
  } catch (error) {
    return [toFinding(subject, error)];
  }
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
