import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MINUTE } from '../../src/core/time.ts';
import { listBlastRadius } from '../../src/graph/blast-radius.ts';
import { type EdgeKind, openEdgeView } from '../../src/graph/edge-view.ts';
import { listMovedEdges } from '../../src/graph/moved-edges.ts';
import { type Direction, listNeighbours } from '../../src/graph/neighbours.ts';
import { listPaths } from '../../src/graph/paths.ts';
import { createCallReader } from '../../src/jobs/call-reader.ts';
import type { Db } from '../../src/store/db.ts';
import { describeDatabases } from '../support/databases.ts';
import { activeCalls, type CallRow, callRows, type DeclaredRow, declaredRows, NOON, resourceOf, SIZE, urnOf, writeWorld } from './world.ts';

const T = 'shop';
const viewOf = (db: Db) => openEdgeView(db, T, { asOf: NOON, now: NOON, span: 10 * MINUTE });

interface Edge {
  readonly src: number;
  readonly dst: number;
  readonly relation: string;
  readonly rps: number | null;
}

function edgesOf(calls: readonly CallRow[], declared: readonly DeclaredRow[], kind: EdgeKind): Edge[] {
  const made = [...activeCalls(calls).values()].map(({ src, dst, calls: count }) => ({ src, dst, relation: 'CALLS', rps: count / 600 }));
  const all = [...(kind === 'declared' ? [] : made), ...(kind === 'calls' ? [] : declared.map((edge) => ({ ...edge, rps: null })))];
  return all.filter(({ src, dst }) => src !== dst);
}

/** Steps along the edges in a direction. */
function stepsOf(edges: readonly Edge[], direction: Direction): [number, number][] {
  const out = edges.map(({ src, dst }): [number, number] => [src, dst]);
  const back = out.map(([a, b]): [number, number] => [b, a]);
  return direction === 'out' ? out : direction === 'in' ? back : [...out, ...back];
}

function distances(start: number, steps: readonly [number, number][], hops: number): Map<number, number> {
  const found = new Map([[start, 0]]);
  for (let hop = 1; hop <= hops; hop++)
    for (const [near, far] of steps) if (found.get(near) === hop - 1 && !found.has(far)) found.set(far, hop);
  return found;
}

function walk(edges: readonly Edge[], path: readonly number[], to: number, hops: number): (readonly number[])[] {
  const last = path.at(-1);
  if (last === to) return path.length > 1 ? [path] : [];
  if (path.length > hops) return [];
  const next = new Set(edges.filter(({ src, dst }) => src === last && !path.includes(dst)).map(({ dst }) => dst));
  return [...next].flatMap((dst) => walk(edges, [...path, dst], to, hops));
}

function blast(edges: readonly Edge[], resource: number, hops: number): Map<number, number> {
  const rps = (edge: Edge): number => edge.rps ?? 0;
  const leaving = (id: number): number => edges.filter(({ src }) => src === id).reduce((sum, edge) => sum + rps(edge), 0);
  let share = new Map([[resource, 1]]);
  for (let hop = 0; hop < hops; hop++) {
    const next = new Map([[resource, 1]]);
    for (const edge of edges) {
      if (edge.src === resource) continue;
      const part = (rps(edge) / leaving(edge.src)) * (share.get(edge.dst) ?? 0);
      if (part > 0) next.set(edge.src, (next.get(edge.src) ?? 0) + part);
    }
    share = next;
  }
  share.delete(resource);
  return share;
}

const worlds = {
  calls: callRows,
  declared: declaredRows,
  kind: fc.constantFrom<EdgeKind[]>('calls', 'declared', 'all', 'all'),
  hops: fc.integer({ min: 1, max: 5 }),
  direction: fc.constantFrom<Direction[]>('in', 'out', 'both'),
  ends: fc.uniqueArray(fc.integer({ min: 1, max: SIZE }), { minLength: 2, maxLength: 2 }),
};

describeDatabases('questions to the graph', ['pglite', 'postgres 15'], (make, name) => {
  it(`neighbours, paths and blast radius are those of a model in memory`, { timeout: 120_000 }, async () => {
    const { db } = await make();
    await fc.assert(
      fc.asyncProperty(fc.record(worlds), async ({ calls, declared, kind, hops, direction, ends: [from = 1, to = 2] }) => {
        await writeWorld(db, T, calls, declared);
        const view = await viewOf(db);
        const edges = edgesOf(calls, declared, kind);

        const near = await listNeighbours(db, view, { resource: resourceOf(from), direction, hops, edges: kind, limit: 1000 });
        const expected = distances(from, stepsOf(edges, direction), hops);
        expect(new Map(near.resources.map((each) => [each.urn, each.hops]))).toEqual(
          new Map([...expected].filter(([, hop]) => hop > 0).map(([id, hop]) => [urnOf(id), hop])),
        );
        const onTheWay = edges.filter(({ src, dst }) =>
          [...(direction === 'in' ? [] : [src]), ...(direction === 'out' ? [] : [dst])].some((id) => (expected.get(id) ?? hops) < hops),
        );
        expect(near.edges.map((edge) => `${edge.src_urn} ${edge.relation} ${edge.dst_urn}`).sort()).toEqual(
          onTheWay.map((edge) => `${urnOf(edge.src)} ${edge.relation} ${urnOf(edge.dst)}`).sort(),
        );
        const few = await listNeighbours(db, view, { resource: resourceOf(from), direction, hops, edges: kind, limit: 1 });
        expect(few).toEqual({ resources: near.resources.slice(0, 1), edges: near.edges.slice(0, 1), truncated: near.edges.length > 1 });

        const { paths, truncated } = await listPaths(db, view, {
          ...{ from: resourceOf(from), to: resourceOf(to), hops: hops + 2, edges: kind, limit: 1000 },
        });
        const ways = walk(edges, [from], to, hops + 2).map((path) => path.map(urnOf).join(' '));
        expect(paths.map(({ urns }) => urns.join(' ')).sort()).toEqual(ways.sort());
        expect(paths.map((path) => path.hops)).toEqual(paths.map(({ urns }) => urns.length - 1).sort());
        expect(truncated).toBe(false);

        const called = edgesOf(calls, declared, 'calls');
        const { callers } = await listBlastRadius(db, view, { resource: resourceOf(to), hops, limit: 1000 });
        const shares = blast(called, to, hops);
        expect(callers.map(({ urn }) => urn).sort()).toEqual([...shares.keys()].map(urnOf).sort());
        for (const [id, share] of shares) {
          const caller = callers.find(({ urn }) => urn === urnOf(id));
          const leaving = called.filter(({ src }) => src === id).reduce((sum, { rps }) => sum + (rps ?? 0), 0);
          expect(caller?.affected_share).toBeCloseTo(share, 9);
          expect(caller?.affected_rps).toBeCloseTo(share * leaving, 9);
          expect(caller?.hops).toBe(distances(to, stepsOf(called, 'in'), hops).get(id));
        }
      }),
      { numRuns: name === 'pglite' ? 30 : 100 },
    );
  });
});

describeDatabases('answers of the graph', ['pglite'], (make) => {
  const call = (src: number, dst: number, calls: number, rest: Partial<CallRow> = {}): CallRow => ({
    ...{ minutes: 5, src, dst, calls, errors: 0, p95: 10 },
    ...rest,
  });

  it('weigh a caller by the share of its calls that go through the resource', async () => {
    const { db } = await make();
    await writeWorld(db, T, [call(1, 2, 300), call(1, 3, 100), call(2, 4, 100), call(2, 5, 100), call(3, 4, 60)]);
    const { callers, truncated } = await listBlastRadius(db, await viewOf(db), { resource: resourceOf(4), hops: 5, limit: 2 });
    // Of 400 calls of s1, 300 go to s2, half of whose calls go to s4, and 100 to s3, all of whose calls do.
    expect(callers).toEqual([
      { urn: 'urn:svc:s1', kind: 'service', name: 's1', hops: 2, affected_share: 0.625, affected_rps: expect.closeTo(250 / 600, 12) },
      { urn: 'urn:svc:s2', kind: 'service', name: 's2', hops: 1, affected_share: 0.5, affected_rps: expect.closeTo(100 / 600, 12) },
    ]);
    expect(truncated).toBe(true);
  });

  it('do not carry a failure through a topic', async () => {
    const { db } = await make();
    await writeWorld(db, T, [call(1, 2, 300), call(2, 3, 300)]);
    await db.query(`update dim_resource set kind = 'topic' where resource_id = 2`);
    const { callers } = await listBlastRadius(db, await viewOf(db), { resource: resourceOf(3), hops: 5, limit: 10 });
    expect(callers).toEqual([]);
  });

  it('are as of a time, by default that of the newest calls', async () => {
    const { db } = await make();
    await writeWorld(db, T, [call(1, 2, 300, { minutes: 30 }), call(1, 3, 300)]);
    const ask = async (asOf: number | undefined) => {
      const view = await openEdgeView(db, T, { asOf, now: NOON + 1e12, span: 10 * MINUTE });
      const query = { resource: resourceOf(1), direction: 'out', hops: 1, edges: 'calls', limit: 10 } as const;
      return [view.callsTo, ...(await listNeighbours(db, view, query)).resources.map(({ urn }) => urn)];
    };
    expect(await ask(undefined)).toEqual(['2023-01-30T12:00:00Z', 'urn:svc:s3']);
    expect(await ask(NOON - 20 * MINUTE)).toEqual(['2023-01-30T11:40:00Z', 'urn:svc:s2']);
    expect(await ask(NOON - 10 * MINUTE)).toEqual(['2023-01-30T11:50:00Z']);
  });

  it('stay bounded where the number of paths explodes', async () => {
    const { db } = await make();
    const size = 40;
    const pairs = Array.from({ length: size * size }, (_, index) => call(1 + Math.floor(index / size), 1 + (index % size), 10));
    await writeWorld(db, T, pairs, [], size);
    const query = { from: resourceOf(1), to: resourceOf(2), hops: 10, edges: 'calls', limit: 50 } as const;
    const { paths, truncated } = await listPaths(db, await viewOf(db), query);
    expect(truncated).toBe(true);
    expect(paths.length).toBe(50);
    expect(paths[0]).toEqual({ hops: 1, urns: ['urn:svc:s1', 'urn:svc:s2'], least_rps: 10 / 600 });
  });

  it('name edges that moved, with enough calls and in both directions', async () => {
    const { db } = await make();
    const was = { minutes: 15 };
    await writeWorld(db, T, [
      ...[call(1, 2, 1000, { ...was, errors: 10 }), call(1, 2, 1000, { errors: 60 })],
      ...[call(1, 3, 1000, { ...was, errors: 10 }), call(1, 3, 1000, { errors: 14 })],
      ...[call(1, 4, 1000, { ...was, p95: 100 }), call(1, 4, 900, { p95: 60 })],
      ...[call(1, 5, 1000, { ...was, p95: 2 }), call(1, 5, 1000, { p95: 6 })],
      ...[call(1, 6, 19, was), call(1, 6, 1000, { errors: 900 })],
      call(1, 7, 1000, { errors: 900 }),
    ]);
    const window = { from: NOON - 10 * MINUTE, to: NOON };
    const query = { window, baseline: 'before', minCalls: 20, limit: 10 } as const;
    const { edges } = await listMovedEdges(db, T, query, createCallReader(db, T));
    expect(edges).toEqual([
      {
        ...{ src_urn: 'urn:svc:s1', dst_urn: 'urn:svc:s2', calls: 1000n, baseline_calls: 1000n, err_rate: 0.06, baseline_err_rate: 0.01 },
        ...{ p95_ms: 10, baseline_p95_ms: 10, moved: ['err_rate up'] },
      },
      expect.objectContaining({ dst_urn: 'urn:svc:s4', p95_ms: 60, baseline_p95_ms: 100, moved: ['p95_ms down'] }),
    ]);
    expect(await listMovedEdges(db, T, { ...query, baseline: 'yesterday' }, createCallReader(db, T))).toEqual({
      edges: [],
      truncated: false,
    });
  });
});
