import { throwIfAborted } from '../../core/error.ts';
import type { Alias, DeclaredResource, Observation } from '../../core/observation.ts';
import { isLoopback, toHost } from '../../core/urn.ts';
import type { ReadRequest, TopologyReader } from '../reader.ts';
import { createAddresses, isIpAddress } from './addresses.ts';
import { findInventories, listPlaybookCandidates, readSettings } from './discover.ts';
import { createEdgeCollector } from './edge-collector.ts';
import type { Evaluation } from './evaluation.ts';
import { groupsOfHosts, type Host, type VarsFiles, variablesOf } from './inventory.ts';
import { createLibrary, directoryOf, type Library } from './library.ts';
import { loadInventory } from './load-inventory.ts';
import { createMarks } from './marks.ts';
import { isPlaybook, runPlaybook } from './plays.ts';
import { createProblems, type Problems } from './problems.ts';
import { createProject, type Document, type Project } from './project.ts';
import type { Run } from './run-play.ts';
import { loadTemplateParser, type ParseTemplate } from './template-tree.ts';
import { Unreadable, type Variables } from './value.ts';
import { readVarsFiles } from './vars-files.ts';
import type { World } from './world.ts';

/** Steps of evaluation for one template or argument, and for all plays of one inventory. */
const STEPS_ONCE = 2_000_000;
const STEPS_ALL = 400_000_000;

/** What the reader of Ansible is told. */
export interface AnsibleConfig {
  /** Paths of inventories in the tree; found by their names when absent. */
  readonly inventories?: readonly string[];
}

interface Reading {
  readonly request: ReadRequest;
  readonly library: Library;
  readonly parse: ParseTemplate;
  readonly playbooks: readonly string[];
}

/** Bounds evaluation per template and altogether. */
function createBounds(problems: Problems): { budget: Evaluation['budget']; bounded: Run['bounded'] } {
  const budget = { steps: 0 };
  let left = STEPS_ALL;
  let depth = 0;
  const bounded: Run['bounded'] = (file, evaluate) => {
    if (depth === 0) budget.steps = Math.min(STEPS_ONCE, left);
    const before = budget.steps;
    depth += 1;
    try {
      return evaluate();
    } catch (error) {
      if (error instanceof RangeError) problems.add(file, 'nests deeper than is evaluated', true);
      else if (error instanceof Unreadable) problems.add(file, error.message, true);
      else throw error;
      return undefined;
    } finally {
      depth -= 1;
      if (depth === 0) left = Math.max(0, left - (before - budget.steps));
    }
  };
  return { budget, bounded };
}

function toAddress(variables: Variables): string | undefined {
  for (const name of ['ansible_host', 'ansible_ssh_host']) {
    const value = variables.get(name)?.value;
    if (typeof value === 'string' && !value.includes('{{')) return value;
  }
  return undefined;
}

/** A host as a resource; the addresses by which telemetry may know it are aliases. */
function toResource(host: Host, groups: readonly string[], addresses: readonly string[]): DeclaredResource {
  const aliases = addresses
    .map((alias): Alias => ({ kind: isIpAddress(alias) ? 'ip' : alias.includes('.') ? 'dns' : 'host', alias }))
    .sort((a, b) => (a.alias < b.alias ? -1 : 1));
  const attrs = groups.length > 0 ? { groups: groups.join(',') } : undefined;
  return { ...toHost(host.name), ...(attrs && { attrs }), ...(aliases.length > 0 && { aliases }) };
}

/** The world of an inventory with the variables beside it and beside the playbooks of a directory. */
function createWorld(
  reading: Reading,
  problems: Problems,
  project: Project,
  budget: Evaluation['budget'],
  base: Pick<World, 'inventory' | 'marks'>,
  besides: readonly VarsFiles[],
): World {
  const { inventory, marks } = base;
  const groups = new Map([...groupsOfHosts(inventory)].map(([host, each]) => [host.name, each]));
  const variables = new Map<string, Variables>();
  const evaluations = new Map<string, Evaluation>();
  const ofHost = (name: string): Variables => {
    const host = inventory.hosts.get(name);
    const known = variables.get(name) ?? (host ? variablesOf(inventory, host, groups.get(name) ?? [], besides) : new Map());
    variables.set(name, known);
    return known;
  };
  return {
    ...{ inventory, marks, problems, variablesOf: ofHost, hostTables: new Map() },
    groupsOf: (host) => groups.get(host),
    addresses: createAddresses(inventory, (host) => toAddress(ofHost(host)), marks),
    markHost: (host, via) => marks.mark({ kind: 'host', target: host, text: host, via }),
    evaluationOf(file) {
      const report = (what: string, hides: boolean): void => problems.add(file, what, hides);
      const known = evaluations.get(file) ?? {
        marks,
        budget,
        report,
        parse: reading.parse,
        include: (name: string) => project.includedTemplate(name, file),
      };
      evaluations.set(file, known);
      return known;
    },
  };
}

/** The playbooks among the candidates, by their directory. */
async function groupPlaybooks(project: Project, candidates: readonly string[]): Promise<ReadonlyMap<string, readonly Document[]>> {
  const groups = new Map<string, Document[]>();
  for (const path of candidates) {
    const document = await project.document(path);
    if (document && isPlaybook(document)) groups.set(directoryOf(path), [...(groups.get(directoryOf(path)) ?? []), document]);
  }
  return groups;
}

async function observe(reading: Reading, path: string): Promise<Observation> {
  const { request, library } = reading;
  const problems = createProblems();
  const { inventory, beside } = await loadInventory(library, problems, path);
  const marks = createMarks();
  const edges = createEdgeCollector();
  const { budget, bounded } = createBounds(problems);
  const { rolesPaths } = await readSettings(library, '');
  const project = createProject(library, problems, rolesPaths);
  const plain = createWorld(reading, problems, project, budget, { inventory, marks }, [beside]);
  for (const [directory, documents] of await groupPlaybooks(project, reading.playbooks)) {
    const local = await readVarsFiles(library, problems, directory, inventory);
    const world = createWorld(reading, problems, project, budget, { inventory, marks }, [beside, local]);
    for (const document of documents) await runPlaybook({ world, project, edges, bounded, signal: request.signal }, document);
  }
  const hosts = [...inventory.hosts.values()].filter(({ name }) => !isLoopback(name));
  const resources = new Map<string, DeclaredResource>();
  for (const host of hosts) {
    const groups = (plain.groupsOf(host.name) ?? []).map(({ name }) => name).filter((name) => name !== 'ungrouped');
    const resource = toResource(host, groups.sort(), plain.addresses.aliases.get(host.name) ?? []);
    resources.set(resource.urn, resource);
  }
  for (const other of edges.others()) if (!resources.has(other.urn)) resources.set(other.urn, other);
  const listed = problems.list();
  return {
    ...{ source: 'ansible', scope: `${request.scope}/${path}`, lineage: null, serial: null },
    observedAt: request.tree.changedAt?.() ?? Math.max(0, ...request.files.map(({ modifiedAt }) => modifiedAt)),
    complete: !listed.some(({ hides }) => hides),
    resources: [...resources.values()].sort((a, b) => (a.urn < b.urn ? -1 : 1)),
    edges: edges.edges(),
    problems: listed,
  };
}

/**
 * Reads what Ansible declares: one scope for each inventory of the tree, its hosts with the addresses they are reached by, and edges from the hosts of
 * plays to the hosts and addresses that their templates, tasks and variables name. Nothing is executed: dynamic inventories, lookups and the vault are
 * reported. Load balancers and reverse proxies give `ROUTES_TO`, everything else `DEPENDS_ON`.
 */
export function createAnsibleReader(config: AnsibleConfig = {}): TopologyReader {
  return {
    name: 'ansible',
    async *read(request) {
      throwIfAborted(request.signal);
      const library = createLibrary(request);
      const inventories = config.inventories ?? (await findInventories(library));
      const playbooks = listPlaybookCandidates(library, inventories);
      const reading: Reading = { request, library, playbooks, parse: await loadTemplateParser() };
      for (const path of inventories) yield await observe(reading, path);
    },
  };
}
