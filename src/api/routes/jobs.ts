import { listSchedules } from '../../store/schedule-list.ts';
import { visibleTenants } from '../access.ts';
import { JobListSchema, JobQuerySchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { decodeCursor, defaultLimit, encodeCursor, toList } from '../list.ts';

/** What the scheduler does for each job and tenant. */
export function addJobRoutes(server: Api, deps: ApiDeps): void {
  server.get(
    '/api/v1/jobs',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Schedules, by job and tenant', querystring: JobQuerySchema, response: { 200: JobListSchema } },
    },
    async (request) => {
      const { tenant_id: tenantId, job, limit = defaultLimit, cursor } = request.query;
      const [afterJob = '', afterTenant = ''] = cursor === undefined ? [] : decodeCursor(cursor, 2);
      const after = cursor === undefined ? undefined : ([afterJob, afterTenant] as const);
      const rows = await listSchedules(deps.db, { tenants: visibleTenants(request), tenantId, job, after, limit: limit + 1 });
      return toList(rows, limit, deps.now(), (last) => encodeCursor([last.job, last.tenant_id]));
    },
  );
}
