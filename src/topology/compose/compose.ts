import { posix } from 'node:path';
import { throwIfAborted } from '../../core/error.ts';
import type { Observation } from '../../core/observation.ts';
import type { Micros } from '../../core/time.ts';
import { createDraft, type Draft } from '../draft.ts';
import { parseLocatedYaml } from '../located-yaml.ts';
import type { ReadRequest, TopologyReader, TreeFile } from '../reader.ts';
import { cutYaml } from '../yaml-pieces.ts';
import { drawProject } from './draw-project.ts';
import { parseEnvFile } from './env-file.ts';
import { type ComposeService, listServices, mergeServices } from './services.ts';

const composeFile = /(?:^|\/)(?:docker-)?compose(?:\.[\w.-]+)?\.ya?ml$/i;

/** Env files are short; what is longer is none. */
const MAX_ENV_BYTES = 1024 * 1024;

/**
 * Reads Docker Compose files. Those of a directory are one project: the base file with its override, and every other one on top of the names of all.
 * Services are known by their names, as telemetry without a cluster knows them. All projects of a tree are one scope; a tree without a Compose file
 * gives no observation. Variables come from `.env` and env files of the tree only, never from the environment of this process.
 */
export function createComposeReader(): TopologyReader {
  return { name: 'compose', read };
}

async function* read(request: ReadRequest): AsyncGenerator<Observation> {
  const { files, scope, signal, tree } = request;
  throwIfAborted(signal);
  const found = files.filter(({ path }) => composeFile.test(path));
  if (found.length === 0) return;
  const draft = createDraft();
  const present = new Set(files.map(({ path }) => path));
  const texts = createTexts(request, draft);
  const sheets = new Map<string, readonly ComposeService[]>();
  const sheetOf = async (path: string): Promise<readonly ComposeService[]> => {
    const known = sheets.get(path) ?? (await readSheet(request, path, draft));
    sheets.set(path, known);
    return known;
  };
  for (const [directory, own] of Map.groupBy(found, ({ path }) => posix.dirname(path))) {
    const variables = present.has(posix.join(directory, '.env'))
      ? parseEnvFile((await texts(posix.join(directory, '.env'))) ?? '')
      : new Map();
    const layers: ComposeService[] = [];
    for (const paths of layersOf(own)) {
      const merged = new Map<string, ComposeService>();
      for (const path of paths) {
        for (const service of await sheetOf(path)) {
          const full = await inherit(service, sheetOf, present, draft, 0);
          const first = merged.get(service.name);
          merged.set(service.name, first ? mergeServices(first, full) : full);
        }
      }
      layers.push(...merged.values());
    }
    const envOf = async (path: string): Promise<ReadonlyMap<string, string> | undefined> => {
      const full = posix.join(directory, path);
      if (!present.has(full)) return undefined;
      const text = await texts(full);
      return text === undefined ? new Map() : parseEnvFile(text);
    };
    await drawProject({ services: layers, variables, envOf }, draft);
  }
  const newest = found.reduce<Micros>((time, { modifiedAt }) => Math.max(time, modifiedAt), 0);
  yield draft.finish({ source: 'compose', scope, observedAt: tree.changedAt?.() ?? newest });
}

/** The base file and its override belong together; other files are used with or without them. */
function layersOf(files: readonly TreeFile[]): string[][] {
  const paths = files.map(({ path }) => path);
  const pick = (suffix: string): string[] => {
    const names = ['compose', 'docker-compose'].flatMap((name) => ['yaml', 'yml'].map((extension) => `${name}${suffix}.${extension}`));
    return names.flatMap((name) => paths.find((path) => posix.basename(path) === name) ?? []).slice(0, 1);
  };
  const base = [...pick(''), ...pick('.override')];
  return [base, ...paths.filter((path) => !base.includes(path)).map((path) => [path])];
}

function createTexts({ tree, signal }: ReadRequest, draft: Draft): (path: string) => Promise<string | undefined> {
  return async (path) => {
    try {
      const pieces: Uint8Array[] = [];
      let length = 0;
      for await (const piece of tree.stream(path, signal)) {
        length += piece.length;
        if (length > MAX_ENV_BYTES) throw new Error('it is too long for an env file.');
        pieces.push(piece);
      }
      return Buffer.concat(pieces).toString('utf8');
    } catch (error) {
      throwIfAborted(signal);
      const reason = error instanceof Error ? error.message : String(error);
      draft.problem({ file: path, text: `${path} cannot be read: ${reason}`, hides: true });
      return undefined;
    }
  };
}

async function readSheet({ tree, signal }: ReadRequest, path: string, draft: Draft): Promise<ComposeService[]> {
  const services: ComposeService[] = [];
  const hide = (reason: string): void => draft.problem({ file: path, text: `${path} ${reason}`, hides: true });
  try {
    for await (const piece of cutYaml(tree.stream(path, signal))) {
      const parsed = piece.isTooLong ? 'is too long to be read' : parseLocatedYaml(piece.text, piece.firstLine);
      if (typeof parsed === 'string') hide(`${parsed}.`);
      else {
        const listed = listServices(path, parsed);
        if (listed) services.push(...listed);
        else if (typeof parsed.value !== 'object' || parsed.value === null) hide('is no Compose file.');
        else if (Object.keys(parsed.value).some((key) => isVersionOne(parsed.value, key)))
          hide('is of version 1, which has no `services`.');
      }
    }
  } catch (error) {
    throwIfAborted(signal);
    hide(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return services;
}

/** Files of version 1 have their services at the top. */
function isVersionOne(value: unknown, key: string): boolean {
  const inner: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return !key.startsWith('x-') && typeof inner === 'object' && inner !== null && ('image' in inner || 'build' in inner);
}

/** A service with what it takes from the one that it extends, at most ten deep. */
async function inherit(
  service: ComposeService,
  sheetOf: (path: string) => Promise<readonly ComposeService[]>,
  present: ReadonlySet<string>,
  draft: Draft,
  depth: number,
): Promise<ComposeService> {
  if (!service.extends || depth > 10) return service;
  const path = service.extends.file === undefined ? service.file : posix.join(posix.dirname(service.file), service.extends.file);
  const base = present.has(path) ? (await sheetOf(path)).find(({ name }) => name === service.extends?.service) : undefined;
  if (!base) {
    const text = `Service ${service.name} in ${service.file} extends one that is not in the tree.`;
    draft.problem({ file: service.file, text, hides: false });
    return service;
  }
  const full = await inherit(base, sheetOf, present, draft, depth + 1);
  const { extends: _, ...own } = service;
  return { ...mergeServices(full, own), name: service.name };
}
