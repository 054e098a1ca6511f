import type { Relation } from '../../core/observation.ts';
import { type Resource, toService } from '../../core/urn.ts';
import type { Draft } from '../draft.ts';
import { listFlags, listReferences, type Names } from '../reference.ts';
import { interpolate } from './interpolate.ts';
import type { ComposeService, Origin } from './services.ts';

/** Services that are started together, with what their variables are taken from. */
export interface Project {
  /** As the files say it; a service may stand among them more than once. */
  readonly services: readonly ComposeService[];
  readonly variables: ReadonlyMap<string, string>;
  /** Variables of an env file by its path beside the Compose file; undefined where the tree has none. */
  envOf(path: string): Promise<ReadonlyMap<string, string> | undefined>;
}

/**
 * Draws the services of a project: `depends_on` is the order of starting, while links and addresses in variables and commands are dependencies.
 * A service that no file declares is known by the name under which it is reached and reported.
 */
export async function drawProject(project: Project, draft: Draft): Promise<void> {
  const { services } = project;
  const byName = new Map<string, Resource>();
  for (const { names, name } of services) for (const other of names) byName.set(other.toLowerCase(), toService(name));
  for (const { name } of services) byName.set(name.toLowerCase(), toService(name));
  const declared = new Set(services.map(({ name }) => name));
  const missing = new Map<string, Set<string>>();

  for (const service of services) {
    const others = [...new Set([service.name, ...service.names].map((alias) => alias.toLowerCase()))];
    draft.resource({ ...toService(service.name), aliases: others.map((alias) => ({ kind: 'service', alias })) });
  }
  for (const service of services) {
    const edge = (target: Resource, relation: Relation, rule: string, { file, line }: Origin, attrs = {}): void => {
      draft.resource(target);
      draft.edge({
        ...{ src: toService(service.name).urn, dst: target.urn, relation },
        ...(Object.keys(attrs).length === 0 ? {} : { attrs }),
        evidence: { file, ...(line === undefined ? {} : { line }), address: `services.${service.name}`, rule },
      });
    };
    const absent = (rule: string, { file }: Origin): void => {
      const text = `Service ${service.name} in ${file} refers in ${rule} to a service that the project does not declare.`;
      draft.problem({ file, text, hides: false });
    };
    for (const { service: other, ...origin } of service.startsAfter) {
      if (!declared.has(other)) absent('depends_on', origin);
      edge(toService(other), 'STARTS_AFTER', 'depends_on', origin);
    }
    const links = new Map(service.links.map((link) => [link.alias.toLowerCase(), toService(link.service)]));
    for (const { service: other, alias: _, ...origin } of service.links) {
      if (!declared.has(other)) absent('links', origin);
      edge(toService(other), 'DEPENDS_ON', 'links', origin);
    }
    const names: Names = {
      find: (host) => links.get(host) ?? byName.get(host),
      infer: (host) => (host.includes('.') ? undefined : toService(host)),
    };
    for (const { setting, value, rule, ...origin } of await listTexts(service, project, missing, draft)) {
      for (const { target, port, protocol, isAbsent } of listReferences(setting, value, names)) {
        if (isAbsent) absent(rule, origin);
        const attrs = { ...(port === undefined ? {} : { port }), ...(protocol === undefined ? {} : { protocol }) };
        edge(target, 'DEPENDS_ON', rule, origin, attrs);
      }
    }
  }
  for (const [file, unset] of missing) {
    const text = `${file} takes ${[...unset].sort().join(', ')} from the environment of whoever starts it, which is not read.`;
    draft.problem({ file, text, hides: false });
  }
}

interface Text extends Origin {
  readonly setting: string;
  readonly value: string;
  readonly rule: string;
}

async function listTexts(service: ComposeService, project: Project, missing: Map<string, Set<string>>, draft: Draft): Promise<Text[]> {
  const { variables, envOf } = project;
  const fill = (text: string, file: string): string =>
    interpolate(
      text,
      (name) => variables.get(name),
      (name) => missing.set(file, (missing.get(file) ?? new Set()).add(name)),
    );
  const texts = new Map<string, Text>();
  for (const { path, isRequired } of service.envFiles) {
    const values = await envOf(fill(path, service.file));
    if (!values && isRequired) {
      const text = `Service ${service.name} in ${service.file} takes variables from ${path}, which is not in the tree.`;
      draft.problem({ file: service.file, text, hides: false });
    }
    for (const [name, value] of values ?? []) {
      texts.set(name, { setting: name, value, rule: `env_file ${path} ${name}`, file: service.file, ...lineOf(service) });
    }
  }
  for (const { name, value, file, ...line } of service.environment.values()) {
    const filled = value === undefined ? variables.get(name) : fill(value, file);
    if (filled === undefined) missing.set(file, (missing.get(file) ?? new Set()).add(name));
    texts.set(name, { setting: name, value: filled ?? '', rule: `environment ${name}`, file, ...line });
  }
  const list = [...texts.values()];
  for (const { words, rule, file, ...line } of service.commands) {
    list.push(...listFlags(words.map((word) => fill(word, file))).map((flag) => ({ ...flag, rule, file, ...line })));
  }
  return list;
}

function lineOf({ line }: Origin): { line?: number } {
  return line === undefined ? {} : { line };
}
