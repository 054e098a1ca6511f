import { type Command, InvalidArgumentError, Option } from 'commander';
import { formatTime, MINUTE, type Micros, parseDuration, parseTime } from '../../core/time.ts';
import { listBlastRadius } from '../../graph/blast-radius.ts';
import { type EdgeKind, type EdgeView, edgeKinds, openEdgeView } from '../../graph/edge-view.ts';
import { type FoundResource, findResource, type ResourceRef } from '../../graph/find-resource.ts';
import { type Baseline, baselineOf, baselines, listMovedEdges } from '../../graph/moved-edges.ts';
import { type Direction, directions, listNeighbours, MOST_HOPS } from '../../graph/neighbours.ts';
import { listPaths } from '../../graph/paths.ts';
import { createCallReader } from '../../jobs/call-reader.ts';
import type { Db } from '../../store/db.ts';
import type { Bind, Invocation } from '../invocation.ts';
import { toCount, toTime } from '../option-value.ts';
import { tenantOption } from '../tenant-option.ts';
import { withDb } from '../with-db.ts';

interface ViewOptions {
  readonly tenant: string;
  readonly at?: Micros;
  readonly span: Micros;
  readonly limit: number;
}

interface WalkOptions extends ViewOptions {
  readonly hops: number;
  readonly edges: EdgeKind;
}

const SPAN = 10 * MINUTE;

/** `graph`: who calls whom, over which ways, who is affected by a failure, and what is not as it was. */
export function addGraphCommand(program: Command, bind: Bind): void {
  const graph = program.command('graph').helpCommand(false).description('Ask the graph of calls and declared topology.');
  addWalkOptions(
    addViewOptions(
      graph
        .command('neighbours')
        .alias('neighbors')
        .description('Resources and edges within some hops of a resource.')
        .argument('<resource>', 'URN, name or alias.')
        .addOption(new Option('--direction <way>', 'To callers, to callees, or both.').choices(directions).default('both')),
    ),
    1,
  ).action(
    bind(async (invocation, reference: string, options: WalkOptions & { readonly direction: Direction }) => {
      const answer = await askAbout(invocation, reference, options, (db, view, resource) =>
        listNeighbours(db, view, { ...options, resource }),
      );
      const columns = ['hops', 'src_urn', 'relation', 'dst_urn', 'calls', 'rps', 'err_rate', 'worst_p95_ms'];
      invocation.print(answer, columns, answer.edges.map(toTableRow));
      tellBounds(invocation, answer, options.limit);
    }),
  );
  addWalkOptions(
    addViewOptions(
      graph
        .command('paths')
        .alias('path')
        .description('Ways from one resource to another along calls or declared edges, shortest first.')
        .argument('<from>', 'URN, name or alias.')
        .argument('<to>', 'URN, name or alias.'),
    ),
    6,
  ).action(
    bind(async (invocation, from: string, reference: string, options: WalkOptions) => {
      const answer = await askAbout(invocation, reference, options, async (db, view, to) =>
        listPaths(db, view, { ...options, from: await findResource(db, options.tenant, from), to }),
      );
      const rows = answer.paths.map((path) => toTableRow({ ...path, path: path.urns.join(' → ') }));
      invocation.print(answer, ['hops', 'least_rps', 'path'], rows);
      tellBounds(invocation, answer, options.limit);
    }),
  );
  addViewOptions(
    graph
      .command('blast-radius')
      .description('Who is affected when a resource fails, and with which share of its calls.')
      .argument('<resource>', 'URN, name or alias.')
      .option('--hops <count>', 'Most calls on the way.', toCount(MOST_HOPS), 6),
  ).action(
    bind(async (invocation, reference: string, options: ViewOptions & { readonly hops: number }) => {
      const answer = await askAbout(invocation, reference, options, (db, view, resource) =>
        listBlastRadius(db, view, { ...options, resource }),
      );
      invocation.print(answer, ['hops', 'kind', 'name', 'affected_share', 'affected_rps', 'urn'], answer.callers.map(toTableRow));
      tellBounds(invocation, answer, options.limit);
    }),
  );
  addViewOptions(
    graph
      .command('moved')
      .description('Calls whose error rate or 95th percentile is not what it was.')
      .addOption(
        new Option('--against <time>', 'The time right before, or the same time a day earlier.').choices(baselines).default('before'),
      )
      .option('--min-calls <count>', 'Calls that an edge needs in both times.', toCount(1_000_000), 20),
    30 * MINUTE,
  ).action(
    bind(async (invocation, options: ViewOptions & { readonly against: Baseline; readonly minCalls: number }) => {
      const { tenant, against: baseline, minCalls, limit } = options;
      const answer = await withDb(invocation, async (db) => {
        const { callsFrom, callsTo } = await openView(db, invocation, options);
        const window = { from: parseTime(callsFrom) ?? 0, to: parseTime(callsTo) ?? 0 };
        const before = baselineOf(window, baseline);
        const times = { baseline_from: formatTime(before.from), baseline_to: formatTime(before.to) };
        const moved = await listMovedEdges(db, tenant, { window, baseline, minCalls, limit }, createCallReader(db, tenant));
        return { as_of: callsTo, calls_from: callsFrom, ...times, ...moved };
      });
      const measures = ['calls', 'err_rate', 'p95_ms'].flatMap((name) => [name, `baseline_${name}`]);
      const rows = answer.edges.map((edge) => toTableRow({ ...edge, moved: edge.moved.join(', ') }));
      invocation.print(answer, ['src_urn', 'dst_urn', 'moved', ...measures], rows);
      tellBounds(invocation, answer, limit);
    }),
  );
}

function addViewOptions(command: Command, span: Micros = SPAN): Command {
  return command
    .addOption(tenantOption('Whose graph'))
    .option('--at <time>', 'As of this time; as of the newest calls if absent.', toTime)
    .addOption(
      new Option('--span <duration>', 'How long before that time calls count.').argParser(toSpan).default(span, `${span / MINUTE}m`),
    )
    .option('--limit <count>', 'How many rows at most.', toCount(1000), 50);
}

function addWalkOptions(command: Command, hops: number): Command {
  return command
    .option('--hops <count>', 'Most edges on the way.', toCount(MOST_HOPS), hops)
    .addOption(new Option('--edges <kind>', 'Calls, declared edges, or all.').choices(edgeKinds).default('calls'));
}

function toSpan(text: string): Micros {
  const span = parseDuration(text);
  if (span === undefined || span < 5 * MINUTE) throw new InvalidArgumentError(`${text} is not a length of time of 5m or more.`);
  return span;
}

function openView(db: Db, invocation: Invocation, { tenant, at, span }: ViewOptions): Promise<EdgeView> {
  return openEdgeView(db, tenant, { asOf: at, now: invocation.deps.now(), span });
}

interface Asked {
  /** End of the calls that count. */
  readonly as_of: string;
  readonly calls_from: string;
  readonly declared_at: string;
  readonly resource: ResourceRef;
}

async function askAbout<Answer extends object>(
  invocation: Invocation,
  reference: string,
  options: ViewOptions,
  ask: (db: Db, view: EdgeView, resource: FoundResource) => Promise<Answer>,
): Promise<Asked & Answer> {
  return withDb(invocation, async (db) => {
    const view = await openView(db, invocation, options);
    const found = await findResource(db, options.tenant, reference);
    const { urn, kind, name } = found;
    const times = { as_of: view.callsTo, calls_from: view.callsFrom, declared_at: view.declaredAt };
    return { ...times, resource: { urn, kind, name }, ...(await ask(db, view, found)) };
  });
}

/** A row for people: numbers that were computed with four significant digits. */
function toTableRow(row: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value,
    ]),
  );
}

function tellBounds(
  invocation: Invocation,
  { calls_from, as_of, truncated }: { calls_from: string; as_of: string; truncated: boolean },
  limit: number,
): void {
  invocation.note(`Calls from ${calls_from} to ${as_of}.`);
  if (truncated) invocation.note(`There are more than ${limit}; --limit shows others.`);
}
