import { throwIfAborted } from '../../core/error.ts';
import { isEndpointName } from './addresses.ts';
import type { EdgeCollector } from './edge-collector.ts';
import { evaluateText, renderTemplate } from './evaluate.ts';
import type { Lookup } from './evaluation.ts';
import { listHosts } from './host-pattern.ts';
import { directoryOf, joinPath } from './library.ts';
import type { Document, Project, Role } from './project.ts';
import { findReferences, isAllowList, isBalancer } from './references.ts';
import { isTagged, isTrue, type RunValue } from './run-value.ts';
import { createLookup, type Layer } from './scope.ts';
import { readTask, type Task, toVariables } from './task.ts';
import { isList, isMapping, type Mapping, type Value, type Variables } from './value.ts';
import { readAllVariables } from './vars-files.ts';
import type { World } from './world.ts';

/** What a look at the plays of one inventory works with. */
export interface Run {
  readonly world: World;
  readonly project: Project;
  readonly edges: EdgeCollector;
  /** Evaluates within the bounds of one template or task; beyond them the file gets a problem that hides, and the answer is undefined. */
  bounded<T>(file: string, evaluate: () => T): T | undefined;
  readonly signal: AbortSignal;
}

/** Where a task stands. */
export interface Place {
  readonly document: Document;
  readonly host: string;
  readonly playHosts: readonly string[];
  readonly playbookDirectory: string;
  readonly role: Role | undefined;
  /** Variables below facts, weakest first. */
  readonly layers: readonly Layer[];
  /** What tasks set while the play runs. */
  readonly facts: Map<string, RunValue>;
  /** Variables above facts: of roles and includes, and of loops. */
  readonly above: readonly Layer[];
  readonly depth: number;
  /** Templates of roles that a task names, whether it runs or not. */
  readonly templates: Set<string>;
}

/** Deepest nesting of roles, includes and blocks. */
const MAX_DEPTH = 40;
/** Most items of a loop that are looked at. */
const MAX_ITEMS = 2000;
const MAX_TEXT = 2 ** 20;

export function lookupOf(run: Run, place: Place, extra: readonly Layer[] = []): Lookup {
  const { host, layers, facts, above, playHosts } = place;
  return createLookup(run.world, host, [...layers, facts, ...above, ...extra], playHosts);
}

/** Evaluates an argument of a task; undefined when it cannot be. */
export function evaluateValue(run: Run, place: Place, value: Value | undefined, lookup: Lookup): RunValue {
  if (typeof value !== 'string') return typeof value === 'number' || typeof value === 'boolean' || value === null ? value : undefined;
  return run.bounded(place.document.file, () => evaluateText(run.world.evaluationOf(place.document.file), value, lookup));
}

/** Whether the conditions of a task may hold. */
export function mayRun(run: Run, place: Place, conditions: Value | undefined, lookup: Lookup): boolean {
  return (isList(conditions) ? conditions : [conditions]).every((condition) => {
    if (condition === undefined || condition === null) return true;
    if (typeof condition !== 'string') return condition !== false;
    const source = condition.includes('{{') ? condition : `{{ ${condition} }}`;
    return isTrue(evaluateValue(run, place, source, lookup)) !== false;
  });
}

/** Adds the references of rendered text as edges of a host. */
export function addReferences(
  run: Run,
  host: string,
  rendered: string,
  from: { file: string; line?: number; words: string; address?: string },
): void {
  if (!rendered.includes('\uFDD2')) return;
  for (const found of findReferences(rendered, run.world.marks, isBalancer(from.words))) {
    const place = { file: from.file, line: from.line ?? found.line, rule: found.reference.via };
    run.edges.add(host, found, from.address === undefined ? place : { ...place, address: from.address });
  }
}

/** Text of a value, each list item and mapping on its own line, as a file of settings would show it. */
export function describeValue(value: RunValue): string {
  if (typeof value === 'string') return value.slice(0, MAX_TEXT);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map(describeValue).join('\n');
  if (!isTagged(value, 'table')) return '';
  const entries = value.keys().map((key): [string, RunValue] => [key, value.get(key)]);
  const flat = entries.filter(([, each]) => typeof each !== 'object').map(([key, each]) => `${key}: ${describeValue(each)}`);
  const deep = entries.filter(([, each]) => typeof each === 'object').map(([, each]) => describeValue(each));
  return [flat.join(' '), ...deep].filter((line) => line !== '').join('\n');
}

/** Renders a template of the tree for a host. */
export async function renderFile(run: Run, place: Place, file: string, destination: string, lookup: Lookup): Promise<void> {
  if (isAllowList(file) || isAllowList(destination)) return;
  const source = await run.project.template(file);
  if (source === undefined) return;
  const rendered = run.bounded(file, () => {
    const text = renderTemplate(run.world.evaluationOf(file), source, lookup);
    // Addresses that stand in the template itself.
    return text
      .split('\n')
      .map((line) => run.world.addresses.annotate(line, 'address', false))
      .join('\n');
  });
  if (rendered !== undefined) addReferences(run, place.host, rendered, { file, words: `${file} ${destination}` });
}

/** The variables of a host's play and roles that name others, also where nothing in the tree uses them: a role that is missing may. */
export function addVariables(run: Run, place: Place, variables: Variables): void {
  const lookup = lookupOf(run, place);
  for (const [name, { file, line }] of variables) {
    if (!isEndpointName(name)) continue;
    const text = run.bounded(file, () => describeValue(lookup(name)));
    if (text !== undefined) addReferences(run, place.host, text, { file, line, words: `${name} ${place.role?.name ?? ''}`, address: name });
  }
}

/** The items a task runs for: one without a loop. */
function itemsOf(run: Run, place: Place, task: Task): readonly Layer[] {
  const key = [...task.content.keys()].find((each) => each === 'loop' || each.startsWith('with_'));
  if (key === undefined) return [new Map()];
  const control = task.content.get('loop_control');
  const name = isMapping(control) ? control.get('loop_var') : undefined;
  const variable = typeof name === 'string' ? name : 'item';
  const source = task.content.get(key);
  const list = run.bounded(place.document.file, () => {
    const layer = toVariables(new Map([['items', source ?? null]]), place.document);
    const below = createLookup(run.world, place.host, [...place.layers, place.facts, ...place.above, layer], place.playHosts);
    return key === 'with_dict' ? entriesOf(below('items')) : below('items');
  });
  const items = Array.isArray(list) ? list.flatMap((item) => (key !== 'loop' && Array.isArray(item) ? item : [item])) : [undefined];
  return items.slice(0, MAX_ITEMS).map((item) => new Map([[variable, item]]));
}

function entriesOf(value: RunValue): RunValue {
  if (!isTagged(value, 'table')) return value;
  return value.keys().map((key) => ({
    kind: 'table',
    get: (part: string) => (part === 'key' ? key : part === 'value' ? value.get(key) : undefined),
    keys: () => ['key', 'value'],
  }));
}

/** What carries out the tasks of one kind. */
export type Action = (run: Run, place: Place, task: Task, lookup: Lookup) => Promise<void>;

/** Walks through tasks and blocks for one host. */
export async function runTasks(run: Run, place: Place, tasks: readonly Mapping[], actionOf: (name: string) => Action): Promise<void> {
  if (place.depth > MAX_DEPTH) {
    run.world.problems.add(place.document.file, 'nests roles, includes or blocks too deep', true);
    return;
  }
  for (const content of tasks) {
    throwIfAborted(run.signal);
    const task = readTask(content, place.document);
    const variables = toVariables(content.get('vars'), place.document);
    const inside = variables.size > 0 ? { ...place, layers: [...place.layers, variables] } : place;
    const blocks = ['block', 'rescue', 'always'].map((key) => content.get(key)).filter((each) => isList(each));
    if (blocks.length > 0) {
      if (!mayRun(run, inside, content.get('when'), lookupOf(run, inside))) continue;
      for (const each of blocks) await runTasks(run, { ...inside, depth: place.depth + 1 }, each.filter(isMapping), actionOf);
    } else await runTask(run, inside, task, actionOf(task.action));
  }
}

async function runTask(run: Run, place: Place, task: Task, action: Action): Promise<void> {
  for (const layer of itemsOf(run, place, task)) {
    const each = layer.size > 0 ? { ...place, above: [...place.above, layer] } : place;
    const lookup = lookupOf(run, each);
    noteTemplate(run, each, task, lookup);
    if (mayRun(run, each, task.content.get('when'), lookup)) await action(run, each, task, lookup);
  }
  const register = task.content.get('register');
  if (typeof register === 'string') place.facts.set(register, { kind: 'unknown' });
}

/** Remembers which templates tasks name, so that only those are rendered by themselves that none does. */
function noteTemplate(run: Run, place: Place, task: Task, lookup: Lookup): void {
  if (!/template$/.test(task.action)) return;
  for (const file of findFiles(run, place, evaluateValue(run, place, task.args.get('src'), lookup), 'templates')) place.templates.add(file);
}

/** The files that a name of a task means: as roles and playbooks look for them; what is not known in the name stands for anything. */
export function findFiles(run: Run, place: Place, name: RunValue, folder: string): readonly string[] {
  if (typeof name !== 'string' || name === '') return [];
  const plain = run.world.marks.plain(name).replace(/^\/+/, '');
  const here = directoryOf(place.document.file);
  const bases = [place.role?.path, here, place.role === undefined ? undefined : directoryOf(here), place.playbookDirectory].filter(
    (base) => base !== undefined,
  );
  for (const base of bases) {
    for (const path of [joinPath(base, folder, plain), joinPath(base, plain)]) {
      if (path === undefined) continue;
      const found = plain.includes('\uFDD4') ? matchingFiles(run, path) : run.project.library.paths.has(path) ? [path] : [];
      if (found.length > 0) return found;
    }
  }
  return [];
}

function matchingFiles(run: Run, path: string): readonly string[] {
  const [head = '', ...tails] = path.split(/\uFDD4+/);
  const directory = directoryOf(head);
  if (tails.some((tail) => tail.includes('/'))) return [];
  return run.project.library
    .names(directory)
    .map((name) => joinPath(directory, name) ?? '')
    .filter((file) => {
      let at = head.length;
      if (!file.startsWith(head)) return false;
      for (const tail of tails) {
        const next = tail === '' ? at : file.indexOf(tail, at);
        if (next < 0) return false;
        at = next + tail.length;
      }
      return (tails.at(-1) === '' || file.endsWith(tails.at(-1) ?? '')) && run.project.library.paths.has(file);
    });
}

/** The hosts of a play in the inventory; a pattern that cannot be evaluated is reported. */
export function hostsOfPlay(run: Run, play: Mapping, document: Document): readonly string[] {
  const value = play.get('hosts');
  const pattern = isList(value) ? value.filter((each) => typeof each === 'string').join(',') : typeof value === 'string' ? value : '';
  const lookup = createLookup(run.world, '', [toVariables(play.get('vars'), document)], []);
  const evaluated = run.bounded(document.file, () => evaluateText(run.world.evaluationOf(document.file), pattern, lookup));
  if (typeof evaluated === 'string' && !evaluated.includes('\uFDD4'))
    return listHosts(run.world.inventory, run.world.marks.plain(evaluated));
  if (Array.isArray(evaluated))
    return evaluated.flatMap((each) => (typeof each === 'string' ? listHosts(run.world.inventory, run.world.marks.plain(each)) : []));
  run.world.problems.add(
    document.file,
    `has a play at line ${document.parsed.lineOf(play) ?? 1} whose hosts depend on what is given when it runs`,
    false,
  );
  return [];
}

/** Reads the files of variables that a play or task names; what is not known in their names stands for anything. */
export async function readNamedVariables(
  run: Run,
  place: Place,
  names: readonly (string | undefined)[],
  lookup: Lookup,
): Promise<Variables> {
  const files = names.flatMap((name) =>
    name === undefined ? [] : findFiles(run, place, evaluateValue(run, place, name, lookup), 'vars').slice(0, 20),
  );
  return readAllVariables(run.project.library, run.project.problems, files);
}
