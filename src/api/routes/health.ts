import { Type } from 'typebox';
import { ObserveBridgeError } from '../../core/error.ts';
import { formatDuration, formatTime, MINUTE, type Micros, SECOND, toMicros } from '../../core/time.ts';
import { type LagRow, listCircuits, listLags, listQueueDepths, listTableSizes, ping } from '../../store/service-state.ts';
import { maySee, visibleTenants } from '../access.ts';
import { HealthSchema, ReadinessSchema } from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';

const CHECK_WITHIN_MS = 5000;

interface Finding {
  readonly subject: string;
  readonly tenant?: string;
  readonly ok: boolean;
  readonly text: string;
}

/** Whether the process lives, whether it can work, and its metrics. */
export function addHealthRoutes(server: Api, deps: ApiDeps): void {
  server.get('/healthz', { schema: { summary: 'Whether the process answers', response: { 200: HealthSchema } } }, async () => ({
    status: 'ok' as const,
    version: deps.version,
  }));

  server.get(
    '/readyz',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Whether database, sources and schedule are well', response: { 200: ReadinessSchema, 503: ReadinessSchema } },
    },
    async (request, reply) => {
      const all = await findObstacles(deps);
      const findings = all.filter(({ tenant }) => tenant === undefined || maySee(request, tenant));
      const ready = findings.every(({ ok }) => ok);
      return reply.code(ready ? 200 : 503).send({
        ready,
        findings: findings.map(({ subject, ok, text }) => ({ subject, ok, text })),
        as_of: formatTime(deps.now()),
      });
    },
  );

  const tableSizes = remember(deps.now, MINUTE, () => listTableSizes(deps.db));
  server.get(
    '/metrics',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Metrics in the text format of Prometheus',
        response: { 200: { content: { 'text/plain': { schema: Type.String() } } } },
      },
    },
    async (request, reply) => {
      if (visibleTenants(request))
        throw new ObserveBridgeError('OB_FORBIDDEN', 'usage', 'The metrics cover all tenants, and the token does not.');
      const { db, metrics } = deps;
      const [lags, queue, circuits, tables] = await Promise.all([listLags(db), listQueueDepths(db), listCircuits(db), tableSizes()]);
      metrics.setGauges({ lags, queue, circuits, tables });
      return reply.type(metrics.contentType).send(await metrics.text());
    },
  );
}

async function findObstacles(deps: ApiDeps): Promise<Finding[]> {
  try {
    await ping(deps.db);
  } catch (error) {
    deps.logger.warn({ error }, 'the database does not answer');
    return [{ subject: 'database', ok: false, text: 'The database does not answer.' }];
  }
  const sources = await checkSources(deps);
  const allowed = toMicros(deps.config.ready_lag);
  const lags = (await listLags(deps.db)).filter(({ paused }) => !paused);
  const late = lags.filter((lag) => toDelay(lag) > allowed);
  return [
    { subject: 'database', ok: true, text: 'The database answers.' },
    ...sources,
    ...(late.length > 0 ? late.map((lag) => describeLag(lag, allowed)) : [{ subject: 'lag', ok: true, text: 'No window is too late.' }]),
  ];
}

async function checkSources({ checkSources: check, logger }: ApiDeps): Promise<Finding[]> {
  if (check === undefined) return [];
  const signal = AbortSignal.timeout(CHECK_WITHIN_MS);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    const findings = await Promise.race([check(signal), late]);
    return findings.map(({ tenant, ok, text }) => ({ subject: `tenant ${tenant}`, tenant, ok, text }));
  } catch (error) {
    logger.warn({ error }, 'the sources could not be checked');
    const text = signal.aborted ? 'The sources did not answer in time.' : 'The sources could not be checked.';
    return [{ subject: 'sources', ok: false, text }];
  }
}

const toDelay = (lag: LagRow): Micros => Math.round(lag.lag_seconds) * SECOND;

function describeLag(lag: LagRow, allowed: Micros): Finding {
  const text = `${lag.job} of ${lag.tenant_id} is ${formatDuration(toDelay(lag))} late, and ${formatDuration(allowed)} is allowed.`;
  return { subject: 'lag', tenant: lag.tenant_id, ok: false, text };
}

/** Asks again only when the answer is older than `age`. */
function remember<Value>(now: () => Micros, age: Micros, ask: () => Promise<Value>): () => Promise<Value> {
  let last: { at: Micros; value: Value } | undefined;
  return async () => {
    if (last === undefined || now() - last.at > age) last = { at: now(), value: await ask() };
    return last.value;
  };
}
