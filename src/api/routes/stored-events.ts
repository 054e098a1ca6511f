import { listEvents } from '../../store/event-list.ts';
import { StoredEventListSchema, StoredEventQuerySchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { decodeCursor, defaultLimit, encodeCursor, readTime, toList } from '../list.ts';
import { invalid } from '../problem.ts';
import { requireTenant } from '../question.ts';

/** The events that were kept. */
export function addStoredEventRoutes(server: Api, deps: ApiDeps): void {
  server.get(
    '/api/v1/events',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Events of a tenant, newest first',
        querystring: StoredEventQuerySchema,
        response: { 200: StoredEventListSchema },
      },
    },
    async (request) => {
      const { type, source, subject, from, to, limit = defaultLimit, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const rows = await listEvents(deps.db, {
        ...{ tenantId, type, source, subject, limit: limit + 1 },
        from: from === undefined ? undefined : readTime('from', from),
        to: to === undefined ? undefined : readTime('to', to),
        before: cursor === undefined ? undefined : readEventCursor(cursor),
      });
      return toList(rows, limit, deps.now(), (last) => encodeCursor([last.time, last.event_id]));
    },
  );
}

function readEventCursor(cursor: string): [string, string] {
  const [time = '', id = ''] = decodeCursor(cursor, 2);
  readTime('cursor', time);
  if (!/^\d{1,18}$/.test(id)) throw invalid('`cursor` in the query is not one that this list gave.');
  return [time, id];
}
