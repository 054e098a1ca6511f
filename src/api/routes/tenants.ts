import { listTenants } from '../../store/schedule-list.ts';
import { visibleTenants } from '../access.ts';
import { TenantListSchema, TenantQuerySchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { decodeCursor, defaultLimit, encodeCursor, toList } from '../list.ts';

/** The tenants that the caller may see. */
export function addTenantRoutes(server: Api, deps: ApiDeps): void {
  server.get(
    '/api/v1/tenants',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Tenants', querystring: TenantQuerySchema, response: { 200: TenantListSchema } },
    },
    async (request) => {
      const { limit = defaultLimit, cursor } = request.query;
      const [after] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      const rows = await listTenants(deps.db, { tenants: visibleTenants(request), after, limit: limit + 1 });
      return toList(rows, limit, deps.now(), (last) => encodeCursor([last.tenant_id]));
    },
  );
}
