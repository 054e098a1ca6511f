import { listCircuits } from '../../store/service-state.ts';
import { visibleTenants } from '../access.ts';
import { CircuitListSchema, CircuitQuerySchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { decodeCursor, defaultLimit, encodeCursor, toList } from '../list.ts';

/** The circuit breakers of the jobs and tenants that have failed. */
export function addCircuitRoutes(server: Api, deps: ApiDeps): void {
  server.get(
    '/api/v1/circuits',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Circuit breakers, by job and tenant', querystring: CircuitQuerySchema, response: { 200: CircuitListSchema } },
    },
    async (request) => {
      const { limit = defaultLimit, cursor } = request.query;
      const [job = '', tenant = ''] = cursor === undefined ? [] : decodeCursor(cursor, 2);
      const after = cursor === undefined ? undefined : ([job, tenant] as const);
      const rows = await listCircuits(deps.db, { tenants: visibleTenants(request), after, limit: limit + 1 });
      return toList(rows, limit, deps.now(), (last) => encodeCursor([last.job, last.tenant_id]));
    },
  );
}
