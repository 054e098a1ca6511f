import { formatTime, HOUR, MINUTE, SECOND } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { findResource } from '../../graph/find-resource.ts';
import { type CallRow, countPackedRows, findNewestCalls, listCallPoints, listCalls } from '../../store/call-list.ts';
import { CallListSchema, CallQuerySchema, CallSeriesQuerySchema, CallSeriesSchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { decodeCursor, defaultLimit, encodeCursor, toList } from '../list.ts';
import { invalid } from '../problem.ts';
import { readRange, requireTenant, toStep } from '../question.ts';

/** Packed rows that are merged for one answer; more would take longer than a page waits. */
const MOST_PACKED = 5_000;

/** Calls between resources: over a range, and over time. */
export function addCallRoutes(server: Api, deps: ApiDeps): void {
  const { db, now } = deps;
  const findRange = (query: { from?: string; to?: string }, tenantId: string): Promise<Window> =>
    readRange(query, now(), async () => {
      const to = await findNewestCalls(db, tenantId);
      return to === undefined ? undefined : { from: to - HOUR, to };
    });

  server.get(
    '/api/v1/calls',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Who called whom in a range, most calls first',
        description: 'Five minutes that begin in the range count.',
        querystring: CallQuerySchema,
        response: { 200: CallListSchema },
      },
    },
    async (request) => {
      const { resource, limit = defaultLimit, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const resourceId = resource === undefined ? undefined : (await findResource(db, tenantId, resource)).id;
      const range = await findRange(request.query, tenantId);
      const after = cursor === undefined ? undefined : readCallCursor(cursor);
      const rows = await listCalls(db, { tenantId, range, resourceId, after, limit: limit + 1 });
      const list = toList(rows, limit, now(), (last) => encodeCursor([last.calls, last.src, last.dst].map(String)));
      const items = await withExactPercentiles(deps, tenantId, range, list.items);
      return {
        ...list,
        items: items.map(({ src: _, dst: __, ...item }) => item),
        ...{ from: formatTime(range.from), to: formatTime(range.to) },
      };
    },
  );

  server.get(
    '/api/v1/calls/series',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Calls from or to resources over time',
        description: 'Without `src` and `dst` all calls of the tenant.',
        querystring: CallSeriesQuerySchema,
        response: { 200: CallSeriesSchema },
      },
    },
    async (request) => {
      const { src, dst, step_seconds } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const caller = src === undefined ? undefined : await findResource(db, tenantId, src);
      const callee = dst === undefined ? undefined : await findResource(db, tenantId, dst);
      const range = await findRange(request.query, tenantId);
      const step = toStep(range, step_seconds, 5 * MINUTE);
      const points = await listCallPoints(db, { tenantId, range, step, src: caller?.id, dst: callee?.id });
      return {
        ...{ src_urn: caller?.urn ?? null, dst_urn: callee?.urn ?? null, step_seconds: step / SECOND },
        ...{ from: formatTime(range.from), to: formatTime(range.to), points, as_of: formatTime(now()) },
      };
    },
  );
}

function readCallCursor(cursor: string): [string, string, string] {
  const [calls = '', src = '', dst = ''] = decodeCursor(cursor, 3);
  if (![calls, src, dst].every((text) => /^-?\d{1,18}$|^-?[1-8]\d{18}$/.test(text)))
    throw invalid('`cursor` in the query is not one that this list gave.');
  return [calls, src, dst];
}

/** Percentiles of the merged sketches, where these are kept for all calls and few enough. */
async function withExactPercentiles(deps: ApiDeps, tenantId: string, range: Window, rows: readonly CallRow[]): Promise<CallRow[]> {
  const { db, mergePercentiles } = deps;
  if (mergePercentiles === undefined || rows.every(({ approximate }) => !approximate)) return [...rows];
  // Rows count by the five minutes that they begin in, so that the minutes beyond the last of them belong to the range.
  const window = { from: ceilTo(range.from), to: ceilTo(range.to) };
  const packed = await countPackedRows(db, tenantId, 'service_call_5m', window);
  if (packed === 0 || packed > MOST_PACKED) return [...rows];
  const edges = rows.map((row) => ({
    ...{ src: row.src, dst: row.dst, calls: BigInt(row.calls), rps: row.rps, errRate: row.err_rate },
    ...{ p50Ms: row.p50_ms, p95Ms: row.p95_ms, lastSeen: row.last_bucket },
  }));
  const merged = await mergePercentiles(tenantId, window, edges);
  return rows.map((row, index) => {
    const edge = merged[index];
    return edge === undefined || edge === edges[index] ? row : { ...row, p50_ms: edge.p50Ms, p95_ms: edge.p95Ms, approximate: false };
  });
}

const ceilTo = (time: number): number => Math.ceil(time / (5 * MINUTE)) * 5 * MINUTE;
