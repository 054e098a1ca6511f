import { formatTime, MINUTE, parseTime } from '../src/core/time.ts';
import { activeWindow, listActiveCalls } from '../src/graph/active-calls.ts';
import { listBlastRadius } from '../src/graph/blast-radius.ts';
import { openEdgeView } from '../src/graph/edge-view.ts';
import { listNeighbours } from '../src/graph/neighbours.ts';
import { lockGraph, refreshGraph } from '../src/graph/refresh-graph.ts';
import type { Db } from '../src/store/db.ts';
import { migrate } from '../src/store/migrate.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { startServer } from './server.ts';

const SERVICES = 2_000;
const EDGES = 10_000;
const ROUNDS = 5;
const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const tenantId = 'shop';

/** How long a refresh of 10 000 edges takes in the embedded database, and questions over them there and on a server. */
export async function benchGraph(): Promise<string[]> {
  await using embedded = await openDatabase('pglite:memory');
  await writeCalls(embedded);
  const first = await timed(() => refresh(embedded, 0));
  const all: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) all.push(await timed(() => refresh(embedded, round)));
  const same: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) same.push(await timed(() => refresh(embedded, ROUNDS)));
  await using server = await startServer();
  await using postgres = await openDatabase(server.url);
  await writeCalls(postgres);
  return [
    `graph refresh, embedded, ${EDGES} edges of ${SERVICES} services: all changed ${middle(all)} ms, none changed ${middle(same)} ms (bar < 500), the first with the graph's tables ${first} ms`,
    `graph questions over the same, from ${SERVICES} services at random: embedded ${await ask(embedded)}; server ${await ask(postgres)}`,
  ];
}

/** Two buckets of calls between services at random, the same in every database. */
async function writeCalls(db: Db): Promise<void> {
  await migrate(db);
  await db.query(
    `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen)
     select $1, i, 'urn:k8s:svc:shop/service-' || i, 'service', 'service-' || i, now(), now() from generate_series(1, $2::int) i`,
    [tenantId, SERVICES],
  );
  let state = 7;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return 1 + (state % SERVICES);
  };
  const pairs = new Map<string, [number, number]>();
  while (pairs.size < EDGES) {
    const [src, dst] = [next(), next()];
    if (src !== dst) pairs.set(`${src} ${dst}`, [src, dst]);
  }
  await db.transaction((tx) =>
    tx.copy(
      'service_call_5m',
      ['tenant_id', 'bucket', 'src_resource_id', 'dst_resource_id', 'protocol', 'calls', 'errors', 'rps', 'err_rate', 'p50_ms', 'p95_ms'],
      [5, 10].flatMap((minutes) =>
        [...pairs.values()].map(([src, dst]) => [
          ...[tenantId, formatTime(NOON - minutes * MINUTE), BigInt(src), BigInt(dst), 'http', 300n, 3n, 1, 0.01, 5, 20],
        ]),
      ),
    ),
  );
  await db.query('analyze');
}

async function refresh(db: Db, round: number): Promise<void> {
  const listed = await listActiveCalls(db, tenantId, activeWindow(NOON));
  const calls = listed.map((edge) => ({ ...edge, rps: edge.rps + round }));
  const counts = await db.transaction(async (tx) => {
    await lockGraph(tx, tenantId);
    return refreshGraph(tx, { tenantId, calls, structAt: null });
  });
  if (counts.calls !== EDGES) throw new Error(`The graph has ${counts.calls} edges.`);
}

async function ask(db: Db): Promise<string> {
  const view = await openEdgeView(db, tenantId, { asOf: NOON, now: NOON, span: 10 * MINUTE });
  const near: number[] = [];
  const blast: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const resource = { id: BigInt(round), urn: `urn:k8s:svc:shop/service-${round}`, kind: 'service', name: `service-${round}` };
    near.push(await timed(() => listNeighbours(db, view, { resource, direction: 'both', hops: 3, edges: 'calls', limit: 1000 })));
    blast.push(await timed(() => listBlastRadius(db, view, { resource, hops: 6, limit: 1000 })));
  }
  return `3-hop neighbours both ways ${middle(near)} ms, blast radius over 6 hops ${middle(blast)} ms`;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return Math.round(performance.now() - started);
}

function middle(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;
}
