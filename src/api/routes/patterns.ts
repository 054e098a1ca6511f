import { ObserveBridgeError } from '../../core/error.ts';
import { formatTime, MINUTE, SECOND } from '../../core/time.ts';
import { listPatternLocators } from '../../store/locator-list.ts';
import { findNewestDay, listLinePoints, listLineServices, listPatternMembers } from '../../store/pattern-detail.ts';
import { findNewestHour, findPattern, listPatterns, type Trend } from '../../store/pattern-list.ts';
import { countPatternPoints, toSteps } from '../../store/pattern-points.ts';
import { listPatternServices } from '../../store/pattern-services.ts';
import {
  PatternDetailQuerySchema,
  PatternDetailSchema,
  PatternListSchema,
  PatternParamsSchema,
  PatternQuerySchema,
  PatternServiceListSchema,
  PatternServiceQuerySchema,
} from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { defaultLimit, readOffset, toPageFromOffset } from '../list.ts';
import { readRange, requireTenant, toStep } from '../question.ts';

const SAMPLES = 10;
const ALIASES = 50;
const SERVICES = 100;

/** Log patterns: per service in a range, and one with its trend and evidence. */
export function addPatternRoutes(server: Api, deps: ApiDeps): void {
  const { db, now } = deps;
  server.get(
    '/api/v1/patterns',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Patterns of log lines per service: new ones, then surging ones, then the rest by count',
        querystring: PatternQuerySchema,
        response: { 200: PatternListSchema },
      },
    },
    async (request) => {
      const { service, severity, trend, q: text, limit = defaultLimit, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const range = await readRange(request.query, now(), () => findNewestHour(db, tenantId));
      const offset = readOffset(cursor);
      const trends: Trend[] | undefined = trend === 'changed' ? ['new', 'surging'] : trend && [trend];
      const rows = await listPatterns(db, { tenantId, range, service, severity, trends, text, limit: offset + limit + 1 });
      const page = { ...toPageFromOffset(rows, offset, limit, now()), from: formatTime(range.from), to: formatTime(range.to) };
      if (request.query.points !== true) return page;
      const steps = toSteps(range);
      const points = await countPatternPoints(db, tenantId, page.items, steps, severity);
      const items = page.items.map((item, index) => ({ ...item, points: points[index] ?? [] }));
      return { ...page, items, points_from: formatTime(steps.from), step_seconds: steps.step / SECOND };
    },
  );

  server.get(
    '/api/v1/patterns/services',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'How many patterns and lines each service has, most errors first, then most lines',
        querystring: PatternServiceQuerySchema,
        response: { 200: PatternServiceListSchema },
      },
    },
    async (request) => {
      const { limit = defaultLimit, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const range = await readRange(request.query, now(), () => findNewestHour(db, tenantId));
      const offset = readOffset(cursor);
      const rows = await listPatternServices(db, tenantId, range, offset + limit + 1);
      return { ...toPageFromOffset(rows, offset, limit, now()), from: formatTime(range.from), to: formatTime(range.to) };
    },
  );

  server.get(
    '/api/v1/patterns/:fingerprint',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'One pattern with its trend, samples and evidence',
        description: 'The fingerprint of an absorbed pattern answers with the one that absorbed it.',
        params: PatternParamsSchema,
        querystring: PatternDetailQuerySchema,
        response: { 200: PatternDetailSchema },
      },
    },
    async (request) => {
      const { fingerprint } = request.params;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const pattern = await findPattern(db, tenantId, fingerprint);
      if (pattern === undefined)
        throw new ObserveBridgeError('OB_NOT_FOUND', 'usage', `The tenant ${tenantId} has no pattern ${fingerprint}.`);
      const members = await listPatternMembers(db, tenantId, pattern.fingerprint);
      const masks = members.map((member) => member.fingerprint);
      const range = await readRange(request.query, now(), () => findNewestDay(db, tenantId, masks));
      const step = toStep(range, request.query.step_seconds, 5 * MINUTE);
      const [points, services, locators] = await Promise.all([
        listLinePoints(db, tenantId, masks, range, step),
        listLineServices(db, tenantId, masks, range, SERVICES),
        listPatternLocators(db, tenantId, masks, range, SAMPLES),
      ]);
      const aliases = members.filter((member) => member.fingerprint !== pattern.fingerprint);
      return {
        ...pattern,
        aliases: aliases.slice(0, ALIASES).map(({ sample: _, ...alias }) => alias),
        samples: [...new Set(members.flatMap(({ sample }) => sample ?? []))].slice(0, SAMPLES),
        step_seconds: step / SECOND,
        ...{ from: formatTime(range.from), to: formatTime(range.to) },
        ...{ points, services, locators, as_of: formatTime(now()) },
      };
    },
  );
}
