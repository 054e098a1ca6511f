import { formatTime, HOUR, MINUTE, SECOND } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { findResource } from '../../graph/find-resource.ts';
import { createEdgeMerger, MOST_FOR_A_PAGE } from '../../jobs/merged-calls.ts';
import { type CallRow, findNewestCalls, listCallPoints, listCalls } from '../../store/call-list.ts';
import { CallListSchema, CallQuerySchema, CallSeriesQuerySchema, CallSeriesSchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { decodeCursor, defaultLimit, encodeCursor, toList } from '../list.ts';
import { invalid } from '../problem.ts';
import { readRange, requireTenant, toStep } from '../question.ts';

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
  if (![calls, src, dst].every((text) => /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)))
    throw invalid('`cursor` in the query is not one that this list gave.');
  return [calls, src, dst];
}

/** Percentiles of the merged sketches, where these are kept for all calls and few enough. */
async function withExactPercentiles({ db }: ApiDeps, tenantId: string, range: Window, rows: readonly CallRow[]): Promise<CallRow[]> {
  if (rows.every(({ approximate }) => !approximate)) return [...rows];
  // Rows count by the five minutes that they begin in, so that the minutes beyond the last of them belong to the range.
  const merged = await createEdgeMerger(db, tenantId, MOST_FOR_A_PAGE)({ from: ceilTo(range.from), to: ceilTo(range.to) });
  return rows.map((row) => {
    const found = merged?.get(`${row.src} ${row.dst}`);
    return found?.calls === Number(row.calls) ? { ...row, p50_ms: found.p50Ms, p95_ms: found.p95Ms, approximate: false } : row;
  });
}

const ceilTo = (time: number): number => Math.ceil(time / (5 * MINUTE)) * 5 * MINUTE;
