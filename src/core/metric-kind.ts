/** How a metric family is aggregated. */
export type MetricKind = 'gauge' | 'counter' | 'histogram' | 'exponential_histogram' | 'summary';

/** Which part of its family a stream holds. */
export type MetricRole = 'value' | 'bucket' | 'count' | 'sum' | 'quantile';

export interface MetricStream {
  readonly stream: string;
  readonly family: string;
  readonly kind: MetricKind;
  readonly role: MetricRole;
}

/** What is known of a stream: its recorded type (lower case), and whether its rows carry bucket bounds or quantiles. */
export interface MetricStreamFacts {
  readonly stream: string;
  readonly type?: string | undefined;
  readonly hasBounds: boolean;
  readonly hasQuantiles: boolean;
}

const HISTOGRAM_TYPES: Readonly<Record<string, MetricKind>> = {
  histogram: 'histogram',
  gaugehistogram: 'histogram',
  exponentialhistogram: 'exponential_histogram',
  summary: 'summary',
};

/**
 * Family, kind and role of every stream: by recorded type where there is one, else by the naming rules of Prometheus (`_total` counts,
 * `_bucket` with bounds is a histogram, `_count` and `_sum` belong to the family beside them), else a gauge.
 */
export function classifyMetricStreams(facts: readonly MetricStreamFacts[]): MetricStream[] {
  const byName = new Map(facts.map((fact) => [fact.stream, fact]));
  return facts.map((fact) => classify(fact, byName));
}

function classify(fact: MetricStreamFacts, byName: ReadonlyMap<string, MetricStreamFacts>): MetricStream {
  const { stream } = fact;
  const recorded = fact.type === undefined ? undefined : HISTOGRAM_TYPES[fact.type];
  const part = partOf(stream);
  if (recorded) {
    if (part) return { stream, family: part.family, kind: recorded, role: part.role };
    if (recorded === 'summary') return { stream, family: stream, kind: 'summary', role: 'quantile' };
    return { stream, family: stream, kind: 'gauge', role: 'value' }; // m_min and m_max of an OTLP histogram
  }
  if (fact.type === 'counter') return { stream, family: stream, kind: 'counter', role: 'value' };
  if (fact.type === 'gauge') return { stream, family: stream, kind: 'gauge', role: 'value' };
  if (part?.role === 'bucket' && fact.hasBounds) return { stream, family: part.family, kind: 'histogram', role: 'bucket' };
  if (part && part.role !== 'bucket') {
    if (byName.get(`${part.family}_bucket`)?.hasBounds) return { stream, family: part.family, kind: 'histogram', role: part.role };
    const other = part.role === 'count' ? 'sum' : 'count';
    if (byName.get(part.family)?.hasQuantiles || byName.has(`${part.family}_${other}`)) {
      return { stream, family: part.family, kind: 'summary', role: part.role };
    }
  }
  if (fact.hasQuantiles) return { stream, family: stream, kind: 'summary', role: 'quantile' };
  return { stream, family: stream, kind: stream.endsWith('_total') ? 'counter' : 'gauge', role: 'value' };
}

function partOf(stream: string): { family: string; role: MetricRole } | undefined {
  const match = /^(.+)_(bucket|count|sum)$/.exec(stream);
  return match?.[1] && match[2] ? { family: match[1], role: match[2] as MetricRole } : undefined;
}
