import { formatTime, MINUTE, SECOND } from '../../core/time.ts';
import { floorTo } from '../../core/window.ts';
import { listBlastRadius } from '../../graph/blast-radius.ts';
import { type EdgeView, openEdgeView } from '../../graph/edge-view.ts';
import { type FoundResource, findResource } from '../../graph/find-resource.ts';
import { baselineOf, listMovedEdges } from '../../graph/moved-edges.ts';
import { listNeighbours } from '../../graph/neighbours.ts';
import { listPaths } from '../../graph/paths.ts';
import { createCallReader } from '../../jobs/call-reader.ts';
import { MOST_FOR_A_PAGE } from '../../jobs/merged-calls.ts';
import { findNewestCalls } from '../../store/call-list.ts';
import {
  BlastRadiusQuerySchema,
  BlastRadiusSchema,
  MovedQuerySchema,
  MovedSchema,
  NeighboursQuerySchema,
  NeighboursSchema,
  PathsQuerySchema,
  PathsSchema,
} from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { defaultLimit, readTime } from '../list.ts';
import { readRange, requireTenant, withNumbers } from '../question.ts';

const SPAN_SECONDS = 600;
const BUCKET = 5 * MINUTE;

/** Questions about the graph of calls and declared edges. */
export function addGraphRoutes(server: Api, deps: ApiDeps): void {
  const { db, now } = deps;
  const openView = (tenantId: string, query: { at?: string; span_seconds?: number }): Promise<EdgeView> => {
    const asOf = query.at === undefined ? undefined : readTime('at', query.at);
    return openEdgeView(db, tenantId, { asOf, now: now(), span: (query.span_seconds ?? SPAN_SECONDS) * SECOND });
  };

  server.get(
    '/api/v1/graph/neighbours',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Resources and edges within some hops of a resource',
        querystring: NeighboursQuerySchema,
        response: { 200: NeighboursSchema },
      },
    },
    async (request) => {
      const { resource: reference, direction = 'both', hops = 1, edges = 'calls', limit = defaultLimit } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const view = await openView(tenantId, request.query);
      const resource = await findResource(db, tenantId, reference);
      const answer = await listNeighbours(db, view, { resource, direction, hops, edges, limit });
      return {
        resource: toRef(resource),
        resources: [...answer.resources],
        edges: answer.edges.map(withNumbers),
        ...{ view: toView(view), truncated: answer.truncated, as_of: formatTime(now()) },
      };
    },
  );

  server.get(
    '/api/v1/graph/paths',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Ways from one resource to another, shortest first',
        querystring: PathsQuerySchema,
        response: { 200: PathsSchema },
      },
    },
    async (request) => {
      const { src, dst, hops = 6, edges = 'calls', limit = defaultLimit } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const view = await openView(tenantId, request.query);
      const from = await findResource(db, tenantId, src);
      const to = await findResource(db, tenantId, dst);
      const { paths, truncated } = await listPaths(db, view, { from, to, hops, edges, limit });
      return {
        ...{ src: toRef(from), dst: toRef(to), paths: paths.map((path) => ({ ...path, urns: [...path.urns] })) },
        ...{ view: toView(view), truncated, as_of: formatTime(now()) },
      };
    },
  );

  server.get(
    '/api/v1/graph/blast-radius',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Callers that a failure of a resource affects, those with most affected calls first',
        querystring: BlastRadiusQuerySchema,
        response: { 200: BlastRadiusSchema },
      },
    },
    async (request) => {
      const { resource: reference, hops = 6, limit = defaultLimit } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const view = await openView(tenantId, request.query);
      const resource = await findResource(db, tenantId, reference);
      const { callers, truncated } = await listBlastRadius(db, view, { resource, hops, limit });
      return {
        ...{ resource: toRef(resource), callers: [...callers] },
        ...{ view: toView(view), truncated, as_of: formatTime(now()) },
      };
    },
  );

  server.get(
    '/api/v1/graph/moved',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Calls whose error rate or latency is not what it was, most calls first',
        description: 'The range is widened to whole five minutes.',
        querystring: MovedQuerySchema,
        response: { 200: MovedSchema },
      },
    },
    async (request) => {
      const { baseline = 'before', min_calls: minCalls = 20, limit = defaultLimit } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const range = await readRange(request.query, now(), async () => {
        const to = await findNewestCalls(db, tenantId);
        return to === undefined ? undefined : { from: to - 30 * MINUTE, to };
      });
      const window = { from: floorTo(range.from, BUCKET), to: floorTo(range.to + BUCKET - 1, BUCKET) };
      const calls = createCallReader(db, tenantId, MOST_FOR_A_PAGE);
      const { edges, truncated } = await listMovedEdges(db, tenantId, { window, baseline, minCalls, limit }, calls);
      const before = baselineOf(window, baseline);
      return {
        ...{ from: formatTime(window.from), to: formatTime(window.to) },
        ...{ baseline_from: formatTime(before.from), baseline_to: formatTime(before.to) },
        edges: edges.map((edge) => ({ ...withNumbers(edge), moved: [...edge.moved] })),
        ...{ truncated, as_of: formatTime(now()) },
      };
    },
  );
}

const toRef = ({ urn, kind, name }: FoundResource) => ({ urn, kind, name });

const toView = ({ callsFrom, callsTo, declaredAt }: EdgeView) => ({ calls_from: callsFrom, calls_to: callsTo, declared_at: declaredAt });
