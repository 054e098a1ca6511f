import { formatTime, MINUTE, type Micros, parseTime, SECOND } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import { type Bind, binder } from './bind.ts';
import type { Queryable } from './db.ts';
import { isWithin, planSpans, type Span, sumsOf } from './spans.ts';

/** Calls of a range or point. Percentiles are those of the row where there is only one, else means of the rows weighted by calls (`approximate`). */
export interface CallMeasures {
  readonly calls: number;
  readonly errors: number;
  /** 0 to 1. */
  readonly err_rate: number;
  /** Calls per second. */
  readonly rps: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly approximate: boolean;
}

/** All calls from one resource to another in a range; times are ISO 8601 UTC. */
export interface CallRow extends CallMeasures {
  readonly src: bigint;
  readonly dst: bigint;
  readonly src_urn: string;
  readonly src_name: string;
  readonly src_kind: string;
  readonly dst_urn: string;
  readonly dst_name: string;
  readonly dst_kind: string;
  readonly protocols: string[];
  readonly last_bucket: string;
  readonly locator_id: string | null;
}

/** Which calls; what is absent does not restrict. */
export interface CallFilter {
  readonly tenantId: string;
  readonly range: Window;
  /** Only calls from or to this resource. */
  readonly resourceId?: bigint | undefined;
  /** Calls, caller and callee of the last row of the page before. */
  readonly after?: readonly [calls: string, src: string, dst: string] | undefined;
  readonly limit: number;
}

// Sums of bigint are numeric, which are slow; counts are exact as float8.
const measures = (seconds: string): string => `sum(calls::float8) as calls, sum(errors::float8) as errors,
  sum(errors::float8) / nullif(sum(calls::float8), 0) as err_rate, sum(calls::float8) / ${seconds} as rps,
  sum(p50_ms * timed_calls) / nullif(sum(timed_calls::float8), 0) as p50_ms,
  sum(p95_ms * timed_calls) / nullif(sum(timed_calls::float8), 0) as p95_ms, sum(rows) > 1 as approximate`;

/** The rows of tenant `$1` in the spans, as a table of the columns of the sums; `bind` gives placeholders, `where` restricts by caller and callee. */
function callRows(spans: readonly Span[], bind: Bind, where: readonly string[]): string {
  const branches = spans.map((span) => {
    const [table, sums] =
      span.hours === 0
        ? ['service_call_5m', '1 as rows, case when p95_ms is null then 0 else calls end as timed_calls, bucket as last_bucket']
        : [sumsOf('service_call_5m', span.hours), 'rows, timed_calls, last_bucket'];
    return `select bucket, src_resource_id, dst_resource_id, calls, errors, p50_ms, p95_ms, sample_ref, ${sums}
      from ${table} where ${[isWithin(span, bind), 'calls > 0', ...where].join(' and ')}`;
  });
  return `(${branches.join(' union all ')}) calls`;
}

/** The five minutes that end last among those in which the tenant called anything, as their end; undefined when it never did. */
export async function findNewestCalls(db: Queryable, tenantId: string): Promise<Micros | undefined> {
  const [newest] = await db.query<{ bucket: string }>(
    'select bucket from service_call_5m where tenant_id = $1 order by tenant_id desc, bucket desc limit 1',
    [tenantId],
  );
  return newest && (parseTime(newest.bucket) ?? 0) + 5 * MINUTE;
}

/** Callers and callees in a range, most calls first. */
export async function listCalls(db: Queryable, { tenantId, range, resourceId, after, limit }: CallFilter): Promise<CallRow[]> {
  const params: unknown[] = [tenantId, (range.to - range.from) / SECOND, ...(after ?? [null, null, null]), limit];
  const bind = binder(params);
  const id = resourceId === undefined ? '' : `${bind(resourceId)}::bigint`;
  const near = resourceId === undefined ? [] : [`(src_resource_id = ${id} or dst_resource_id = ${id})`];
  const rows = callRows(await planSpans(db, tenantId, 'service_call_5m', range), bind, near);
  // Names are looked up one by one: there are few beside all resources, which the server would read twice.
  return db.query(
    `with edge as (
       select src_resource_id as src, dst_resource_id as dst, ${measures('$2::float8')}, max(last_bucket) as last_bucket from ${rows} group by 1, 2),
     page as (
       select * from edge where $3::float8 is null or (-calls, src, dst) > (-$3::float8, $4::bigint, $5::bigint) order by calls desc, src, dst limit $6),
     named as materialized (
       select i.id, r.* from (select src as id from page union select dst from page) i
       cross join lateral (select urn, name, kind from dim_resource where tenant_id = $1 and resource_id = i.id limit 1) r)
     select p.*, coalesce(s.urn, 'urn:unknown:' || p.src) as src_urn, coalesce(s.name, 'unknown') as src_name, coalesce(s.kind, 'other') as src_kind,
       coalesce(d.urn, 'urn:unknown:' || p.dst) as dst_urn, coalesce(d.name, 'unknown') as dst_name, coalesce(d.kind, 'other') as dst_kind,
       newest.protocols, newest.locator_id
     from page p left join named s on s.id = p.src left join named d on d.id = p.dst
     cross join lateral (
       select array_agg(c.protocol order by c.protocol) as protocols, max(c.sample_ref)::text as locator_id from service_call_5m c
       where c.tenant_id = $1 and c.bucket = p.last_bucket and c.src_resource_id = p.src and c.dst_resource_id = p.dst) newest
     order by p.calls desc, p.src, p.dst`,
    params,
  );
}

/** Calls of one point of time, with the evidence of some of them. */
export interface CallPoint extends CallMeasures {
  readonly time: string;
  readonly locator_id: string | null;
}

/** Calls from and to resources in a range, as points of `step` that begin at its multiples, in order of time; points without calls are absent. */
export async function listCallPoints(
  db: Queryable,
  query: {
    readonly tenantId: string;
    readonly range: Window;
    readonly step: Micros;
    readonly src?: bigint | undefined;
    readonly dst?: bigint | undefined;
  },
): Promise<CallPoint[]> {
  const { tenantId, range, step, src, dst } = query;
  const params: unknown[] = [tenantId, step / SECOND];
  const bind = binder(params);
  const ends = (
    [
      ['src', src],
      ['dst', dst],
    ] as const
  ).flatMap(([end, id]) => (id === undefined ? [] : `${end}_resource_id = ${bind(id)}::bigint`));
  const rows = callRows(await planSpans(db, tenantId, 'service_call_5m', range, step), bind, ends);
  return db.query(
    `select date_bin(make_interval(secs => $2::float8), bucket, 'epoch') as time, ${measures('$2::float8')}, max(sample_ref)::text as locator_id
     from ${rows} group by 1 order by 1`,
    params,
  );
}

/** Pairs with calls between two resources in a range; with `near` only from or to one of these. p95 is the mean over rows weighted by calls. */
export async function listEdgeCalls(
  db: Queryable,
  tenantId: string,
  range: Window,
  near?: readonly bigint[],
): Promise<{ src: bigint; dst: bigint; calls: bigint; err_rate: number; p95_ms: number | null }[]> {
  const params: unknown[] = [tenantId];
  const bind = binder(params);
  const ids = near && `any(${bind(near)}::bigint[])`;
  const where = ['src_resource_id <> dst_resource_id', ...(ids ? [`(src_resource_id = ${ids} or dst_resource_id = ${ids})`] : [])];
  const rows = callRows(await planSpans(db, tenantId, 'service_call_5m', range), bind, where);
  return db.query(
    `select src, dst, calls::bigint as calls, err_rate, p95_ms
     from (select src_resource_id as src, dst_resource_id as dst, ${measures('1')} from ${rows} group by 1, 2) e`,
    params,
  );
}

/** Resources that called any of the given ones in a range, or were called by them, in no order. */
export async function listCallPeers(db: Queryable, tenantId: string, range: Window, ids: readonly bigint[]): Promise<{ id: bigint }[]> {
  const params: unknown[] = [tenantId, ids];
  const bind = binder(params);
  const spans = await planSpans(db, tenantId, 'service_call_5m', range);
  const peers = (end: string, peer: string) =>
    `select ${peer}_resource_id as id from ${callRows(spans, bind, [`${end}_resource_id = any($2::bigint[])`])}`;
  return db.query(`${peers('src', 'dst')} union ${peers('dst', 'src')}`, params);
}

/** Other resources that called a resource and that it called, in a range. */
export async function countPeers(
  db: Queryable,
  tenantId: string,
  resourceId: bigint,
  range: Window,
): Promise<{ readonly callers: number; readonly callees: number }> {
  const [row] = await db.query<{ callers: number; callees: number }>(
    `select (select count(distinct src_resource_id)::int from service_call_5m where tenant_id = $1 and dst_resource_id = $2 and src_resource_id <> $2
         and bucket >= $3::timestamptz and bucket < $4::timestamptz) as callers,
       (select count(distinct dst_resource_id)::int from service_call_5m where tenant_id = $1 and src_resource_id = $2 and dst_resource_id <> $2
         and bucket >= $3::timestamptz and bucket < $4::timestamptz) as callees`,
    [tenantId, resourceId, formatTime(range.from), formatTime(range.to)],
  );
  return row ?? { callers: 0, callees: 0 };
}

/** Rows that the packed minutes of an aggregation hold in a range: what merging them costs. */
export async function countPackedRows(db: Queryable, tenantId: string, aggregation: string, range: Window): Promise<number> {
  const [row] = await db.query<{ rows: number }>(
    `select coalesce(sum(row_count), 0)::float8 as rows from aggregation_partial_1m
     where tenant_id = $1 and aggregation = $2 and bucket >= $3::timestamptz and bucket < $4::timestamptz`,
    [tenantId, aggregation, formatTime(range.from), formatTime(range.to)],
  );
  return row?.rows ?? 0;
}
