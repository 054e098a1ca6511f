import { describe, expect, it } from 'vitest';
import type { Observation } from '../../src/core/observation.ts';
import type { TopologyReader } from '../../src/topology/reader.ts';
import { createMemoryTree, type FileContent } from '../support/memory-tree.ts';

/** Content by path. */
export type Files = Readonly<Record<string, FileContent>>;

/** What a look at one scope must give; edges as `src RELATION dst` in any order. */
export interface ExpectedObservation {
  readonly scope: string;
  readonly edges: readonly string[];
}

/** Documents of a reader, by what is the matter with them. */
export interface TopologyReaderCases {
  create(): TopologyReader;
  /** Sound documents, and everything that they declare. */
  readonly complete: { readonly files: Files; readonly observations: readonly ExpectedObservation[] };
  /** `broken` cannot be understood; the others give exactly `edges`, in complete observations unless `sameScope`. */
  readonly partial: { readonly files: Files; readonly broken: string; readonly edges: readonly string[]; readonly sameScope?: boolean };
  /** Sound documents that declare nothing, and how many scopes they are. */
  readonly empty: { readonly files: Files; readonly scopes: number };
  /** By what is wrong: a tree in which `file` cannot be understood, and a word of the reason. */
  readonly corrupt: Readonly<Record<string, { readonly files: Files; readonly file: string; readonly reason?: RegExp }>>;
  readonly unsupported?: Readonly<Record<string, { readonly files: Files; readonly file: string; readonly reason?: RegExp }>>;
  /** Much at once: at least so many edges, within a time and a growth of resident memory that leave room for slow machines. */
  readonly huge: { readonly files: Files; readonly edges: number; readonly seconds: number; readonly rssMb: number };
  /** Sound documents with secrets, none of which may appear anywhere; `edges` prove that they were read. */
  readonly secrets: { readonly files: Files; readonly values: readonly string[]; readonly edges: readonly string[] };
}

/** Edges of observations as sorted `src RELATION dst`. */
export function listEdges(observations: readonly Observation[]): string[] {
  return observations.flatMap(({ edges }) => edges.map(({ src, relation, dst }) => `${src} ${relation} ${dst}`)).sort();
}

/** Everything that a reader says about files; `unreadable` ones are listed and reject when read. */
export async function readAll(reader: TopologyReader, files: Files, unreadable: readonly string[] = []): Promise<Observation[]> {
  const tree = createMemoryTree(files, unreadable);
  const { signal } = new AbortController();
  const request = { tree, files: await tree.files(signal), scope: 'the-scope', signal };
  return collect(reader.read(request));
}

async function collect(observations: AsyncIterable<Observation>): Promise<Observation[]> {
  const collected: Observation[] = [];
  for await (const observation of observations) collected.push(observation);
  return collected;
}

/** The checks that every topology reader passes: see `TopologyReader` for what is promised. */
export function topologyReaderContract(name: string, cases: TopologyReaderCases): void {
  const read = (files: Files, unreadable: readonly string[] = []): Promise<Observation[]> => readAll(cases.create(), files, unreadable);

  describe(`topology reader ${name}`, () => {
    it('gives all that sound documents declare', async () => {
      const observations = await read(cases.complete.files);
      expectSound(observations);
      const found = observations.map(({ scope, edges, ...rest }) => ({ scope, edges: listEdges([{ scope, edges, ...rest }]) }));
      const byScope = (a: { scope: string }, b: { scope: string }): number => (a.scope < b.scope ? -1 : 1);
      expect(found.sort(byScope)).toEqual(
        cases.complete.observations.map(({ scope, edges }) => ({ scope, edges: [...edges].sort() })).sort(byScope),
      );
      expect(observations.every(({ complete }) => complete)).toBe(true);
    });

    it('says the same each time, in the same order', async () => {
      const reader = cases.create();
      expect(await readAll(reader, cases.complete.files)).toEqual(await readAll(reader, cases.complete.files));
    });

    it('reads what it can beside a broken document', async () => {
      const { files, broken, edges, sameScope } = cases.partial;
      const observations = await read(files);
      expectSound(observations);
      expectHidden(observations, broken);
      expect(listEdges(observations)).toEqual([...edges].sort());
      if (!sameScope) expect(observations.some(({ complete }) => complete)).toBe(true);
    });

    it('reads what it can beside a document that cannot be read', async () => {
      const [path = ''] = Object.keys(cases.complete.files);
      const observations = await read(cases.complete.files, [path]);
      expectSound(observations);
      expectHidden(observations, path);
    });

    it('takes documents without content for complete', async () => {
      const observations = await read(cases.empty.files);
      expectSound(observations);
      expect(observations.map(({ complete, edges }) => ({ complete, edges: edges.length }))).toEqual(
        Array.from({ length: cases.empty.scopes }, () => ({ complete: true, edges: 0 })),
      );
    });

    const broken = Object.entries({ ...cases.corrupt, ...cases.unsupported });
    it.each(broken)('refuses with file and reason: %s', async (_, { files, file, reason }) => {
      const observations = await read(files);
      expectSound(observations);
      expectHidden(observations, file, reason);
    });

    it('reads much at once in little time and memory', async () => {
      const before = process.memoryUsage.rss();
      const started = performance.now();
      const observations = await read(cases.huge.files);
      const seconds = (performance.now() - started) / 1000;
      const growthMb = (process.memoryUsage.rss() - before) / 2 ** 20;
      expect(observations.reduce((total, { edges }) => total + edges.length, 0)).toBeGreaterThanOrEqual(cases.huge.edges);
      expect(seconds).toBeLessThan(cases.huge.seconds);
      expect(growthMb).toBeLessThan(cases.huge.rssMb);
    });

    it('lets no secret out', async () => {
      const observations = await read(cases.secrets.files);
      expectSound(observations);
      expect(listEdges(observations)).toEqual([...cases.secrets.edges].sort());
      const text = JSON.stringify(observations, (_, value) => (typeof value === 'bigint' ? String(value) : value));
      const whole = Object.values(cases.secrets.files).join('\n');
      for (const secret of cases.secrets.values) {
        expect(whole, 'the case itself').toContain(secret);
        expect(text).not.toContain(secret);
      }
    });

    it('stops when it is told to', async () => {
      const tree = createMemoryTree(cases.complete.files);
      const controller = new AbortController();
      const files = await tree.files(controller.signal);
      controller.abort();
      const reading = collect(cases.create().read({ tree, files, scope: 'the-scope', signal: controller.signal }));
      await expect(reading).rejects.toMatchObject({ code: 'OB_CANCELED' });
    });
  });
}

/** What holds of every observation, whatever the documents. */
function expectSound(observations: readonly Observation[]): void {
  const scopes = observations.map(({ source, scope }) => `${source} ${scope}`);
  expect(new Set(scopes).size, 'a scope comes once').toBe(scopes.length);
  for (const { complete, problems, resources, edges } of observations) {
    expect(complete).toBe(!problems.some(({ hides }) => hides));
    const urns = new Set(resources.map(({ urn }) => urn));
    expect(urns.size, 'a resource comes once').toBe(resources.length);
    const keys = edges.map(({ src, dst, relation }) => `${src} ${relation} ${dst}`);
    expect(new Set(keys).size, 'an edge comes once').toBe(keys.length);
    for (const { src, dst, evidence } of edges) {
      expect(urns).toContain(src);
      expect(urns).toContain(dst);
      expect(src).not.toBe(dst);
      expect(evidence.rule).not.toBe('');
    }
    for (const { aliases = [] } of resources) {
      for (const { alias } of aliases) expect(alias).toBe(alias.toLowerCase().trim());
    }
  }
}

/** A problem that hides names the file, in an observation that is therefore not complete. */
function expectHidden(observations: readonly Observation[], file: string, reason = /./): void {
  const problems = observations.flatMap((observation) => observation.problems.filter(({ hides }) => hides));
  const hidden = problems.filter((problem) => problem.file === file);
  expect(hidden.length, `a problem with ${file}`).toBeGreaterThan(0);
  expect(hidden.map(({ text }) => text).join('\n')).toMatch(reason);
  for (const { text } of hidden) expect(text).toContain(file.slice(file.lastIndexOf('/') + 1));
}
