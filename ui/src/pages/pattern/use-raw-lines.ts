import type { UseQueryResult } from '@tanstack/react-query';
import type { LocatorLines } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';

const MOST = 50;

/** Lines of a pattern in the window of a place of evidence, newest first, read from the source; nothing is read without one. */
export function useRawLines(tenant: string, fingerprint: string, locatorId: string | undefined): UseQueryResult<LocatorLines> {
  const query = { tenant_id: tenant, fingerprint, limit: MOST };
  return useApi<LocatorLines>(`/api/v1/locators/${locatorId}/lines`, query, { wait: locatorId === undefined });
}
