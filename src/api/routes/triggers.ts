import { listTriggers } from '../../store/trigger-list.ts';
import { visibleTenants } from '../access.ts';
import { TriggerListSchema, TriggerQuerySchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { defaultLimit, toList } from '../list.ts';
import { readRunId } from './runs.ts';

/** The requests from outside to run windows, also those that were refused. */
export function addTriggerRoutes(server: Api, deps: ApiDeps): void {
  server.get(
    '/api/v1/triggers',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Requests to run windows, newest first', querystring: TriggerQuerySchema, response: { 200: TriggerListSchema } },
    },
    async (request) => {
      const { limit = defaultLimit, cursor, run_id } = request.query;
      const rows = await listTriggers(deps.db, {
        tenants: visibleTenants(request),
        runId: run_id === undefined ? undefined : readRunId(run_id),
        before: cursor === undefined ? undefined : BigInt(cursor),
        limit: limit + 1,
      });
      return toList(rows, limit, deps.now(), (last) => String(last.trigger_id));
    },
  );
}
