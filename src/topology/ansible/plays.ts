import { setImmediate } from 'node:timers/promises';
import { actionOf, readRoleEntry, runRole } from './actions.ts';
import { directoryOf } from './library.ts';
import type { Document } from './project.ts';
import { addVariables, hostsOfPlay, lookupOf, mayRun, type Place, type Run, readNamedVariables, runTasks } from './run-play.ts';
import { toVariables } from './task.ts';
import { isList, isMapping, type Mapping, type Variable, type Variables } from './value.ts';

/** Whether a list of a document are plays. */
export function isPlaybook({ items }: Document): boolean {
  return items.some((item) => item.has('hosts') || item.has('import_playbook') || item.has('ansible.builtin.import_playbook'));
}

/** Variables of a host that are its own or those of its groups: those of `all` are nobody's in particular. */
function ownVariables(run: Run, host: string): Variables {
  const ofAll = run.world.inventory.groups.get('all')?.variables;
  return new Map(
    [...run.world.variablesOf(host)].filter(
      ([name, { file }]) => ofAll?.get(name)?.file !== file && !/(?:^|\/)group_vars\/all(?:[./]|$)/.test(file),
    ),
  );
}

async function runForHost(run: Run, play: Mapping, document: Document, host: string, playHosts: readonly string[]): Promise<void> {
  const playbookDirectory = directoryOf(document.file);
  const entries = (isList(play.get('roles')) ? (play.get('roles') as readonly Parameters<typeof readRoleEntry>[0][]) : []).flatMap(
    (entry) => readRoleEntry(entry) ?? [],
  );
  const roles = [];
  for (const entry of entries) {
    const role = entry.name.includes('{{') ? undefined : await run.project.role(entry.name, playbookDirectory, document.file);
    roles.push({ entry, role });
  }
  const defaults = new Map<string, Variable>();
  const roleVars = new Map<string, Variable>();
  for (const { role } of roles) {
    if (!role) continue;
    for (const [name, variable] of await run.project.variables(`${role.path}/defaults/main`)) defaults.set(name, variable);
    for (const [name, variable] of await run.project.variables(`${role.path}/vars/main`)) roleVars.set(name, variable);
  }
  const vars = toVariables(play.get('vars'), document);
  const bare: Place = {
    ...{ document, host, playHosts, playbookDirectory, role: undefined, facts: new Map(), above: [], depth: 0, templates: new Set() },
    layers: [defaults, run.world.variablesOf(host), vars],
  };
  const files = play.get('vars_files');
  const names = (isList(files) ? files.flat() : [files]).map((each) => (typeof each === 'string' ? each : undefined));
  const fromFiles = await readNamedVariables(run, bare, names, lookupOf(run, bare));
  const place: Place = { ...bare, layers: [...bare.layers, fromFiles, roleVars] };
  addVariables(run, place, new Map([...vars, ...fromFiles, ...ownVariables(run, host)]));
  const tasksOf = (key: string): readonly Mapping[] => {
    const list = play.get(key);
    return isList(list) ? list.filter(isMapping) : [];
  };
  await runTasks(run, place, tasksOf('pre_tasks'), actionOf);
  for (const { entry, role } of roles) {
    const params = toVariables(entry.params, document);
    const inside = params.size > 0 ? { ...place, above: [params] } : place;
    if (!mayRun(run, inside, entry.when, lookupOf(run, inside))) continue;
    addVariables(run, inside, params);
    if (role) await runRole(run, inside, role);
  }
  for (const key of ['tasks', 'post_tasks', 'handlers']) await runTasks(run, place, tasksOf(key), actionOf);
}

/** Walks through the plays of a playbook for every host they are for. */
export async function runPlaybook(run: Run, document: Document): Promise<void> {
  for (const play of document.items) {
    if (!play.has('hosts')) continue;
    const hosts = hostsOfPlay(run, play, document);
    for (const host of hosts) {
      await setImmediate();
      await runForHost(run, play, document, host, hosts);
    }
  }
}
