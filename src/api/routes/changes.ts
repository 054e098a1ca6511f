import { formatTime, MINUTE } from '../../core/time.ts';
import { listChanges } from '../../graph/changes.ts';
import { findResource } from '../../graph/find-resource.ts';
import { createCallReader } from '../../jobs/call-reader.ts';
import { MOST_FOR_A_PAGE } from '../../jobs/merged-calls.ts';
import { findNewestCalls } from '../../store/call-list.ts';
import { ChangeListSchema, ChangeQuerySchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { defaultLimit, readOffset } from '../list.ts';
import { readRange, requireTenant } from '../question.ts';

/** What changed in a range, also near one resource only. */
export function addChangeRoutes(server: Api, deps: ApiDeps): void {
  const { db, now } = deps;
  server.get(
    '/api/v1/changes',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'What changed in a range, in order of time',
        description:
          'Declared edges that opened, closed or got other attributes, events, new patterns, and calls that moved against the time right before.',
        querystring: ChangeQuerySchema,
        response: { 200: ChangeListSchema },
      },
    },
    async (request) => {
      const { resource: reference, hops = 1, kind, limit = defaultLimit, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const resource = reference === undefined ? undefined : await findResource(db, tenantId, reference);
      const range = await readRange(request.query, now(), async () => {
        const to = await findNewestCalls(db, tenantId);
        return to === undefined ? undefined : { from: to - 30 * MINUTE, to };
      });
      const near = resource && { resource, hops };
      const calls = createCallReader(db, tenantId, MOST_FOR_A_PAGE);
      const { items, nextOffset } = await listChanges(db, tenantId, { range, near, kind, offset: readOffset(cursor), limit }, calls);
      return {
        items: items.map((change) => ({ ...change, urns: [...change.urns] })),
        ...(nextOffset === undefined || nextOffset > 9999 ? {} : { next_cursor: String(nextOffset) }),
        resource: resource ? { urn: resource.urn, kind: resource.kind, name: resource.name } : null,
        ...{ from: formatTime(range.from), to: formatTime(range.to), as_of: formatTime(now()) },
      };
    },
  );
}
