import { useMemo } from 'react';
import type { ResourceList } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { toKind, toShortName } from '../../text/urn.ts';

/** Resources whose names are asked for at once; others go by their URN. */
const MOST_NAMES = 1000;

/** Gives the name and kind of a resource by its URN. */
export type Names = (urn: string) => { readonly name: string; readonly kind: string };

/** Names of the resources of a tenant; those that are not known, or not yet, are what their URN tells. */
export function useNames(tenant: string | undefined): Names {
  const { data: list } = useApi<ResourceList>(
    '/api/v1/resources',
    { tenant_id: tenant, limit: MOST_NAMES },
    { every: 60, wait: tenant === undefined },
  );
  return useMemo(() => {
    const known = new Map(list?.items.map((resource) => [resource.urn, resource]));
    return (urn) => known.get(urn) ?? { name: toShortName(urn), kind: toKind(urn) };
  }, [list]);
}
