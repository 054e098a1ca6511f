import { entriesOf, fieldOf, listOf, textOf } from '../fields.ts';
import type { LocatedYaml } from '../located-yaml.ts';

/** Where something is declared. */
export interface Origin {
  readonly file: string;
  readonly line?: number;
}

/** A text of a service, before variables are put in; undefined where the value comes from whoever starts it. */
export interface Setting extends Origin {
  readonly name: string;
  readonly value: string | undefined;
}

/** What a Compose file says about a service. */
export interface ComposeService extends Origin {
  readonly name: string;
  readonly environment: ReadonlyMap<string, Setting>;
  readonly envFiles: readonly { readonly path: string; readonly isRequired: boolean }[];
  readonly commands: readonly (Origin & { readonly rule: string; readonly words: readonly string[] })[];
  readonly startsAfter: readonly (Origin & { readonly service: string })[];
  /** Services by the names under which this one reaches them. */
  readonly links: readonly (Origin & { readonly service: string; readonly alias: string })[];
  /** Other names in networks. */
  readonly names: readonly string[];
  readonly extends?: { readonly service: string; readonly file?: string };
}

/** The services of a parsed file; undefined where it is no Compose file. */
export function listServices(file: string, { value, lineOf }: LocatedYaml): ComposeService[] | undefined {
  const services = fieldOf(value, 'services');
  if (typeof services !== 'object' || services === null || Array.isArray(services)) return undefined;
  const at = (part: unknown, key?: string | number): Origin => {
    const line = typeof part === 'object' && part !== null ? lineOf(part, key) : undefined;
    return { file, ...(line === undefined ? {} : { line }) };
  };
  return Object.entries(services).map(([name, service]) => {
    const after = fieldOf(service, 'depends_on');
    const file = textOf(service, 'extends', 'file');
    const extended = textOf(service, 'extends', 'service') ?? textOf(service, 'extends');
    return {
      name,
      ...at(services, name),
      environment: environmentOf(fieldOf(service, 'environment'), at),
      envFiles: [fieldOf(service, 'env_file') ?? []].flat().flatMap((entry) => {
        const path = typeof entry === 'string' ? entry : textOf(entry, 'path');
        return path === undefined ? [] : [{ path, isRequired: fieldOf(entry, 'required') !== false }];
      }),
      commands: ['entrypoint', 'command'].flatMap((rule) => {
        const words = [fieldOf(service, rule) ?? []].flat().filter((word) => typeof word === 'string');
        return words.length === 0 ? [] : [{ ...at(service, rule), rule, words }];
      }),
      startsAfter: Array.isArray(after)
        ? after.flatMap((inner, index) => (typeof inner === 'string' ? [{ ...at(after, index), service: inner }] : []))
        : entriesOf(service, 'depends_on').map(([inner]) => ({ ...at(after, inner), service: inner })),
      links: listOf(service, 'links').flatMap((link, index) => {
        const [target = '', alias = target] = String(link).split(':');
        return [{ ...at(fieldOf(service, 'links'), index), service: target, alias }];
      }),
      names: [
        ...[textOf(service, 'container_name'), textOf(service, 'hostname')],
        ...entriesOf(service, 'networks').flatMap(([, network]) => listOf(network, 'aliases')),
      ].filter((one) => typeof one === 'string'),
      ...(extended === undefined ? {} : { extends: { service: extended, ...(file === undefined ? {} : { file }) } }),
    };
  });
}

function environmentOf(environment: unknown, at: (part: unknown, key?: string | number) => Origin): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  if (Array.isArray(environment)) {
    for (const [index, entry] of environment.entries()) {
      const [, name = '', value] = /^([^=]+)(?:=(.*))?$/s.exec(String(entry)) ?? [];
      if (name !== '') settings.set(name, { name, value, ...at(environment, index) });
    }
  }
  for (const [name, value] of entriesOf({ environment }, 'environment')) {
    settings.set(name, { name, value: value === null || typeof value === 'object' ? undefined : String(value), ...at(environment, name) });
  }
  return settings;
}

/** One service as two files say it together: what the second says of a variable or command wins. */
export function mergeServices(first: ComposeService, second: ComposeService): ComposeService {
  const replaced = new Set(second.commands.map(({ rule }) => rule));
  const { extends: inherited, ...rest } = first;
  const extended = second.extends ?? inherited;
  return {
    ...rest,
    environment: new Map([...first.environment, ...second.environment]),
    envFiles: [...first.envFiles, ...second.envFiles],
    commands: [...first.commands.filter(({ rule }) => !replaced.has(rule)), ...second.commands],
    startsAfter: [...first.startsAfter, ...second.startsAfter],
    links: [...first.links, ...second.links],
    names: [...first.names, ...second.names],
    ...(extended === undefined ? {} : { extends: extended }),
  };
}
