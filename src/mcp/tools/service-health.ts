import { Type } from 'typebox';
import { CallSeriesSchema } from '../../api/contract.ts';
import { withNumbers } from '../../api/question.ts';
import { formatTime, HOUR, MINUTE, SECOND } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { baselineOf, baselines } from '../../graph/moved-edges.ts';
import { healthOrders, listServiceHealth, type ServiceHealth, withMergedPoints } from '../../jobs/service-health.ts';
import { listCallPoints, listCalls } from '../../store/call-list.ts';
import { listMetricChanges } from '../../store/service-health.ts';
import { limitInput, rangeInput, readCallRange, resourceInput, widen } from '../input.ts';
import { findNamed, hintAtRows } from '../refine.ts';
import { defineTool, type Question } from '../tool.ts';

const METRICS = 50;
/** Callers and callees that are looked through for shared callees, and how many of these are shown. */
const EDGES = 5000;
const SHARED = 8;
/** Points of the series of one service. */
const POINTS = 48;

const nullable = (description?: string) => Type.Union([Type.Number(description === undefined ? {} : { description }), Type.Null()]);
const time = Type.String({ format: 'date-time' });
const ServiceSchema = Type.Object({
  urn: Type.String(),
  kind: Type.String(),
  name: Type.String(),
  calls: Type.Number({ description: 'Calls to it in the range.' }),
  rps: Type.Number({ description: 'The same per second.' }),
  errors: Type.Number(),
  err_rate: nullable('Share of calls with an error, 0 to 1.'),
  p50_ms: nullable('Median latency of the calls of the range, as its callers see it.'),
  p95_ms: nullable('95th percentile of the same.'),
  baseline_calls: Type.Number(),
  baseline_err_rate: nullable(),
  baseline_p95_ms: nullable(),
  slowdown: nullable('`p95_ms` over `baseline_p95_ms`; null with fewer than 20 calls in one of both.'),
  error_lines: Type.Number({ description: 'Log lines of severity error or worse.' }),
  baseline_error_lines: Type.Number(),
  worse: Type.Array(Type.String(), {
    description: 'What is worse than in the baseline: err_rate, p95_ms, error_lines, or silent for no calls any more.',
  }),
  approximate: Type.Optional(
    Type.Literal(true, {
      description: 'The percentiles are upper bounds, the greatest of five minutes: single minutes are no longer kept.',
    }),
  ),
});
const SharedSchema = Type.Object({
  urn: Type.String(),
  callers: Type.Integer({ description: 'Services that are worse and call it.' }),
  slowdown: nullable(),
  worse: Type.Array(Type.String()),
});
const MetricSchema = Type.Object({
  metric: Type.String(),
  kind: Type.String(),
  avg: nullable('In the unit of the metric; of a counter per second.'),
  max: nullable(),
  peak_at: Type.Union([time, Type.Null()], { description: 'Minute of the greatest value.' }),
  baseline_avg: nullable(),
  baseline_max: nullable(),
});

/** `service_health`: traffic, errors, latency and metrics against the time before. */
export const serviceHealthTool = defineTool({
  name: 'service_health',
  title: 'Health of services',
  description:
    'Compares services with the time right before or with yesterday: calls, error share (0 to 1), latency in ms, error log lines, what of it is worse, and which callees the worse ones share. Without `resource` all services, worst first (`order_by: slowed` for what got slower most); with `resource` also its calls over time and its metrics (CPU, memory …).',
  input: {
    resource: Type.Optional(resourceInput('Only this service')),
    ...rangeInput('the newest hour with calls'),
    baseline: Type.Optional(
      Type.Unsafe<(typeof baselines)[number]>({
        type: 'string',
        enum: [...baselines],
        default: 'before',
        description: 'What the range is compared with: as long a time right before, or the same time a day earlier.',
      }),
    ),
    order_by: Type.Optional(
      Type.Unsafe<(typeof healthOrders)[number]>({
        type: 'string',
        enum: [...healthOrders],
        default: 'worst',
        description: 'Greatest first; `worst` counts what is worse than in the baseline, `slowed` is p95_ms over that of the baseline.',
      }),
    ),
    limit: limitInput(20, 200),
  },
  output: {
    shared_callees: Type.Array(SharedSchema, { description: 'What at least two of the services that are worse call; most of them first.' }),
    ...{ from: time, to: time, baseline_from: time, baseline_to: time },
    services: Type.Array(ServiceSchema),
    calls_over_time: Type.Array(CallSeriesSchema.properties.points.items, { description: 'Calls to `resource`; empty without one.' }),
    metrics: Type.Array(MetricSchema, { description: 'Metrics of `resource`; empty without one.' }),
  },
  async ask(question, { resource: reference, baseline = 'before', order_by: order = 'worst', limit = 20, ...bounds }) {
    const { db, tenantId } = question;
    const found = reference === undefined ? undefined : await findNamed(question, reference);
    const asked = await readCallRange(question, bounds, HOUR);
    const range = widen(asked);
    const before = baselineOf(range, baseline);
    const rows = await listServiceHealth(db, { tenantId, range, baseline: before, resourceId: found?.id, order });
    const metrics = found
      ? await listMetricChanges(db, {
          tenantId,
          resourceId: found.id,
          range: asked,
          baseline: baselineOf(asked, baseline),
          limit: METRICS + 1,
        })
      : [];
    const step = Math.ceil((range.to - range.from) / POINTS / (5 * MINUTE)) * 5 * MINUTE;
    const series = { tenantId, range, step };
    const points = found
      ? await withMergedPoints(db, { ...series, resourceId: found.id }, await listCallPoints(db, { ...series, dst: found.id }))
      : [];
    const worse = rows.filter((row) => row.worse.length > 0);
    const [first] = rows;
    const isEmpty = rows.length === 0 && metrics.length === 0;
    const times = `from ${formatTime(range.from)} to ${formatTime(range.to)}`;
    return {
      summary:
        first === undefined
          ? `No calls and no error lines ${times}.`
          : `Worse ${times} than ${baseline === 'before' ? 'right before' : 'a day earlier'}: ${worse.length} of ${rows.length} services. First ${describe(first)}`,
      hint: isEmpty
        ? `${(await hintAtRows(question, 'service_call_5m', range, found)) ?? ''}${found ? '' : ' Give `resource` for the metrics of one.'}`.trim()
        : undefined,
      truncated: rows.length > limit || metrics.length > METRICS,
      provenance: { tables: ['service_call_5m', 'log_pattern_5m', 'metric_1m'], calls_over_time_step_seconds: step / SECOND },
      ...{ from: formatTime(range.from), to: formatTime(range.to) },
      ...{ baseline_from: formatTime(before.from), baseline_to: formatTime(before.to) },
      services: rows.slice(0, limit).map(({ id: _, approximate, worse: what, ...row }) => ({
        ...row,
        worse: [...what],
        ...(approximate ? { approximate } : {}),
      })),
      shared_callees: found ? [] : await listSharedCallees(question, range, rows, worse),
      calls_over_time: points.map(withNumbers),
      metrics: metrics.slice(0, METRICS),
    };
  },
});

/** What several of the services that are worse call. */
async function listSharedCallees(
  { db, tenantId }: Question,
  range: Window,
  rows: readonly ServiceHealth[],
  worse: readonly ServiceHealth[],
) {
  if (worse.length < 2) return [];
  const callers = new Set(worse.map(({ id }) => id));
  const calls = await listCalls(db, { tenantId, range, limit: EDGES });
  const shared = Map.groupBy(
    calls.filter(({ src, dst }) => callers.has(src) && src !== dst),
    ({ dst }) => dst,
  );
  return [...shared]
    .filter(([, edges]) => edges.length > 1)
    .map(([id, edges]) => {
      const health = rows.find((row) => row.id === id);
      const urn = edges[0]?.dst_urn ?? '';
      return { urn, callers: edges.length, slowdown: health?.slowdown ?? null, worse: [...(health?.worse ?? [])] };
    })
    .toSorted((a, b) => b.callers - a.callers || b.worse.length - a.worse.length || (b.slowdown ?? 0) - (a.slowdown ?? 0))
    .slice(0, SHARED);
}

function describe({ urn, calls, err_rate, p95_ms, baseline_p95_ms, error_lines, worse }: ServiceHealth): string {
  const latency =
    p95_ms === null ? '' : `, p95 ${p95_ms.toFixed(1)} ms${baseline_p95_ms === null ? '' : ` (before ${baseline_p95_ms.toFixed(1)})`}`;
  const errors = err_rate === null ? '' : `, error share ${err_rate.toFixed(3)}`;
  return `${urn}, ${calls} calls${errors}${latency}, ${error_lines} error lines${worse.length > 0 ? `; worse: ${worse.join(', ')}` : ''}.`;
}
