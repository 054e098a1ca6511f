import { formatTime, SECOND } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { type LaneRow, listLanes, listWindows, type WindowSpan } from '../../store/schedule-list.ts';
import { visibleTenants } from '../access.ts';
import { WindowListSchema, WindowQuerySchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { toRange } from '../enqueue.ts';
import { decodeCursor, defaultLimit, encodeCursor, readTime } from '../list.ts';

/** The grid of jobs, tenants and windows. */
export function addWindowRoutes(server: Api, deps: ApiDeps): void {
  server.get(
    '/api/v1/windows',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Every aligned window of a range, by job, tenant and time',
        description:
          'Windows without a run are there too, with a null status. Jobs and tenants without a schedule are there where they have runs.',
        querystring: WindowQuerySchema,
        response: { 200: WindowListSchema },
      },
    },
    async (request) => {
      const { tenant_id: tenantId, job, limit = defaultLimit, cursor } = request.query;
      const range = toRange(request.query.from, request.query.to);
      const [atJob = '', atTenant = '', at = ''] = cursor === undefined ? [] : decodeCursor(cursor, 3);
      const start = cursor === undefined ? undefined : { key: [atJob, atTenant] as const, from: readTime('cursor', at) };
      // A lane has at least one window of the range, so that more lanes than items are never needed.
      const filter = { tenants: visibleTenants(request), tenantId, job, after: start?.key, inclusive: true, limit: limit + 1 };
      const spans = toSpans(await listLanes(deps.db, filter, range), range, limit, start);
      const items = await listWindows(deps.db, spans.shown);
      const next = spans.next && encodeCursor([spans.next.job, spans.next.tenantId, formatTime(spans.next.from)]);
      return { items, ...(next === undefined ? {} : { next_cursor: next }), as_of: formatTime(deps.now()) };
    },
  );
}

interface Start {
  readonly key: readonly [string, string];
  readonly from: number;
}

/** The spans of the first `limit` windows, and where the next page begins. */
function toSpans(
  lanes: readonly LaneRow[],
  range: Window,
  limit: number,
  start: Start | undefined,
): { shown: WindowSpan[]; next?: WindowSpan } {
  const shown: WindowSpan[] = [];
  let rest = limit;
  for (const { job, tenant_id: tenantId, align_seconds } of lanes) {
    const align = Math.round(align_seconds * SECOND);
    const isStart = start?.key[0] === job && start.key[1] === tenantId;
    const from = Math.floor(Math.max(range.from, isStart ? start.from : range.from) / align) * align;
    const to = Math.ceil(range.to / align) * align;
    if (from >= to) continue;
    const span = { job, tenantId, from, to, align };
    if (rest === 0) return { shown, next: span };
    const windows = Math.min(rest, (to - from) / align);
    shown.push({ ...span, to: from + windows * align });
    rest -= windows;
    if (from + windows * align < to) return { shown, next: { ...span, from: from + windows * align } };
  }
  return { shown };
}
