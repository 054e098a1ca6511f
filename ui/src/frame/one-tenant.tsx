import type { ReactNode } from 'react';
import type { TenantList } from '../api/types.ts';
import { useApi } from '../api/use-api.ts';
import { Answer, Empty } from '../parts/states.tsx';
import { useTenant } from './tenant.ts';

/** Shows what belongs to one tenant: the chosen one, else the first; says so where there is none. */
export function OneTenant({ children }: { readonly children: (tenant: string) => ReactNode }) {
  const { one } = useTenant();
  const tenants = useApi<TenantList>('/api/v1/tenants', { limit: 1000 }, { every: 60 });
  if (one !== undefined) return children(one);
  return (
    <Answer of={tenants} what="tenants">
      {() => (
        <Empty
          title="There is no tenant yet."
          advice="Name one with its source in the configuration; this page then shows what was read for it."
        />
      )}
    </Answer>
  );
}
