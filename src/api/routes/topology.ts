import { DAY, formatTime } from '../../core/time.ts';
import { findResource } from '../../graph/find-resource.ts';
import { findNewestCalls } from '../../store/call-list.ts';
import { listScopes } from '../../store/scope-list.ts';
import { listDrift } from '../../store/topology-drift.ts';
import { listTopologyMoments } from '../../store/topology-moments.ts';
import { listTopologyAt, listTopologyDiff } from '../../store/topology-query.ts';
import {
  DriftQuerySchema,
  DriftSchema,
  ScopeListSchema,
  ScopeQuerySchema,
  TopologyDiffQuerySchema,
  TopologyDiffSchema,
  TopologyMomentListSchema,
  TopologyMomentQuerySchema,
  TopologyQuerySchema,
  TopologySchema,
} from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { toRange } from '../enqueue.ts';
import { decodeCursor, defaultLimit, encodeCursor, readTime, toList } from '../list.ts';
import { readRange, requireTenant } from '../question.ts';

/** Declared topology: at a time, between times, against calls, and where it comes from. */
export function addTopologyRoutes(server: Api, deps: ApiDeps): void {
  const { db, now } = deps;
  const findId = async (tenantId: string, reference: string | undefined): Promise<bigint | undefined> =>
    reference === undefined ? undefined : (await findResource(db, tenantId, reference)).id;

  server.get(
    '/api/v1/topology',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Edges that documents declare at a time, as is or was believed',
        querystring: TopologyQuerySchema,
        response: { 200: TopologySchema },
      },
    },
    async (request) => {
      const { relation, source, resource, limit = defaultLimit, cursor, at, as_believed_at } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const time = at === undefined ? now() : readTime('at', at);
      const believedAt = as_believed_at === undefined ? undefined : readTime('as_believed_at', as_believed_at);
      const resourceId = await findId(tenantId, resource);
      const page = await listTopologyAt(db, { tenantId, relation, source, resourceId, limit, cursor, at: time, believedAt });
      return {
        items: page.items.map((edge) => ({ ...edge, declared_by: edge.declared_by.map((claim) => ({ ...claim })) })),
        ...(page.nextCursor === undefined ? {} : { next_cursor: page.nextCursor }),
        ...{ at: formatTime(time), as_believed_at: believedAt === undefined ? null : formatTime(believedAt), as_of: formatTime(now()) },
      };
    },
  );

  server.get(
    '/api/v1/topology/diff',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Declared edges that opened, closed or changed between two times',
        querystring: TopologyDiffQuerySchema,
        response: { 200: TopologyDiffSchema },
      },
    },
    async (request) => {
      const { relation, source, resource, limit = defaultLimit, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      if (cursor !== undefined) decodeCursor(cursor, 6);
      const range = toRange(request.query.from, request.query.to);
      const resourceId = await findId(tenantId, resource);
      const page = await listTopologyDiff(db, { tenantId, relation, source, resourceId, limit, cursor, ...range });
      return {
        items: page.items.map((change) => ({ ...change })),
        ...(page.nextCursor === undefined ? {} : { next_cursor: page.nextCursor }),
        ...{ from: formatTime(range.from), to: formatTime(range.to), as_of: formatTime(now()) },
      };
    },
  );

  server.get(
    '/api/v1/topology/moments',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'When the declared topology changed, newest first',
        querystring: TopologyMomentQuerySchema,
        response: { 200: TopologyMomentListSchema },
      },
    },
    async (request) => {
      const { relation, source, resource, limit = defaultLimit, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const [before] = cursor === undefined ? [] : decodeCursor(cursor, 1).map((at) => formatTime(readTime('cursor', at)));
      const resourceId = await findId(tenantId, resource);
      const rows = await listTopologyMoments(db, { tenantId, relation, source, resourceId, before, limit: limit + 1 });
      return toList(rows, limit, now(), (last) => encodeCursor([last.at]));
    },
  );

  server.get(
    '/api/v1/topology/drift',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Edges that are declared and not observed, or observed and not declared',
        querystring: DriftQuerySchema,
        response: { 200: DriftSchema },
      },
    },
    async (request) => {
      const { limit = defaultLimit, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const { from, to } = await readRange(request.query, now(), async () => {
        const end = await findNewestCalls(db, tenantId);
        return end === undefined ? undefined : { from: end - DAY, to: end };
      });
      const report = await listDrift(db, { tenantId, from, to, limit, cursor });
      return {
        items: report.items.map((drift) => ({ ...drift, declared_by: [...drift.declared_by] })),
        ...(report.nextCursor === undefined ? {} : { next_cursor: report.nextCursor }),
        ...{ windows_with_data: report.windows_with_data, windows: report.windows },
        ...{ from: formatTime(from), to: formatTime(to), as_of: formatTime(now()) },
      };
    },
  );

  server.get(
    '/api/v1/topology/scopes',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Where topology comes from, by source and scope',
        querystring: ScopeQuerySchema,
        response: { 200: ScopeListSchema },
      },
    },
    async (request) => {
      const { limit = defaultLimit, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const [source = '', scope = ''] = cursor === undefined ? [] : decodeCursor(cursor, 2);
      const after = cursor === undefined ? undefined : ([source, scope] as const);
      const rows = await listScopes(db, { tenantId, after, limit: limit + 1 });
      return toList(rows, limit, now(), (last) => encodeCursor([last.source, last.scope]));
    },
  );
}
