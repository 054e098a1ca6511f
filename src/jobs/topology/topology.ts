import { ObserveBridgeError, throwIfAborted, toObserveBridgeError } from '../../core/error.ts';
import { hashHex } from '../../core/hash.ts';
import type { Observation } from '../../core/observation.ts';
import type { Micros } from '../../core/time.ts';
import type { Db, Tx } from '../../store/db.ts';
import { type AppliedObservation, applyObservations } from '../../store/topology-apply.ts';
import { dropInputs, getFingerprint, writeInput } from '../../store/topology-input.ts';
import { failScopes, listInputScopes, listOrphans, orphanScopes, touchScopes } from '../../store/topology-scope.ts';
import type { TopologyConfig } from '../../topology/config.ts';
import { openAnsibleInput, openIacInput, type TopologyInput } from '../../topology/index.ts';
import type { Job } from '../job.ts';

/** What a tenant's topology is read by. */
export interface TopologySettings {
  readonly config: TopologyConfig;
  /** Readers of another version may see more in the same documents. */
  readonly version: string;
  readonly now: () => Micros;
  /** Closes also what looks like a mistake and the edges of orphaned scopes, and reads what has not changed. */
  readonly force?: boolean;
}

export interface TopologyJobDeps {
  readonly tenantId: string;
  readonly db: Db;
  /** Absent where the tenant has nothing to read. */
  readonly topology?: TopologySettings;
}

export const topologyJobs = ['topo-iac', 'topo-ansible'] as const;
export type TopologyJobName = (typeof topologyJobs)[number];

/** Details of so many scopes and problems are kept with a run. */
const KEPT = 100;

/** What a look at one configured place gave. */
interface Look {
  readonly name: string;
  readonly misses: number;
  readonly fingerprint: string | undefined;
  /** Undefined when it is as it was when it was last understood whole. */
  readonly observations: readonly Observation[] | undefined;
  readonly error: ObserveBridgeError | undefined;
}

/** Whether the tenant has anything that the job would read. */
export function hasTopology(job: TopologyJobName, topology: TopologyConfig | undefined): boolean {
  return topology !== undefined && (job === 'topo-iac' ? topology.iac : topology.ansible).length > 0;
}

/**
 * Reads every configured place of the topology as it is now and applies all of it in one transaction. A place that has not changed since it was
 * understood whole is confirmed without reading it. One that cannot be read keeps its edges and leaves the others alone; rejects when none can. One
 * that gives a scope of another is told with `OB_TOPOLOGY_SCOPE_TAKEN`, and the scope stays as the other gives it.
 */
export function createTopologyJob(name: TopologyJobName, deps: TopologyJobDeps): Job {
  return {
    name,
    async prepare(windows, signal, { onNotice = () => undefined } = {}) {
      const seen: Look[] = [];
      const began = deps.topology?.now() ?? 0;
      if (deps.topology) {
        for (const input of openInputs(name, deps.topology)) seen.push(await lookAt(name, deps, deps.topology, input, signal));
      }
      const readMs = Math.round(((deps.topology?.now() ?? 0) - began) / 1000);
      const [first] = seen;
      if (first?.error && seen.every(({ error, observations }) => error && !observations?.length)) throw first.error;
      return {
        async write(tx) {
          const looks = await claimScopes(tx, deps.tenantId, seen);
          const { applied, orphaned } = await writeLooks(tx, name, deps, looks);
          const stats = { ...toStats(looks, applied, orphaned), ms: { read: readMs } };
          tellWorst(onNotice, looks, applied);
          const changed = applied.reduce((sum, each) => sum + each.opened + each.closed + each.changed, 0);
          const rows = stats.confirmed ? {} : { topo_edge_time: applied.reduce((sum, each) => sum + each.edges, 0) };
          return { rows, changed, stats: windows.map(() => stats) };
        },
      };
    },
  };
}

function openInputs(name: TopologyJobName, { config, now }: TopologySettings): TopologyInput[] {
  return name === 'topo-iac'
    ? config.iac.map((place) => openIacInput(place, { now }))
    : config.ansible.map((place) => openAnsibleInput(place, { now }));
}

async function lookAt(
  job: string,
  { tenantId, db }: TopologyJobDeps,
  { version, force, now: clock }: TopologySettings,
  opened: TopologyInput,
  signal: AbortSignal,
): Promise<Look> {
  await using input = opened;
  const { name, misses } = input;
  const observations: Observation[] = [];
  try {
    const content = await input.fingerprint(signal);
    const fingerprint = content && hashHex(version, content);
    const known = force ? undefined : await getFingerprint(db, { tenantId, job, input: name });
    if (fingerprint !== undefined && fingerprint === known) return { name, misses, fingerprint, observations: undefined, error: undefined };
    const now = clock();
    // A document from the future would make every later one look old.
    for await (const seen of input.read(signal)) observations.push(seen.observedAt > now ? { ...seen, observedAt: now } : seen);
    return { name, misses, fingerprint, observations, error: undefined };
  } catch (error) {
    throwIfAborted(signal);
    return { name, misses, fingerprint: undefined, observations, error: toObserveBridgeError(error, 'OB_TOPOLOGY_UNREADABLE', 'read') };
  }
}

/**
 * The looks without what they say about a scope of another place: two that give the same one would close each other's edges. It belongs to the place
 * that was not read now and gave it before, else to the first that gives it.
 */
async function claimScopes(tx: Tx, tenantId: string, looks: readonly Look[]): Promise<Look[]> {
  const keyOf = ({ source, scope }: { readonly source: string; readonly scope: string }): string => `${source} ${scope}`;
  const unread = new Map(looks.filter(({ observations, error }) => error || !observations).map((look) => [look.name, look]));
  const owners = new Map<string, Look | undefined>();
  for (const known of await listInputScopes(tx, tenantId, [...unread.keys()])) owners.set(keyOf(known), unread.get(known.input));
  return looks.map((look) => {
    const taken = new Map<string, Look>();
    const observations = look.observations?.filter((observation) => {
      const key = keyOf(observation);
      const owner = owners.get(key) ?? look;
      owners.set(key, owner);
      if (owner !== look) taken.set(key, owner);
      return owner === look;
    });
    const [first] = taken;
    if (!first) return look;
    const [scope, owner] = first;
    const text = `The place ${look.name} gives the scope ${scope}, which the place ${owner.name} gives already.`;
    const error = look.error ?? new ObserveBridgeError('OB_TOPOLOGY_SCOPE_TAKEN', 'config', text);
    return { ...look, observations, fingerprint: undefined, error };
  });
}

async function writeLooks(
  tx: Tx,
  job: TopologyJobName,
  { tenantId, topology }: TopologyJobDeps,
  looks: readonly Look[],
): Promise<{ applied: AppliedObservation[]; orphaned: number }> {
  if (!topology) return { applied: [], orphaned: 0 };
  const at = topology.now();
  const { force = false } = topology;
  const closeLimit = topology.config.close_limit;
  const all = looks.flatMap(({ name, misses, observations = [] }) =>
    observations.map((observation) => ({ observation, recordedAt: at, closeLimit, force, misses, input: name })),
  );
  const applied = await applyObservations(tx, tenantId, all);
  let orphaned = 0;
  const givenBy = ({ observations = [] }: Look) => observations.map(({ source, scope }) => ({ tenantId, source, scope }));
  // What another place gives now has not failed.
  const seen = looks.flatMap(givenBy);
  for (const look of looks) {
    const { name, fingerprint, observations, error } = look;
    const given = givenBy(look);
    if (error) await failScopes(tx, tenantId, name, error.message, seen);
    else if (observations) orphaned += await orphanScopes(tx, tenantId, name, given);
    else await touchScopes(tx, tenantId, name, at);
    const isWhole = applied.every(
      ({ source, scope, status }) =>
        ['ok', 'late', 'stale'].includes(status) || !given.some((each) => each.source === source && each.scope === scope),
    );
    await writeInput(tx, { tenantId, job, input: name }, isWhole ? fingerprint : undefined, at);
  }
  const configured = looks.map(({ name }) => name);
  for (const gone of await dropInputs(tx, { tenantId, job }, configured)) orphaned += await orphanScopes(tx, tenantId, gone, []);
  if (!force) return { applied, orphaned };
  const empty = { observedAt: at, lineage: null, serial: null, complete: true, resources: [], edges: [], problems: [] };
  const closings = (await listOrphans(tx, tenantId)).map(({ source, scope }) => ({
    ...{ observation: { source, scope, ...empty }, recordedAt: at, closeLimit, force },
  }));
  return { applied: [...applied, ...(await applyObservations(tx, tenantId, closings))], orphaned };
}

function tellWorst(onNotice: (text: string) => void, looks: readonly Look[], applied: readonly AppliedObservation[]): void {
  for (const { error } of looks) if (error) onNotice(error.message);
  for (const { source, scope, status, reason } of applied) {
    if (['held', 'partial', 'failed'].includes(status)) onNotice(`${source} ${scope} is ${status}: ${reason}`);
  }
}

function toStats(looks: readonly Look[], applied: readonly AppliedObservation[], orphaned: number) {
  const read = looks.filter(({ observations }) => observations !== undefined);
  const observations = read.flatMap((look) => look.observations ?? []);
  const problems = observations.flatMap(({ source, scope, problems: all }) =>
    all.map(({ file, text, hides }) => ({ source, scope, file, text, hides })),
  );
  const failed = looks.flatMap(({ name, error }) => (error ? [{ input: name, code: error.code, message: error.message }] : []));
  return {
    ...(read.length === 0 && looks.length > 0 ? { confirmed: true } : {}),
    rows_read: {
      edges: observations.reduce((sum, { edges }) => sum + edges.length, 0),
      resources: observations.reduce((sum, { resources }) => sum + resources.length, 0),
    },
    inputs: { read: read.length, confirmed: looks.length - read.length, failed: failed.length },
    scopes: applied.slice(0, KEPT),
    more_scopes: Math.max(0, applied.length - KEPT),
    orphaned_scopes: orphaned,
    problems: problems.slice(0, KEPT),
    more_problems: Math.max(0, problems.length - KEPT),
    failed,
  };
}
