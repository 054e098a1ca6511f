import type { FastifyRequest } from 'fastify';
import { ObserveBridgeError } from '../../core/error.ts';
import { formatTime } from '../../core/time.ts';
import { getLocator, type LocatorRow, toPlace } from '../../store/locator-list.ts';
import { LocatorAnswerSchema, LocatorLinesQuerySchema, LocatorLinesSchema, LocatorParamsSchema, LocatorQuerySchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { defaultLimit } from '../list.ts';
import { requireTenant } from '../question.ts';

const MOST_BYTES = 1_000_000;
const WITHIN_MS = 15_000;

/** Where the raw evidence is, and the raw rows themselves, read from the source of the tenant. */
export function addLocatorRoutes(server: Api, deps: ApiDeps): void {
  const { db, now, readEvidence } = deps;
  const findLocator = async (request: FastifyRequest, tenantId: string, id: string): Promise<LocatorRow> => {
    await requireTenant(deps, request, tenantId);
    const number = BigInt(id);
    const locator = BigInt.asIntN(64, number) === number ? await getLocator(db, tenantId, number) : undefined;
    if (locator === undefined) throw new ObserveBridgeError('OB_NOT_FOUND', 'usage', `The tenant ${tenantId} has no locator ${id}.`);
    return locator;
  };

  server.get(
    '/api/v1/locators/:id',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Where the raw evidence of rows is',
        params: LocatorParamsSchema,
        querystring: LocatorQuerySchema,
        response: { 200: LocatorAnswerSchema },
      },
    },
    async (request) => ({ ...(await findLocator(request, request.query.tenant_id, request.params.id)), as_of: formatTime(now()) }),
  );

  server.get(
    '/api/v1/locators/:id/lines',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'The raw rows of a locator, read from the source now',
        params: LocatorParamsSchema,
        querystring: LocatorLinesQuerySchema,
        response: { 200: LocatorLinesSchema },
      },
    },
    async (request) => {
      const { tenant_id: tenantId, limit = defaultLimit } = request.query;
      const locator = await findLocator(request, tenantId, request.params.id);
      const started = performance.now();
      const signal = AbortSignal.any([AbortSignal.timeout(WITHIN_MS), request.signal]);
      const unreadable = (cause?: unknown) =>
        new ObserveBridgeError(
          'OB_EVIDENCE_UNREADABLE',
          'read',
          `The source of ${tenantId} does not give the raw rows of ${locator.stream}.`,
          cause,
        );
      if (readEvidence === undefined) throw unreadable();
      const found = await readEvidence(tenantId, toPlace(locator), { rows: limit, bytes: MOST_BYTES }, signal).catch((error: unknown) => {
        throw unreadable(error);
      });
      return {
        locator,
        ...{ rows: [...found.rows], truncated: found.truncated, bytes: found.bytes, elapsed_ms: Math.round(performance.now() - started) },
        provenance: {
          ...{ source_type: found.sourceType, organization: found.organization, stream: locator.stream },
          ...{ from: formatTime(found.range.from), to: formatTime(found.range.to) },
        },
        as_of: formatTime(now()),
      };
    },
  );
}
