import type { FastifyRequest } from 'fastify';
import { ObserveBridgeError } from '../../core/error.ts';
import type { EvidencePlace } from '../../core/evidence.ts';
import { formatTime } from '../../core/time.ts';
import { findResource } from '../../graph/find-resource.ts';
import type { Db } from '../../store/db.ts';
import { getLocator, type LocatorRow, toNarrowPlace, toPlace } from '../../store/locator-list.ts';
import { listPatternMembers } from '../../store/pattern-detail.ts';
import { findPattern } from '../../store/pattern-list.ts';
import { LocatorAnswerSchema, LocatorLinesQuerySchema, LocatorLinesSchema, LocatorParamsSchema, LocatorQuerySchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { defaultLimit } from '../list.ts';
import { requireTenant } from '../question.ts';

const MOST_BYTES = 1_000_000;
const WITHIN_MS = 15_000;

/** What the rows of a window are narrowed to; undefined without a pattern and a resource. */
async function findWanted(
  db: Db,
  tenantId: string,
  { fingerprint, resource }: { readonly fingerprint?: string; readonly resource?: string },
): Promise<EvidencePlace['only']> {
  if ((fingerprint ?? resource) === undefined) return undefined;
  const pattern = fingerprint === undefined ? undefined : await findPattern(db, tenantId, fingerprint);
  if (fingerprint !== undefined && pattern === undefined)
    throw new ObserveBridgeError('OB_NOT_FOUND', 'usage', `The tenant ${tenantId} has no pattern ${fingerprint}.`);
  return {
    fingerprints: pattern && (await listPatternMembers(db, tenantId, pattern.fingerprint)).map((member) => member.fingerprint),
    urn: resource === undefined ? undefined : (await findResource(db, tenantId, resource)).urn,
  };
}

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
      const only = await findWanted(db, tenantId, request.query);
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
      const found = await readEvidence(
        tenantId,
        only ? toNarrowPlace(locator, only) : toPlace(locator),
        { rows: limit, bytes: MOST_BYTES },
        signal,
      ).catch((error: unknown) => {
        throw error instanceof ObserveBridgeError && error.code === 'OB_API_BUSY' ? error : unreadable(error);
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
