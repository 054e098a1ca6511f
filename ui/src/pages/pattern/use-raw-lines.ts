import type { UseQueryResult } from '@tanstack/react-query';
import type { LocatorLines } from '../../../../src/api/contract.ts';
import { type Question, useApi } from '../../api/use-api.ts';

const MOST = 50;

/** Asks for lines of a pattern in the window of a place of evidence, newest first. */
export function toRawLines(tenant: string, fingerprint: string, locatorId: string | undefined): Question {
  return { path: `/api/v1/locators/${locatorId}/lines`, query: { tenant_id: tenant, fingerprint, limit: MOST } };
}

/** Those lines, read from the source; nothing is read without a place. */
export function useRawLines(tenant: string, fingerprint: string, locatorId: string | undefined): UseQueryResult<LocatorLines> {
  const { path, query } = toRawLines(tenant, fingerprint, locatorId);
  return useApi<LocatorLines>(path, query, { wait: locatorId === undefined });
}
