import { ObserveBridgeError } from '../../core/error.ts';
import { parseRunId } from '../../core/run-id.ts';
import { formatTime } from '../../core/time.ts';
import { cancelRun, retryRun } from '../../store/run-control.ts';
import { getRun, listRuns } from '../../store/run-list.ts';
import { visibleTenants } from '../access.ts';
import { ControlAnswerSchema, IdParamsSchema, RunDetailSchema, RunListSchema, RunQuerySchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { defaultLimit, readTime } from '../list.ts';
import { invalid } from '../problem.ts';

/** Runs: look at them, run them again, cancel them. */
export function addRunRoutes(server: Api, deps: ApiDeps): void {
  server.get(
    '/api/v1/runs',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Runs, newest window first', querystring: RunQuerySchema, response: { 200: RunListSchema } },
    },
    async (request) => {
      const { tenant_id, job, status, run_id, from, to, limit, cursor } = request.query;
      const { items, nextCursor } = await listRuns(deps.db, {
        ...{ tenants: visibleTenants(request), tenantId: tenant_id, job, status, cursor, limit: limit ?? defaultLimit },
        runId: run_id === undefined ? undefined : readRunId(run_id),
        from: from === undefined ? undefined : readTime('from', from),
        to: to === undefined ? undefined : readTime('to', to),
      });
      return { items, ...(nextCursor === undefined ? {} : { next_cursor: nextCursor }), as_of: formatTime(deps.now()) };
    },
  );

  server.get(
    '/api/v1/runs/:id',
    {
      config: { role: 'viewer' },
      schema: { summary: 'One run with its attempts', params: IdParamsSchema, response: { 200: RunDetailSchema } },
    },
    async (request) => {
      const run = await getRun(deps.db, BigInt(request.params.id), visibleTenants(request));
      if (run === undefined) throw unknownRun(request.params.id);
      return run;
    },
  );

  for (const [verb, summary, control] of [
    ['retry', 'Queue a run that has ended again', retryRun],
    ['cancel', 'Cancel a run that has not ended', cancelRun],
  ] as const) {
    server.post(
      `/api/v1/runs/:id/${verb}`,
      { config: { role: 'operator' }, schema: { summary, params: IdParamsSchema, response: { 200: ControlAnswerSchema } } },
      async (request) => {
        const id = BigInt(request.params.id);
        const outcome = await deps.db.transaction(async (tx) => {
          const run = await getRun(tx, id, visibleTenants(request));
          if (run === undefined) throw unknownRun(request.params.id);
          const done = await control(tx, id);
          if (done === undefined)
            throw new ObserveBridgeError('OB_RUN_STATUS', 'usage', `Run ${id} is ${run.status}: ${verb} is not possible.`);
          return done;
        });
        deps.wake();
        return { id: Number(id), outcome };
      },
    );
  }
}

/** A run id of the query in canonical form. Throws `OB_REQUEST_INVALID` when it is no UUID. */
export function readRunId(text: string): string {
  const runId = parseRunId(text);
  if (runId === undefined) throw invalid(`${text} is not a valid UUID.`);
  return runId;
}

function unknownRun(id: string): ObserveBridgeError {
  return new ObserveBridgeError('OB_RUN_UNKNOWN', 'usage', `There is no run ${id}.`);
}
