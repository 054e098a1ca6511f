import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Clone, Default } from 'typebox/value';
import { isNode, isPair, LineCounter, parseDocument, visit } from 'yaml';
import { ObserveBridgeError } from '../core/error.ts';
import type { Environment } from './environment.ts';
import { listRefusals } from './refusal.ts';
import { type Config, ConfigSchema, configNode } from './schema.ts';
import { formatKeyPath, isMapping, type KeyPath, mapTexts } from './schema-node.ts';
import { refuseEngine } from './tenant.ts';

/** Name of the configuration file that is read from the current directory when none is named. */
export const defaultFileName = 'observebridge.yaml';

/** A configuration and where it came from; no `file` means the built-in demonstration. */
export interface LoadedConfig {
  readonly config: Config;
  readonly file?: string;
}

/**
 * Reads the named file, else `observebridge.yaml` of the current directory, else the built-in demonstration: tenant `demo` with generated
 * telemetry, and the embedded database in `./.observebridge/db`. Rejects with `OB_CONFIG_UNREADABLE` or `OB_CONFIG_INVALID`.
 */
export async function loadConfig(named: string | undefined, environment: Environment): Promise<LoadedConfig> {
  const file = resolve(environment.directory, named ?? defaultFileName);
  try {
    const text = await readFile(file, 'utf8');
    return { config: parseConfig(text, file, environment), file };
  } catch (error) {
    if (error instanceof ObserveBridgeError) throw error;
    const reason = isMapping(error) || error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (named === undefined && reason === 'ENOENT') return { config: demonstration(environment.directory) };
    const clause = reason === 'ENOENT' ? 'does not exist' : `cannot be read (${String(reason)})`;
    throw new ObserveBridgeError('OB_CONFIG_UNREADABLE', 'config', `The configuration file ${file} ${clause}.`, error);
  }
}

/**
 * Turns the text of a configuration file into a validated configuration. Every `${NAME}` in a value becomes that environment variable;
 * relative paths are resolved against the directory of the file. Throws `OB_CONFIG_INVALID` with file, line and key of the first mistake.
 */
export function parseConfig(text: string, file: string, environment: Environment): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const refuse = (offset: number | undefined, clause: string): ObserveBridgeError => {
    const place = offset === undefined ? '' : ` line ${lines.linePos(offset).line}`;
    return new ObserveBridgeError('OB_CONFIG_INVALID', 'config', `${file}${place}: ${clause}.`);
  };
  const [mistake] = document.errors;
  if (mistake !== undefined) throw refuse(mistake.pos[0], `not valid YAML (${mistake.code.toLowerCase().replaceAll('_', ' ')})`);
  const written: unknown = document.toJS() ?? {};
  const locate = (path: KeyPath, atKey = false): number | undefined => {
    if (atKey) return keyOffset(document, path);
    const node = document.getIn(path, true);
    return isNode(node) ? node.range?.[0] : undefined;
  };

  const values = interpolate(written, environment.variables, [], (path, name) =>
    refuse(locate(path), `${formatKeyPath(path)} refers to the environment variable ${name}, which is not set`),
  );
  const [refusal] = listRefusals(configNode, values);
  if (refusal !== undefined) throw refuse(locate(refusal.path, refusal.atKey), refusal.text);
  const config = complete(values, dirname(file));
  const ids = config.tenants.map((tenant) => tenant.id);
  const repeated = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (repeated >= 0) throw refuse(locate(['tenants', repeated, 'id']), `tenants[${repeated}].id repeats the identifier ${ids[repeated]}`);
  for (const [index, tenant] of config.tenants.entries()) {
    const clash = refuseEngine(tenant);
    if (clash !== undefined) throw refuse(locate(['tenants', index, 'engine']), `tenants[${index}].${clash}`);
  }
  return config;
}

/** Offset of the key that the path ends in. */
function keyOffset(document: ReturnType<typeof parseDocument>, path: KeyPath): number | undefined {
  const parent = document.getIn(path.slice(0, -1), true);
  let offset: number | undefined;
  if (isNode(parent)) {
    visit(parent, {
      Pair: (_, pair) => {
        if (isPair(pair) && isNode(pair.key) && pair.key.toJSON() === path.at(-1)) offset ??= pair.key.range?.[0];
        return visit.SKIP;
      },
    });
  }
  return offset;
}

function interpolate(
  value: unknown,
  variables: Environment['variables'],
  path: KeyPath,
  missing: (path: KeyPath, name: string) => ObserveBridgeError,
): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
      const replacement = variables[name];
      if (replacement === undefined) throw missing(path, name);
      return replacement;
    });
  }
  if (Array.isArray(value)) return value.map((inner, index) => interpolate(inner, variables, [...path, index], missing));
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, interpolate(inner, variables, [...path, key], missing)]));
}

/** Fills in the defaults and makes paths absolute. */
function complete(values: unknown, directory: string): Config {
  const config = Default(ConfigSchema, Clone(values));
  return mapTexts(configNode, config, (text, field) => (field['x-path'] ? resolvePath(text, directory) : text)) as Config;
}

function resolvePath(text: string, directory: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  const [, prefix = '', path = text] = /^(sqlite:|pglite:)(.*)$/s.exec(text) ?? [];
  return prefix + resolve(directory, path);
}

function demonstration(directory: string): Config {
  return complete({ tenants: [{ id: 'demo', name: 'Demonstration', source: { type: 'mock' } }] }, directory);
}
