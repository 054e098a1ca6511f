import { ObserveBridgeError, throwIfAborted } from '../core/error.ts';
import type { DeclaredEdge, DeclaredResource, Observation, Problem } from '../core/observation.ts';
import type { Micros } from '../core/time.ts';
import { type JsonShape, type JsonVisit, readJson } from './json-parts.ts';
import type { ReadRequest, TopologyReader, TreeFile } from './reader.ts';

/** What the beginning of a JSON document tells of it, as far as it has been visited. */
export interface DocumentHead {
  readonly visit: JsonVisit;
  /** Whether it certainly is of this form. */
  isKnown(): boolean;
  /** Whether more of the document would tell no more. */
  isDecided(): boolean;
  /** The scope that the document names. */
  scope(): string | null;
  /** Grows with every newer document of the same scope. */
  age(): number;
}

/** What a whole document says; `damage` is the end of the sentence that begins with its file, and then there is nothing else. */
export type DocumentContent =
  | { readonly damage: string }
  | {
      readonly observedAt: Micros | null;
      readonly lineage: string | null;
      readonly serial: bigint | null;
      readonly resources: readonly DeclaredResource[];
      readonly edges: readonly DeclaredEdge[];
      /** Sentences about what is merely absent. */
      readonly remarks: readonly string[];
    };

/** A kind of JSON document that holds the topology of one scope. */
export interface DocumentForm {
  readonly name: string;
  /** Whether a file of this name is certainly, possibly or never of this form. */
  judge(path: string): 'certain' | 'possible' | 'no';
  readonly headShape: JsonShape;
  createHead(): DocumentHead;
  /** Undefined when the document turns out to be of another form. */
  read(document: {
    readonly path: string;
    readonly scope: string;
    readonly pieces: AsyncIterable<Uint8Array>;
  }): Promise<DocumentContent | undefined>;
}

/** A file that tells nothing of its form in so many bytes is of another one. */
const HEAD_BYTES = 2 ** 20;

interface Candidate {
  readonly file: TreeFile;
  readonly scope: string;
  readonly age: number;
  readonly problem?: Problem;
}

/**
 * A reader of documents of one form. Each scope is read from its newest document; the others of the scope are named in the problems of the
 * observation. A document that names no scope is one by itself: `<scope of the request>/<path>`.
 */
export function createDocumentReader(form: DocumentForm): TopologyReader {
  return {
    name: form.name,
    async *read(request) {
      const candidates: Candidate[] = [];
      for (const file of request.files) {
        throwIfAborted(request.signal);
        const judgement = form.judge(file.path);
        const candidate = judgement === 'no' ? undefined : await look(form, file, judgement === 'certain', request);
        if (candidate) candidates.push(candidate);
      }
      for (const [scope, ofScope] of [...Map.groupBy(candidates, (candidate) => candidate.scope)].sort(byKey)) {
        const observation = await observe(form, scope, ofScope, request);
        if (observation) yield observation;
      }
    },
  };
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** Reads as much of a file as is needed to know its scope; undefined when it is of another form. */
async function look(form: DocumentForm, file: TreeFile, isCertain: boolean, request: ReadRequest): Promise<Candidate | undefined> {
  const head = form.createHead();
  const ownScope = request.scope === '' ? file.path : `${request.scope}/${file.path}`;
  const pieces = async function* (): AsyncIterable<Uint8Array> {
    let bytes = 0;
    for await (const piece of request.tree.stream(file.path, request.signal)) {
      yield piece;
      bytes += piece.length;
      if (head.isDecided() || (bytes > HEAD_BYTES && !isCertain && !head.isKnown())) return;
    }
  };
  try {
    const damage = await readJson(pieces(), form.headShape, head.visit);
    const isOurs = isCertain || head.isKnown();
    if (!isOurs) return undefined;
    const candidate = { file, scope: head.scope() ?? ownScope, age: head.age() };
    return damage === undefined || head.isDecided() ? candidate : { ...candidate, problem: hidden(file, damage) };
  } catch (error) {
    return { file, scope: head.scope() ?? ownScope, age: head.age(), problem: hidden(file, unreadable(error)) };
  }
}

async function observe(
  form: DocumentForm,
  scope: string,
  candidates: readonly Candidate[],
  request: ReadRequest,
): Promise<Observation | undefined> {
  const problems = candidates.flatMap(({ problem }) => problem ?? []);
  const sound = candidates.filter(({ problem }) => !problem).sort((a, b) => b.age - a.age || (a.file.path < b.file.path ? -1 : 1));
  const [newest, ...older] = sound;
  const file = newest?.file ?? candidates[0]?.file;
  let content: DocumentContent | undefined;
  if (newest) {
    const { path } = newest.file;
    try {
      content = await form.read({ path, scope, pieces: request.tree.stream(path, request.signal) });
    } catch (error) {
      content = { damage: unreadable(error) };
    }
    if (content && 'damage' in content) problems.push(hidden(newest.file, content.damage));
    else if (content) problems.push(...content.remarks.map((text) => ({ file: path, text, hides: false })));
    for (const other of older) {
      const text = `The file ${other.file.path} is not read, because ${path} is of the same scope and at least as new.`;
      problems.push({ file: other.file.path, text, hides: false });
    }
  }
  if (!file || (content === undefined && problems.every(({ hides }) => !hides))) return undefined;
  const told = content && !('damage' in content) ? content : undefined;
  return {
    ...{ source: form.name, scope, complete: !problems.some(({ hides }) => hides), problems },
    observedAt: told?.observedAt ?? file.modifiedAt,
    lineage: told?.lineage ?? null,
    serial: told?.serial ?? null,
    resources: told?.resources ?? [],
    edges: told?.edges ?? [],
  };
}

function hidden({ path }: TreeFile, damage: string): Problem {
  return { file: path, text: `The file ${path} ${damage}.`, hides: true };
}

/** Only what the tree says of a file is the file's problem. */
function unreadable(error: unknown): string {
  if (error instanceof ObserveBridgeError && error.code === 'OB_TOPOLOGY_UNREADABLE') return 'cannot be read';
  throw error;
}
