import { useAddress } from '../../frame/address.ts';
import { useTenant } from '../../frame/tenant.ts';
import { ResourceDetail } from './resource-detail.tsx';
import { ResourceTable } from './resource-table.tsx';

/** Everything about the resource that the address names; without one, the list of those that there are. */
export function ResourcePage() {
  const { one: tenant } = useTenant();
  const [get] = useAddress();
  const urn = get('urn');
  if (urn === undefined) return <ResourceTable tenant={tenant} />;
  return <ResourceDetail key={urn} tenant={tenant} urn={urn} />;
}
