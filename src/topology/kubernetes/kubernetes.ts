import { throwIfAborted } from '../../core/error.ts';
import type { Observation } from '../../core/observation.ts';
import type { Micros } from '../../core/time.ts';
import { createDraft, type Draft } from '../draft.ts';
import { fieldOf, textOf } from '../fields.ts';
import { readJson } from '../json-parts.ts';
import { parseLocatedYaml } from '../located-yaml.ts';
import type { ReadRequest, TopologyReader, TreeFile } from '../reader.ts';
import { cutYaml, type YamlPiece } from '../yaml-pieces.ts';
import { createDeclared, type Declared } from './declared.ts';
import { drawEdges } from './draw-edges.ts';
import { listKustomized } from './kustomize.ts';
import { readObject } from './read-object.ts';

/** What the reader takes for granted where manifests do not say it. */
export interface KubernetesReaderConfig {
  /** Namespace of objects that name none; without it they are known by their name alone. */
  readonly namespace?: string;
}

/**
 * Reads manifests: all YAML and JSON files of a tree that hold Kubernetes objects are one scope, as they refer to each other. Templates of Helm
 * charts and patches of kustomizations are no manifests: they are reported, and hide nothing, because what they would render to was never seen.
 * A tree without a manifest gives no observation.
 */
export function createKubernetesReader(config: KubernetesReaderConfig = {}): TopologyReader {
  return { name: 'kubernetes', read: (request) => read(request, config.namespace || null) };
}

async function* read(request: ReadRequest, namespace: string | null): AsyncGenerator<Observation> {
  const { files, scope, signal, tree } = request;
  throwIfAborted(signal);
  const draft = createDraft();
  const declared = createDeclared();
  const charts = new Set(files.filter(({ path }) => /(?:^|\/)Chart\.ya?ml$/.test(path)).map(({ path }) => path.replace(/[^/]*$/, '')));
  const templates = files.filter(({ path }) => [...charts].some((chart) => path.startsWith(`${chart}templates/`)));
  const left = new Set(templates.map(({ path }) => path));
  const kustomized = await listKustomized(request, draft);
  for (const path of kustomized) left.add(path);

  let found = 0;
  let newest: Micros = 0;
  for (const file of files) {
    if (left.has(file.path) || !/\.(?:ya?ml|json)$/i.test(file.path)) continue;
    throwIfAborted(signal);
    const count = await readFile(request, file, namespace, declared, draft);
    if (count > 0 && file.modifiedAt > newest) newest = file.modifiedAt;
    found += count;
  }
  if (found === 0) return;
  for (const chart of charts) {
    const file = templates.find(({ path }) => path.startsWith(`${chart}templates/`))?.path;
    if (file === undefined) continue;
    const text = `${file} and what else is in ${chart}templates are templates of a Helm chart, not manifests; the output of helm template can be read.`;
    draft.problem({ file, text, hides: false });
  }
  drawEdges(declared, draft);
  yield draft.finish({ source: 'kubernetes', scope, observedAt: tree.changedAt?.() ?? newest });
}

/** How many objects, or traces of objects that cannot be read, a file holds. */
async function readFile(request: ReadRequest, file: TreeFile, namespace: string | null, declared: Declared, draft: Draft): Promise<number> {
  const { tree, signal } = request;
  try {
    if (/\.json$/i.test(file.path)) return await readJsonFile(request, file.path, namespace, declared, draft);
    let count = 0;
    for await (const piece of cutYaml(tree.stream(file.path, signal))) {
      throwIfAborted(signal);
      count += readPiece(piece, file.path, namespace, declared, draft);
    }
    return count;
  } catch (error) {
    throwIfAborted(signal);
    const reason = error instanceof Error ? error.message : String(error);
    draft.problem({ file: file.path, text: `${file.path} cannot be read: ${reason}`, hides: true });
    return 1;
  }
}

function readPiece(piece: YamlPiece, file: string, namespace: string | null, declared: Declared, draft: Draft): number {
  if (piece.isTooLong) {
    draft.problem({ file, text: `${file} has a document in line ${piece.firstLine} that is too long to be read.`, hides: true });
    return 1;
  }
  // Other YAML, which need not be valid for us, ends here.
  if (!/^\s{0,8}(?:\{\s*)?["']?apiVersion["']?\s*:/m.test(piece.text) || !/\bkind["']?\s*:/.test(piece.text)) return 0;
  const parsed = parseLocatedYaml(piece.text, piece.firstLine);
  if (typeof parsed === 'string') {
    const why = piece.text.includes('{{') ? `${parsed}; it seems to be a template, of which the rendered output can be read` : parsed;
    draft.problem({ file, text: `${file} ${why}.`, hides: true });
    return 1;
  }
  return readTop(parsed.value, file, namespace, parsed.lineOf, declared);
}

type LineOf = (part: object, key?: string | number) => number | undefined;

/** Reads an object, or those of a list; elements of a typed list name neither version nor kind. */
function readTop(value: unknown, file: string, namespace: string | null, lineOf: LineOf, declared: Declared): number {
  const kind = textOf(value, 'kind');
  const apiVersion = textOf(value, 'apiVersion');
  if (kind === undefined || apiVersion === undefined) return 0;
  const items = kind.endsWith('List') ? fieldOf(value, 'items') : undefined;
  if (!Array.isArray(items)) {
    readObject(value, file, namespace, lineOf, declared);
    return 1;
  }
  for (const item of items) readObject(withKind(item, apiVersion, kind), file, namespace, lineOf, declared);
  return items.length + 1;
}

function withKind(item: unknown, apiVersion: string | undefined, kind: string | undefined): unknown {
  const own = kind?.slice(0, -'List'.length);
  if (typeof item !== 'object' || item === null || textOf(item, 'kind') !== undefined || !own) return item;
  return { ...item, kind: own, apiVersion };
}

/** Reads JSON element by element; lists that print their kind after their elements, as some tools do, name it in each element. */
async function readJsonFile(
  { tree, signal }: ReadRequest,
  file: string,
  namespace: string | null,
  declared: Declared,
  draft: Draft,
): Promise<number> {
  const top: Record<string, unknown> = {};
  const values: Record<string, unknown> = {};
  let count = 0;
  const take = (name: string) => ({ take: name });
  const shape = {
    enter: {
      ...{ apiVersion: take('apiVersion'), kind: take('kind'), metadata: take('metadata'), spec: take('spec'), status: take('status') },
      data: { enter: { '*': take('value') } },
      items: { enter: { '[]': take('item') } },
    },
  };
  const lineOf = (): undefined => undefined;
  const damage = await readJson(tree.stream(file, signal), shape, (name, value, key) => {
    if (name === 'value') values[key] = value;
    else if (name !== 'item') top[name] = value;
    else count += readTop(withKind(value, textOf(top, 'apiVersion'), textOf(top, 'kind')), file, namespace, lineOf, declared);
  });
  const isObject = textOf(top, 'apiVersion') !== undefined && textOf(top, 'kind') !== undefined;
  if (damage !== undefined) {
    if (count === 0 && !isObject) return 0;
    draft.problem({ file, text: `${file} ${damage}.`, hides: true });
    return count + 1;
  }
  return isObject ? count + readTop({ ...top, data: values }, file, namespace, lineOf, declared) : count;
}
