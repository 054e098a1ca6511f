import fc from 'fast-check';
import { formatTime, MINUTE, parseTime } from '../../src/core/time.ts';
import type { FoundResource } from '../../src/graph/find-resource.ts';
import type { Db } from '../../src/store/db.ts';

/** 2023-01-30, noon. */
export const NOON = parseTime('2023-01-30T12:00:00Z') ?? 0;

/** Calls in the five minutes that begin so many minutes before noon. */
export interface CallRow {
  readonly minutes: number;
  readonly src: number;
  readonly dst: number;
  readonly calls: number;
  readonly errors: number;
  readonly p95: number | null;
  readonly protocol?: string;
}

export interface DeclaredRow {
  readonly src: number;
  readonly dst: number;
  readonly relation: string;
}

export const SIZE = 6;

/** Small graphs with circles, edges from a resource to itself and several protocols of one pair. */
export const callRows: fc.Arbitrary<CallRow[]> = fc.uniqueArray(
  fc.record({
    minutes: fc.constantFrom(5, 10, 15),
    src: fc.integer({ min: 1, max: SIZE }),
    dst: fc.integer({ min: 1, max: SIZE }),
    calls: fc.integer({ min: 1, max: 500 }),
    errors: fc.integer({ min: 0, max: 1 }),
    p95: fc.option(fc.integer({ min: 1, max: 100 })),
    protocol: fc.constantFrom('http', 'grpc'),
  }),
  { maxLength: 32, size: 'max', selector: (row) => `${row.minutes} ${row.src} ${row.dst} ${row.protocol}` },
);

export const declaredRows: fc.Arbitrary<DeclaredRow[]> = fc.uniqueArray(
  fc.record({
    src: fc.integer({ min: 1, max: SIZE }),
    dst: fc.integer({ min: 1, max: SIZE }),
    relation: fc.constantFrom('DEPENDS_ON', 'CONTAINS'),
  }),
  { maxLength: 8, selector: (row) => JSON.stringify(row) },
);

/** The URN of a resource of the world. */
export const urnOf = (number: number): string => `urn:svc:s${number}`;

/** The key of a resource: the same number in every tenant, because keys belong to tenants. */
export function resourceOf(number: number): FoundResource {
  return { id: BigInt(number), urn: urnOf(number), kind: 'service', name: `s${number}` };
}

/** Gives the tenant `size` services, and exactly these calls and declared edges. */
export async function writeWorld(
  db: Db,
  tenantId: string,
  calls: readonly CallRow[],
  declared: readonly DeclaredRow[] = [],
  size = SIZE,
): Promise<void> {
  await db.transaction(async (tx) => {
    for (const table of ['service_call_5m', 'topo_edge_time', 'dim_resource'])
      await tx.query(`delete from ${table} where tenant_id = $1`, [tenantId]);
    await tx.query(
      `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen)
       select $1, i, 'urn:svc:s' || i, 'service', 's' || i, '2023-01-01', '2023-02-01' from generate_series(1, $2::int) i`,
      [tenantId, size],
    );
    await tx.copy(
      'service_call_5m',
      ['tenant_id', 'bucket', 'src_resource_id', 'dst_resource_id', 'protocol', 'calls', 'errors', 'rps', 'err_rate', 'p50_ms', 'p95_ms'],
      calls.map(({ minutes, src, dst, calls: count, errors, p95, protocol = 'http' }) => [
        ...[tenantId, formatTime(NOON - minutes * MINUTE), BigInt(src), BigInt(dst), protocol, BigInt(count), BigInt(errors)],
        ...[count / 300, errors / count, p95, p95],
      ]),
    );
    await tx.copy(
      'topo_edge_time',
      ['tenant_id', 'src_resource_id', 'dst_resource_id', 'relation', 'source', 'scope', 'valid', 'recorded_at'],
      declared.map(({ src, dst, relation }) => [
        ...[tenantId, BigInt(src), BigInt(dst), relation, 'terraform', 'main', '[2023-01-30 11:00+00,)', '2023-01-30T11:00:00Z'],
      ]),
    );
  });
}

/** Calls of the ten minutes before noon per pair, all protocols and buckets together. */
export function activeCalls(rows: readonly CallRow[]): Map<string, { src: number; dst: number; calls: number; errors: number }> {
  const pairs = new Map<string, { src: number; dst: number; calls: number; errors: number }>();
  for (const { minutes, src, dst, calls, errors } of rows) {
    if (minutes > 10) continue;
    const known = pairs.get(`${src} ${dst}`) ?? { src, dst, calls: 0, errors: 0 };
    pairs.set(`${src} ${dst}`, { src, dst, calls: known.calls + calls, errors: known.errors + errors });
  }
  return pairs;
}
