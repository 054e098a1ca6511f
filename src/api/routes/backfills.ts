import { ObserveBridgeError } from '../../core/error.ts';
import {
  type Backfill,
  type BackfillRequest,
  createBackfill,
  getBackfill,
  listBackfillRanges,
  listBackfills,
  planBackfill,
  setBackfillStatus,
} from '../../store/backfill.ts';
import type { Queryable } from '../../store/db.ts';
import { maySee, visibleTenants } from '../access.ts';
import {
  BackfillBodySchema,
  BackfillDetailSchema,
  BackfillListSchema,
  BackfillPlanSchema,
  BackfillQuerySchema,
  BackfillSchema,
  CallerHeadersSchema,
  IdParamsSchema,
} from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { resolveWindows, toCaller } from '../enqueue.ts';
import { defaultLimit, toList } from '../list.ts';

const MAX_WINDOWS = 600_000;
const MAX_RANGES = 1000;

/** Backfills: start, look, pause, resume, cancel. */
export function addBackfillRoutes(server: Api, deps: ApiDeps): void {
  server.get(
    '/api/v1/backfills',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Backfills, newest first', querystring: BackfillQuerySchema, response: { 200: BackfillListSchema } },
    },
    async (request) => {
      const { limit = defaultLimit, cursor, job, status } = request.query;
      const tenants = visibleTenants(request);
      const rows = await listBackfills(deps.db, {
        ...(tenants ? { tenants } : {}),
        ...(job === undefined ? {} : { job }),
        ...(status === undefined ? {} : { status }),
        ...(cursor === undefined ? {} : { before: BigInt(cursor) }),
        limit: limit + 1,
      });
      return toList(rows.map(toAnswer), limit, deps.now(), (last) => String(last.backfill_id));
    },
  );

  server.get(
    '/api/v1/backfills/:id',
    {
      config: { role: 'viewer' },
      schema: { summary: 'One backfill with its progress', params: IdParamsSchema, response: { 200: BackfillDetailSchema } },
    },
    async (request) => {
      const id = BigInt(request.params.id);
      const backfill = await findBackfill(deps.db, id, (tenantId) => maySee(request, tenantId));
      return { ...toAnswer(backfill), ranges: await listBackfillRanges(deps.db, id, MAX_RANGES) };
    },
  );

  for (const [verb, summary, status] of [
    ['pause', 'Queue nothing more of a backfill for now', 'paused'],
    ['resume', 'Go on with a paused backfill', 'running'],
    ['cancel', 'End a backfill; running windows finish', 'canceled'],
  ] as const) {
    server.post(
      `/api/v1/backfills/:id/${verb}`,
      { config: { role: 'operator' }, schema: { summary, params: IdParamsSchema, response: { 200: BackfillSchema } } },
      async (request) => {
        const id = BigInt(request.params.id);
        const backfill = await deps.db.transaction(async (tx) => {
          await findBackfill(tx, id, (tenantId) => maySee(request, tenantId));
          return setBackfillStatus(tx, id, status);
        });
        deps.wake();
        return toAnswer(backfill);
      },
    );
  }

  addCreateRoute(server, deps);
}

function addCreateRoute(server: Api, deps: ApiDeps): void {
  server.post(
    '/api/v1/backfills',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Run the windows of a range again',
        description: 'With `dry_run` the answer is 200 and a plan, else 201 and the backfill.',
        headers: CallerHeadersSchema,
        body: BackfillBodySchema,
        response: { 200: BackfillPlanSchema, 201: BackfillSchema },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const now = deps.now();
      const caller = toCaller(body, request.headers, now);
      const maySeeTenant = maySee(request, body.tenant_id);
      const { job, tenantId, range, schedule } = await resolveWindows(deps, body, {
        ...{ trigger: 'backfill', caller, maySeeTenant, maximum: MAX_WINDOWS },
      });
      const { mode = 'none', concurrency = 1, stop_on_failure = false, run_backwards = false, force = false } = body;
      const asked: BackfillRequest = {
        ...{ job, tenantId, range, ...schedule, mode, concurrency, force, caller, now },
        ...{ stopOnFailure: stop_on_failure, runBackwards: run_backwards },
      };
      if (body.dry_run === true) {
        const { ranges, ...counts } = await planBackfill(deps.db, asked);
        return { ...counts, ranges: ranges.slice(0, MAX_RANGES) };
      }
      const backfill = await createBackfill(deps.db, asked);
      deps.wake();
      return reply.code(201).send(toAnswer(backfill));
    },
  );
}

async function findBackfill(db: Queryable, id: bigint, maySeeTenant: (tenantId: string) => boolean): Promise<Backfill> {
  const backfill = await getBackfill(db, id);
  if (backfill === undefined || !maySeeTenant(backfill.tenant_id))
    throw new ObserveBridgeError('OB_BACKFILL_UNKNOWN', 'usage', `There is no backfill ${id}.`);
  return backfill;
}

function toAnswer(backfill: Backfill): Omit<Backfill, 'backfill_id'> & { readonly backfill_id: number } {
  return { ...backfill, backfill_id: Number(backfill.backfill_id) };
}
