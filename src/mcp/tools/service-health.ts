import { Type } from 'typebox';
import { CallSeriesSchema } from '../../api/contract.ts';
import { withNumbers } from '../../api/question.ts';
import { formatTime, HOUR, MINUTE, SECOND } from '../../core/time.ts';
import { baselineOf, baselines } from '../../graph/moved-edges.ts';
import { listCallPoints } from '../../store/call-list.ts';
import { healthOrders, listMetricChanges, listServiceHealth } from '../../store/service-health.ts';
import { limitInput, rangeInput, readCallRange, resourceInput, widen } from '../input.ts';
import { findNamed, hintAtRows } from '../refine.ts';
import { defineTool } from '../tool.ts';

const METRICS = 50;
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
  p50_ms: nullable('Mean of the medians of five minutes, weighted by calls.'),
  p95_ms: nullable('Mean of the 95th percentiles of five minutes, weighted by calls.'),
  baseline_calls: Type.Number(),
  baseline_err_rate: nullable(),
  baseline_p95_ms: nullable(),
  error_lines: Type.Number({ description: 'Log lines of severity error or worse.' }),
  baseline_error_lines: Type.Number(),
  worse: Type.Array(Type.String(), {
    description: 'What is worse than in the baseline: err_rate, p95_ms, error_lines, or silent for no calls any more.',
  }),
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
    'Compares services with the time right before or with yesterday: calls, error share (0 to 1), latency in ms, error log lines, and what of it is worse. Without `resource` all services, worst first; with `resource` also its calls over time and its metrics (CPU, memory …) around the fault.',
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
        description: 'Greatest first; `worst` counts what is worse than in the baseline.',
      }),
    ),
    limit: limitInput(20, 200),
  },
  output: {
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
    const rows = await listServiceHealth(db, { tenantId, range, baseline: before, resourceId: found?.id, order, limit: limit + 1 });
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
    const points = found ? await listCallPoints(db, { tenantId, range, step, dst: found.id }) : [];
    const worse = rows.slice(0, limit).filter((row) => row.worse.length > 0);
    const [first] = rows;
    const isEmpty = rows.length === 0 && metrics.length === 0;
    return {
      summary:
        first === undefined
          ? 'No calls and no error lines.'
          : `Worse than before: ${worse.length} of ${Math.min(rows.length, limit)} shown. First ${describe(first)}`,
      hint: isEmpty ? await hintAtRows(question, 'service_call_5m', range, found) : undefined,
      truncated: rows.length > limit || metrics.length > METRICS,
      provenance: { tables: ['service_call_5m', 'log_pattern_5m', 'metric_1m'], calls_over_time_step_seconds: step / SECOND },
      ...{ from: formatTime(range.from), to: formatTime(range.to) },
      ...{ baseline_from: formatTime(before.from), baseline_to: formatTime(before.to) },
      services: rows.slice(0, limit).map(({ id: _, ...row }) => ({ ...row, worse: [...row.worse] })),
      calls_over_time: points.map(withNumbers),
      metrics: metrics.slice(0, METRICS),
    };
  },
});

function describe({
  urn,
  calls,
  err_rate,
  p95_ms,
  baseline_p95_ms,
  error_lines,
  worse,
}: {
  urn: string;
  calls: number;
  err_rate: number | null;
  p95_ms: number | null;
  baseline_p95_ms: number | null;
  error_lines: number;
  worse: readonly string[];
}): string {
  const latency =
    p95_ms === null ? '' : `, p95 ${p95_ms.toFixed(1)} ms${baseline_p95_ms === null ? '' : ` (before ${baseline_p95_ms.toFixed(1)})`}`;
  const errors = err_rate === null ? '' : `, error share ${err_rate.toFixed(3)}`;
  return `${urn}, ${calls} calls${errors}${latency}, ${error_lines} error lines${worse.length > 0 ? `; worse: ${worse.join(', ')}` : ''}.`;
}
