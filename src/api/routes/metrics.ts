import { ObserveBridgeError } from '../../core/error.ts';
import { toMetricUnit } from '../../core/metric-unit.ts';
import { formatTime, HOUR, MINUTE, parseTime, SECOND } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { findResource } from '../../graph/find-resource.ts';
import { findNewestMinute, listMetricNames, listMetricPoints } from '../../store/metric-list.ts';
import { MetricListSchema, MetricQuerySchema, MetricSeriesQuerySchema, MetricSeriesSchema, MOST_METRICS_WITH_POINTS } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { decodeCursor, defaultLimit, encodeCursor, toList } from '../list.ts';
import { readRange, requireTenant, toStep } from '../question.ts';

const MEASURED_IN: Readonly<Record<string, string>> = {
  counter: 'unit of the metric per second',
  histogram: 'unit of the metric per event',
  summary: 'unit of the metric per event',
};

/** Metrics of a resource: names, and one as a series. */
export function addMetricRoutes(server: Api, deps: ApiDeps): void {
  const { db, now } = deps;
  server.get(
    '/api/v1/metrics',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Metrics of a resource, by name, also with their points',
        querystring: MetricQuerySchema,
        response: { 200: MetricListSchema },
      },
    },
    async (request) => {
      const { resource, q: text, points: hasPoints = false, cursor } = request.query;
      const limit = Math.min(request.query.limit ?? defaultLimit, hasPoints ? MOST_METRICS_WITH_POINTS : Number.POSITIVE_INFINITY);
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const { id } = await findResource(db, tenantId, resource);
      const [after] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      const rows = await listMetricNames(db, tenantId, id, { after, text, limit: limit + 1 });
      const named = rows.map((row) => ({ ...row, unit: toMetricUnit(row.metric, row.kind) }));
      const page = toList(named, limit, now(), (last) => encodeCursor([last.metric]));
      if (!hasPoints) return page;
      const range = await readRange(request.query, now(), async () => toNewestHour(page.items));
      const step = toStep(range, undefined, MINUTE);
      const metrics = page.items.map(({ metric }) => metric);
      const points = await listMetricPoints(db, { tenantId, resourceId: id, metrics, range, step });
      const items = page.items.map((item) => ({ ...item, points: points.get(item.metric) ?? [] }));
      return { ...page, items, from: formatTime(range.from), to: formatTime(range.to), step_seconds: step / SECOND };
    },
  );

  server.get(
    '/api/v1/metrics/series',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'One metric of a resource over time',
        description: 'Minutes are put together to points: averages are weighted, percentiles are the greatest of the minutes.',
        querystring: MetricSeriesQuerySchema,
        response: { 200: MetricSeriesSchema },
      },
    },
    async (request) => {
      const { resource, metric, step_seconds } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const { id, urn } = await findResource(db, tenantId, resource);
      const newest = await findNewestMinute(db, tenantId, id, metric);
      if (newest === undefined) throw new ObserveBridgeError('OB_NOT_FOUND', 'usage', `${urn} has no metric ${metric}.`);
      const range = await readRange(request.query, now(), async () => newest.hour);
      const step = toStep(range, step_seconds, MINUTE);
      const points = await listMetricPoints(db, { tenantId, resourceId: id, metrics: [metric], range, step });
      return {
        ...{ urn, metric, kind: newest.kind, measured_in: MEASURED_IN[newest.kind] ?? 'unit of the metric' },
        unit: toMetricUnit(metric, newest.kind),
        step_seconds: step / SECOND,
        ...{ from: formatTime(range.from), to: formatTime(range.to), points: points.get(metric) ?? [], as_of: formatTime(now()) },
      };
    },
  );
}

function toNewestHour(metrics: readonly { readonly last_bucket: string }[]): Window | undefined {
  const ends = metrics.map(({ last_bucket }) => (parseTime(last_bucket) ?? 0) + MINUTE);
  return ends.length === 0 ? undefined : { from: Math.max(...ends) - HOUR, to: Math.max(...ends) };
}
