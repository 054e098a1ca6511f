import { joinPath } from './library.ts';
import type { Role } from './project.ts';
import { isAllowList } from './references.ts';
import {
  type Action,
  addReferences,
  addVariables,
  describeValue,
  evaluateValue,
  findFiles,
  lookupOf,
  type Place,
  type Run,
  readNamedVariables,
  renderFile,
  runTasks,
} from './run-play.ts';
import { createLookup, type Layer } from './scope.ts';
import { toVariables } from './task.ts';
import { isMapping, type Mapping, type Value } from './value.ts';

/** Modules whose arguments name hosts that are allowed, looked at or only mentioned. */
const NO_DEPENDENCIES =
  /(?:^|[._])(?:iptables\w*|ufw|firewalld?|nftables|csf|add_host|group_by|debug|assert|fail|pause|meta|known_hosts|hostname|setup|ping|stat|authorized_key|user|group|package|yum|dnf|apt|apt_key|apt_repository|yum_repository|pip|npm|gem|get_url|git|unarchive|ec2_group|\w+_security_group|\w+_user|\w+_privs|\w+_grants?|\w+_pg_hba|pg_hba|sefcontext|selinux|file|service|systemd|cron|tempfile|raw|wait_for_connection|route53|nsupdate|\w+_dns\w*)$/;

const renderTemplateTask: Action = async (run, place, task, lookup) => {
  const destination = evaluateValue(run, place, task.args.get('dest'), lookup);
  const to = typeof destination === 'string' ? run.world.marks.plain(destination) : '';
  const name = evaluateValue(run, place, task.args.get('src'), lookup);
  const files = findFiles(run, place, name, 'templates');
  const isKnown = typeof name === 'string' && !name.includes('\uFDD4');
  if (files.length === 0 && isKnown) {
    run.world.problems.add(place.document.file, `names at line ${task.line} a template that is not in the tree`, false);
  }
  for (const file of files) await renderFile(run, place, file, to, lookup);
};

const setFacts: Action = async (run, place, task) => {
  const variables = toVariables(task.args, place.document);
  const lookup = lookupOf(run, place, [variables]);
  const before = lookupOf(run, place);
  for (const [name, { value }] of variables) {
    if (name === 'cacheable') continue;
    // A fact may be made of its own former value.
    const isOwn = typeof value === 'string' && new RegExp(`\\b${name.replace(/\W/g, '')}\\b`).test(value);
    const own = isOwn ? evaluateValue(run, place, value, before) : run.bounded(place.document.file, () => lookup(name));
    place.facts.set(name, own);
  }
};

const includeVariables: Action = async (run, place, task, lookup) => {
  const name = task.args.get('_raw') ?? task.args.get('file') ?? task.args.get('name');
  const directory = task.args.get('dir');
  const names = [name].filter((each) => typeof each === 'string');
  if (typeof directory === 'string') names.push(...listVarsIn(run, place, directory));
  for (const [key, variable] of await readNamedVariables(run, place, names, lookup)) {
    const value = run.bounded(variable.file, () =>
      createLookup(run.world, place.host, [...place.layers, place.facts, ...place.above, new Map([[key, variable]])], place.playHosts)(key),
    );
    place.facts.set(key, value);
  }
};

function listVarsIn(run: Run, place: Place, directory: string): string[] {
  const base = place.role?.path ?? place.playbookDirectory;
  const path = [joinPath(base, 'vars', directory), joinPath(base, directory)].find(
    (each) => each !== undefined && run.project.library.isDirectory(each),
  );
  return path === undefined ? [] : run.project.library.names(path).map((name) => `${directory}/${name}`);
}

const includeTasks: Action = async (run, place, task, lookup) => {
  const name = evaluateValue(run, place, task.args.get('file') ?? task.args.get('_raw'), lookup);
  const files = findFiles(run, place, name, 'tasks');
  if (files.length === 0 && typeof name === 'string' && !name.includes('\uFDD4')) {
    run.world.problems.add(place.document.file, `includes at line ${task.line} tasks that are not in the tree`, false);
  }
  for (const file of files) {
    const document = await run.project.document(file);
    if (document) await runTasks(run, { ...place, document, depth: place.depth + 1 }, document.items, actionOf);
  }
};

const includeRole: Action = async (run, place, task, lookup) => {
  const name = evaluateValue(run, place, task.args.get('name') ?? task.args.get('role'), lookup);
  if (typeof name !== 'string' || name.includes('\uFDD4')) {
    run.world.problems.add(place.document.file, `includes at line ${task.line} a role whose name is not known before it runs`, false);
    return;
  }
  const role = await run.project.role(run.world.marks.plain(name), place.playbookDirectory, place.document.file);
  const text = (key: string): string | undefined => {
    const value = task.args.get(key);
    return typeof value === 'string' ? value.replace(/\.ya?ml$/, '') : undefined;
  };
  const parts = { tasks: text('tasks_from') ?? 'main', vars: text('vars_from') ?? 'main', defaults: text('defaults_from') ?? 'main' };
  const params = toVariables(task.content.get('vars'), place.document);
  if (role) await runRole(run, { ...place, above: params.size > 0 ? [...place.above, params] : place.above }, role, parts);
  else addVariables(run, place, params);
};

const addArguments: Action = async (run, place, task) => {
  if (NO_DEPENDENCIES.test(task.action) || task.content.has('delegate_to')) return;
  const target = ['dest', 'path', 'name', 'destfile'].map((key) => task.args.get(key)).find((each) => typeof each === 'string');
  const layer = toVariables(task.args, place.document);
  for (const [name, { line, value }] of layer) {
    if (name === 'src' || (typeof value === 'string' && !value.includes('{{') && !value.includes('{%') && name !== 'content')) continue;
    const text = run.bounded(place.document.file, () => {
      const own: Layer = new Map([[name, { value, file: place.document.file, line }]]);
      const described = describeValue(
        createLookup(run.world, place.host, [...place.layers, place.facts, ...place.above, own], place.playHosts)(name),
      );
      return ['line', 'content', 'block', '_raw', 'cmd'].includes(name) || described.includes('\n') ? described : `${name}: ${described}`;
    });
    const to = typeof target === 'string' ? target : '';
    if (text === undefined || isAllowList(to)) continue;
    addReferences(run, place.host, text, {
      file: place.document.file,
      line: Math.max(line, task.line),
      words: `${to} ${task.action}`,
      address: task.action,
    });
  }
};

/** What carries out an action. */
export function actionOf(name: string): Action {
  if (/template$/.test(name)) return renderTemplateTask;
  switch (name) {
    case 'set_fact':
      return setFacts;
    case 'include_vars':
      return includeVariables;
    case 'include':
    case 'include_tasks':
    case 'import_tasks':
      return includeTasks;
    case 'include_role':
    case 'import_role':
      return includeRole;
    default:
      return addArguments;
  }
}

/** A role of a list as its name and parameters. */
export function readRoleEntry(entry: Value): { name: string; params: Mapping; when: Value | undefined } | undefined {
  if (typeof entry === 'string') return { name: entry, params: new Map(), when: undefined };
  if (!isMapping(entry)) return undefined;
  const name = entry.get('role') ?? entry.get('name');
  const vars = entry.get('vars');
  const own = [...entry].filter(
    ([key]) => !['role', 'name', 'vars', 'when', 'tags', 'become', 'become_user', 'src', 'version', 'scm'].includes(key),
  );
  return typeof name === 'string'
    ? { name, params: new Map([...own, ...(isMapping(vars) ? vars : [])]), when: entry.get('when') }
    : undefined;
}

/** Runs a role for a host, after those it depends on, then renders the templates that none of its tasks names. */
export async function runRole(
  run: Run,
  place: Place,
  role: Role,
  parts = { tasks: 'main', vars: 'main', defaults: 'main' },
): Promise<void> {
  const { project } = run;
  if (place.depth > 20) return;
  for (const dependency of role.dependencies) {
    const entry = readRoleEntry(dependency);
    const below = entry && (await project.role(entry.name, place.playbookDirectory, `${role.path}/meta/main.yml`));
    if (entry && below) {
      const params = toVariables(entry.params, place.document);
      await runRole(run, { ...place, above: [...place.above, params], depth: place.depth + 1 }, below);
    }
  }
  const defaults = await project.variables(`${role.path}/defaults/${parts.defaults}`);
  const vars = await project.variables(`${role.path}/vars/${parts.vars}`);
  const [first = new Map(), ...rest] = place.layers;
  const tasks = project.tasksFile(`${role.path}/tasks/${parts.tasks}`);
  const document = tasks === undefined ? undefined : await project.document(tasks);
  const templates = new Set<string>();
  const inside: Place = {
    ...{ ...place, role, templates, depth: place.depth + 1 },
    document: document ?? { ...place.document, file: `${role.path}/tasks/main.yml`, items: [] },
    layers: [first, defaults, ...rest, vars],
  };
  if (document) await runTasks(run, inside, document.items, actionOf);
  const handlers = project.tasksFile(`${role.path}/handlers/main`);
  const after = handlers === undefined ? undefined : await project.document(handlers);
  if (after) await runTasks(run, { ...inside, document: after }, after.items, actionOf);
  if (parts.tasks !== 'main') return;
  const lookup = lookupOf(run, inside);
  for (const file of listTemplates(run, `${role.path}/templates`))
    if (!templates.has(file)) await renderFile(run, inside, file, '', lookup);
}

function listTemplates(run: Run, directory: string): readonly string[] {
  return run.project.library.names(directory).flatMap((name) => {
    const path = `${directory}/${name}`;
    return run.project.library.isDirectory(path) ? listTemplates(run, path) : run.project.library.paths.has(path) ? [path] : [];
  });
}
