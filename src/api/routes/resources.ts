import { formatTime, HOUR } from '../../core/time.ts';
import { findResource } from '../../graph/find-resource.ts';
import { countPeers, findNewestCalls } from '../../store/call-list.ts';
import { listResourceDocuments } from '../../store/knowledge-list.ts';
import { listMetricNames } from '../../store/metric-list.ts';
import { findNewestHour, listPatterns } from '../../store/pattern-list.ts';
import { countActivity, listActiveResources } from '../../store/resource-activity.ts';
import { getResource, listResources } from '../../store/resource-list.ts';
import { listTopologyAt } from '../../store/topology-query.ts';
import { ResourceListSchema, ResourcePageQuerySchema, ResourcePageSchema, ResourceParamsSchema, ResourceQuerySchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { decodeCursor, defaultLimit, encodeCursor, readOffset, toList } from '../list.ts';
import { invalid } from '../problem.ts';
import { requireTenant } from '../question.ts';

/** How many of each a resource page shows. */
const SHOWN = 50;

/** Resources: search, and everything about one. */
export function addResourceRoutes(server: Api, deps: ApiDeps): void {
  const { db, now } = deps;
  server.get(
    '/api/v1/resources',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Resources of a tenant, by name or by what they contain',
        querystring: ResourceQuerySchema,
        response: { 200: ResourceListSchema },
      },
    },
    async (request) => {
      const { q, kind, order, limit = defaultLimit, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const to = order === 'activity' ? ((await findNewestCalls(db, tenantId)) ?? now()) : now();
      const hour = { from: to - HOUR, to };
      if (order === 'activity' && q === undefined) {
        const offset = readOffset(cursor);
        const active = await listActiveResources(db, { tenantId, kind, range: hour, offset, limit: limit + 1 });
        const { items, next_cursor, as_of } = toList(active, limit, now(), () => String(offset + limit));
        return { items, ...(next_cursor !== undefined && offset + limit <= 9999 ? { next_cursor } : {}), as_of };
      }
      const [rank = '', name = '', urn = ''] = cursor === undefined ? [] : decodeCursor(cursor, 3);
      if (cursor !== undefined && !/^\d$/.test(rank)) throw invalid('`cursor` in the query is not one that this list gave.');
      const after = cursor === undefined ? undefined : ([Number(rank), name, urn] as const);
      const rows = await listResources(db, { tenantId, text: q, kind, after, limit: limit + 1 });
      const list = toList(rows, limit, now(), (last) => encodeCursor([String(last.rank), last.name, last.urn]));
      const found = list.items.map(({ rank: _, ...item }) => item);
      if (order !== 'activity') return { ...list, items: found };
      const counted = await countActivity(
        db,
        tenantId,
        found.map((item) => item.urn),
        hour,
      );
      return { ...list, items: found.map((item) => ({ ...item, ...counted.get(item.urn) })) };
    },
  );

  server.get(
    '/api/v1/resources/:urn',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Everything about one resource',
        params: ResourceParamsSchema,
        querystring: ResourcePageQuerySchema,
        response: { 200: ResourcePageSchema },
      },
    },
    async (request) => {
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const { id, urn, kind, name } = await findResource(db, tenantId, request.params.urn);
      const to = (await findNewestCalls(db, tenantId)) ?? now();
      const hour = { from: to - HOUR, to };
      const linesHour = await findNewestHour(db, tenantId);
      const more = SHOWN + 1;
      const [own, metrics, peers, patterns, topology, documents] = await Promise.all([
        getResource(db, tenantId, id, more),
        listMetricNames(db, tenantId, id, { limit: more }),
        countPeers(db, tenantId, id, hour),
        linesHour ? listPatterns(db, { tenantId, range: linesHour, service: urn, limit: more }) : [],
        listTopologyAt(db, { tenantId, resourceId: id, at: now(), limit: SHOWN }),
        listResourceDocuments(db, tenantId, id, more),
      ]);
      const lists = { aliases: own?.aliases ?? [], metrics, patterns, documents };
      const truncated = Object.entries(lists).flatMap(([list, items]) => (items.length > SHOWN ? [list] : []));
      return {
        ...{ urn, kind, name, attrs: { ...own?.attrs }, first_seen: own?.first_seen ?? '', last_seen: own?.last_seen ?? '' },
        aliases: lists.aliases.slice(0, SHOWN),
        metrics: metrics.slice(0, SHOWN),
        calls: { from: formatTime(hour.from), to: formatTime(hour.to), ...peers },
        patterns: patterns.slice(0, SHOWN),
        topology: topology.items.map((edge) => ({ ...edge, declared_by: edge.declared_by.map((claim) => ({ ...claim })) })),
        documents: documents.slice(0, SHOWN),
        truncated: [...truncated, ...(topology.nextCursor === undefined ? [] : ['topology'])],
        as_of: formatTime(now()),
      };
    },
  );
}
