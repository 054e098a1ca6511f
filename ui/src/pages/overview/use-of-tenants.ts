import { useQueries } from '@tanstack/react-query';
import { ask, type Query } from '../../api/ask.ts';
import type { TenantList } from '../../api/types.ts';
import { useApi } from '../../api/use-api.ts';
import { useTenant } from '../../frame/tenant.ts';

/** Tenants that are asked about at once where none is chosen. */
export const MOST_TENANTS = 8;

/** One answer per tenant. */
export interface OfTenants<List> {
  readonly answers: readonly { readonly tenant: string; readonly list: List }[];
  /** Nothing has been answered yet. */
  readonly isPending: boolean;
  /** Why some answer is missing; null where none is. */
  readonly error: Error | null;
  /** Tenants that were not asked about. */
  readonly left: number;
}

/** What a path that is about one tenant answers for the chosen one, else for each of the first few; it is asked again every half minute. */
export function useOfTenants<List>(path: string, query: Query): OfTenants<List> {
  const { chosen } = useTenant();
  const known = useApi<TenantList>('/api/v1/tenants', { limit: 1000 }, { every: 60 });
  const all = chosen === undefined ? (known.data?.items.map(({ tenant_id }) => tenant_id) ?? []) : [chosen];
  const tenants = all.slice(0, MOST_TENANTS);
  const results = useQueries({
    queries: tenants.map((tenant_id) => ({
      queryKey: [path, { ...query, tenant_id }],
      queryFn: ({ signal }: { signal: AbortSignal }) => ask<List>(path, { query: { ...query, tenant_id }, signal }),
      refetchInterval: 30_000,
    })),
  });
  return {
    answers: results.flatMap(({ data }, index) => (data === undefined ? [] : [{ tenant: tenants[index] ?? '', list: data }])),
    isPending: (chosen === undefined && known.isPending) || (results.length > 0 && results.every(({ isPending }) => isPending)),
    error: results.find(({ error }) => error !== null)?.error ?? null,
    left: all.length - tenants.length,
  };
}
