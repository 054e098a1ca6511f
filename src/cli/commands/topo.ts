import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { ObserveBridgeError } from '../../core/error.ts';
import { type Observation, type Relation, relations } from '../../core/observation.ts';
import { formatTime, HOUR, type Micros } from '../../core/time.ts';
import { findResource } from '../../graph/find-resource.ts';
import { createTopologyJob, hasTopology, type TopologyJobDeps, topologyJobs } from '../../jobs/topology/topology.ts';
import { findNewestCalls } from '../../store/call-list.ts';
import type { Db } from '../../store/db.ts';
import { upsertTenant } from '../../store/dimension.ts';
import { listDrift } from '../../store/topology-drift.ts';
import { listTopologyAt, listTopologyDiff } from '../../store/topology-query.ts';
import { openAnsibleInput, openIacInput } from '../../topology/index.ts';
import type { Bind, Invocation } from '../invocation.ts';
import { toCount, toTime } from '../option-value.ts';
import { tenantOption } from '../tenant-option.ts';
import { withDb } from '../with-db.ts';

interface DiscoverOptions {
  readonly tenant?: string;
  readonly force: boolean;
  readonly dryRun: boolean;
}

interface ListOptions {
  readonly tenant: string;
  readonly relation?: Relation;
  readonly source?: string;
  readonly resource?: string;
  readonly limit: number;
}

/** `topo`: what infrastructure code, clusters, clouds and Ansible declare, now and at any time. */
export function addTopoCommand(program: Command, bind: Bind): void {
  const topo = program.command('topo').helpCommand(false).description('Read and look at the declared topology.');
  topo
    .command('discover')
    .description('Read the configured topology of the tenants now; with a path, only print what the documents there declare.')
    .argument('[path]', 'Directory or git checkout; it is read without configuration and database.')
    .option('--tenant <id>', 'Only this tenant.')
    .option(
      '--force',
      'Read also what has not changed, and close also what looks like a mistake, and the edges of documents that are gone.',
      false,
    )
    .option('--dry-run', 'Write nothing; print what would change.', false)
    .action(
      bind(async (invocation, path: string | undefined, options: DiscoverOptions) => {
        await (path === undefined ? discover(invocation, options) : preview(invocation, path));
      }),
    );
  addListOptions(topo.command('show').description('List the edges that were true at a time, and who declares them.'))
    .option('--at <time>', 'This time; now if absent.', toTime)
    .option('--as-believed-at <time>', 'As was believed at this time; as is believed now if absent.', toTime)
    .action(
      bind(async (invocation, { at, asBelievedAt: believedAt, ...options }: ListOptions & { at?: Micros; asBelievedAt?: Micros }) => {
        const time = at ?? invocation.deps.now();
        const page = await ask(invocation, options, (db, filter) => listTopologyAt(db, { ...filter, at: time, believedAt }));
        const rows = page.items.map(({ declared_by, ...edge }) => ({
          ...edge,
          port: declared_by.map(({ attrs }) => attrs.port).find((port) => port !== undefined),
          since: declared_by.map(({ valid_from }) => valid_from).sort()[0],
          declared_by: declared_by.map(({ source, scope }) => `${source}:${scope}`).join(', '),
        }));
        const answer = { ...page, at: formatTime(time), as_of: formatTime(invocation.deps.now()) };
        invocation.print(answer, ['src_urn', 'relation', 'dst_urn', 'port', 'since', 'declared_by'], rows);
        noteMore(invocation, page.nextCursor, options.limit);
      }),
    );
  addListOptions(topo.command('diff').description('List the edges that opened, closed or changed between two times.'))
    .requiredOption('--from <time>', 'The first time, UTC.', toTime)
    .option('--to <time>', 'The second time; now if absent.', toTime)
    .action(
      bind(async (invocation, { from, to, ...options }: ListOptions & { from: Micros; to?: Micros }) => {
        const range = toRange(from, to ?? invocation.deps.now());
        const page = await ask(invocation, options, (db, filter) => listTopologyDiff(db, { ...filter, ...range }));
        const rows = page.items.map((row) => ({ ...row, declared_by: `${row.source}:${row.scope}` }));
        const answer = { ...page, from: formatTime(range.from), to: formatTime(range.to), as_of: formatTime(invocation.deps.now()) };
        invocation.print(answer, ['change', 'src_urn', 'relation', 'dst_urn', 'at', 'declared_by', 'still_declared'], rows);
        noteMore(invocation, page.nextCursor, options.limit);
      }),
    );
  topo
    .command('drift')
    .description('List edges that are declared but were not seen in calls, and the other way round.')
    .addOption(tenantOption('Tenant'))
    .option('--from <time>', 'Beginning of the calls that are looked at; a day before the end if absent.', toTime)
    .option('--to <time>', 'Their end; that of the newest calls if absent.', toTime)
    .option('--limit <count>', 'How many at most.', toCount(10_000), 1000)
    .action(
      bind(async (invocation, { tenant, from, to, limit }: { tenant: string; from?: Micros; to?: Micros; limit: number }) => {
        const { range, report } = await withDb(invocation, async (db) => {
          const end = to ?? (await findNewestCalls(db, tenant)) ?? invocation.deps.now();
          const asked = toRange(from ?? end - 24 * HOUR, end);
          return { range: asked, report: await listDrift(db, { tenantId: tenant, ...asked, limit }) };
        });
        const columns = ['drift', 'src_urn', 'dst_urn', 'relation', 'declared_by', 'calls', 'windows', 'src_windows', 'dst_windows'];
        const rows = report.items.map((row) => ({ ...row, declared_by: row.declared_by.join(', ') }));
        const answer = { ...report, from: formatTime(range.from), to: formatTime(range.to), as_of: formatTime(invocation.deps.now()) };
        invocation.print(answer, columns, rows);
        invocation.note(
          `From ${formatTime(range.from)} to ${formatTime(range.to)}, ${report.windows_with_data} of ${report.windows} windows of five minutes have calls; an end without windows of its own proves nothing.`,
        );
        noteMore(invocation, report.nextCursor, limit);
      }),
    );
}

function addListOptions(command: Command): Command {
  return command
    .addOption(tenantOption('Tenant'))
    .addOption(new Option('--relation <relation>', 'Only edges of this relation.').choices(relations))
    .option('--source <source>', 'Only what this source declares: terraform, kubernetes, ansible, …')
    .option('--resource <resource>', 'Only edges of this resource: a URN, name or alias.')
    .option('--limit <count>', 'How many at most.', toCount(10_000), 1000);
}

function toRange(from: Micros, to: Micros): { from: Micros; to: Micros } {
  if (from < to) return { from, to };
  throw new ObserveBridgeError('OB_RANGE_INVALID', 'usage', `--from ${formatTime(from)} is not before --to ${formatTime(to)}.`);
}

function noteMore(invocation: Invocation, next: unknown, limit: number): void {
  if (next !== undefined) invocation.note(`There are more than ${limit}; --limit shows more of them.`);
}

type Filter = Parameters<typeof listTopologyDiff>[1];

function ask<Answer>(
  invocation: Invocation,
  { tenant, relation, source, resource, limit }: ListOptions,
  list: (db: Db, filter: Omit<Filter, 'from' | 'to'>) => Promise<Answer>,
): Promise<Answer> {
  return withDb(invocation, async (db) => {
    const resourceId = resource === undefined ? undefined : (await findResource(db, tenant, resource)).id;
    return list(db, { tenantId: tenant, relation, source, limit, resourceId });
  });
}

/** Ends the transaction of a dry run. */
class DryRun extends Error {}

async function discover(invocation: Invocation, { tenant: only, force, dryRun }: DiscoverOptions): Promise<void> {
  const loaded = await invocation.loadConfig();
  const tenants = loaded.config.tenants.filter(({ id }) => only === undefined || id === only);
  if (tenants.length === 0) throw new ObserveBridgeError('OB_TENANT_UNKNOWN', 'usage', `There is no tenant ${only}.`);
  const rows = await invocation.withWiring(loaded, {}, async (wiring) => {
    const db = await wiring.openDb();
    const { version, now, signal } = invocation.deps;
    const all: object[] = [];
    for (const tenant of tenants) {
      if (!tenant.topology) continue;
      if (!dryRun) await upsertTenant(db, tenant.id, tenant.name);
      const topology = { config: tenant.topology, version, now, force };
      all.push(...(await discoverTenant({ tenantId: tenant.id, db, topology }, dryRun, signal)));
    }
    return all as Record<string, unknown>[];
  });
  if (rows.length === 0) invocation.note('No tenant has a place under `topology`, or nothing was found there.');
  const columns = ['tenant_id', 'source', 'scope', 'status', 'edges', 'opened', 'closed', 'changed', 'problems', 'reason'];
  invocation.print(rows, columns, rows);
  if (rows.some(({ status }) => ['failed', 'held', 'partial'].includes(String(status)))) invocation.fail();
}

async function discoverTenant(deps: TopologyJobDeps, dryRun: boolean, signal: AbortSignal): Promise<object[]> {
  const rows: object[] = [];
  for (const name of topologyJobs) {
    if (!hasTopology(name, deps.topology?.config)) continue;
    const batch = await createTopologyJob(name, deps).prepare([{ from: 0, to: 1 }], signal);
    let stats: Record<string, unknown> = {};
    await deps.db
      .transaction(async (tx) => {
        const counts = await batch.write(tx);
        stats = { ...counts.stats[0] };
        if (dryRun) throw new DryRun();
      })
      .catch((error: unknown) => {
        if (!(error instanceof DryRun)) throw error;
      });
    const listOf = (key: string): Record<string, unknown>[] => (Array.isArray(stats[key]) ? stats[key] : []);
    if (stats.confirmed) rows.push({ tenant_id: deps.tenantId, source: name, status: 'ok', reason: 'Nothing has changed.' });
    rows.push(...listOf('scopes').map((scope) => ({ tenant_id: deps.tenantId, ...scope })));
    rows.push(
      ...listOf('failed').map(({ input, message }) => ({
        tenant_id: deps.tenantId,
        source: name,
        scope: input,
        status: 'failed',
        reason: message,
      })),
    );
  }
  return rows;
}

/** Prints what the documents of a path declare, and what is wrong with them. */
async function preview(invocation: Invocation, path: string): Promise<void> {
  const { deps } = invocation;
  const root = path.startsWith('s3://') ? path : resolve(deps.environment.directory, path);
  const observations: Observation[] = [];
  for (const opened of [openIacInput({ type: 'files', path: root }, deps), openAnsibleInput({ path: root }, deps)]) {
    await using input = opened;
    for await (const observation of input.read(deps.signal)) observations.push(observation);
  }
  const rows = observations.flatMap(({ source, scope, edges }) =>
    edges.map(({ src, relation, dst, attrs, evidence }) => {
      const { file, line, rule } = evidence;
      return { source, scope, src_urn: src, relation, dst_urn: dst, port: attrs?.port, file, line, rule };
    }),
  );
  const plain = observations.map(({ observedAt, ...rest }) => ({ ...rest, observed_at: formatTime(observedAt) }));
  invocation.print(plain, ['source', 'src_urn', 'relation', 'dst_urn', 'port', 'file', 'line', 'rule'], rows);
  for (const { source, problems, complete } of observations) {
    for (const { file, text } of problems) invocation.note(`${source} ${file}: ${text}`);
    if (!complete) invocation.fail();
  }
  const resources = new Set(observations.flatMap((each) => each.resources.map(({ urn }) => urn))).size;
  invocation.note(`${rows.length} edges between ${resources} resources in ${observations.length} scopes.`);
}
