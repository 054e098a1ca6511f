import type { TenantList } from '../api/types.ts';
import { useApi } from '../api/use-api.ts';
import { useAddress } from './address.ts';

/** Under this name stand the jobs that serve the whole installation, such as pruning. */
const INSTALLATION = '_';

/** A tenant as lists of jobs and runs name it. */
export const formatTenant = (tenantId: string): string => (tenantId === INSTALLATION ? 'installation' : tenantId);

/** The tenants there are, and the chosen one. */
export interface TenantChoice {
  /** Chosen in the address; undefined for all. */
  readonly chosen: string | undefined;
  /** The chosen one, else the first there is, for pages that show one tenant; undefined while none is known. */
  readonly one: string | undefined;
  readonly tenants: TenantList['items'];
  readonly choose: (tenant: string | undefined) => void;
}

/** The chosen tenant, which is the field `tenant` of the address. */
export function useTenant(): TenantChoice {
  const [get, set] = useAddress();
  const chosen = get('tenant');
  const tenants = useApi<TenantList>('/api/v1/tenants', { limit: 1000 }, { every: 60 }).data?.items ?? [];
  return { chosen, one: chosen ?? tenants[0]?.tenant_id, tenants, choose: (tenant) => set({ tenant }, { push: true }) };
}
