import { hosts, pods, services } from './services.ts';

type ValueKind = 'gauge' | 'counter' | 'count' | 'sum' | 'bucket';

/** One time series of the shop. `level` is a gauge's middle, a counter's increase per second, or a histogram's events per second. */
export interface MetricSeries {
  readonly metric: string;
  readonly metricType: 'gauge' | 'counter' | 'histogram';
  readonly valueKind: ValueKind;
  readonly pointsPerMinute: number;
  readonly level: number;
  /** Share of the events that a bucket holds, or the mean event in a sum; 1 elsewhere. */
  readonly share: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Labels that some series have; the columns of the raw metric rows. */
export const seriesLabels = [
  'service_name',
  'k8s_namespace_name',
  'k8s_pod_name',
  'host_name',
  'instance',
  'job',
  'http_status_code',
  'le',
  'topic',
  'consumergroup',
] as const;

const series = (
  metric: string,
  valueKind: ValueKind,
  pointsPerMinute: number,
  level: number,
  labels: Record<string, string>,
  share = 1,
): MetricSeries => ({
  ...{ metric, valueKind, pointsPerMinute, level, share, labels },
  metricType: valueKind === 'gauge' || valueKind === 'counter' ? valueKind : 'histogram',
});

/** Share of the requests that took at most so many seconds. */
const LATENCIES: readonly (readonly [string, number])[] = [
  ...([
    ['0.005', 0.2],
    ['0.01', 0.42],
    ['0.025', 0.63],
    ['0.05', 0.8],
  ] as const),
  ...([
    ['0.1', 0.9],
    ['0.25', 0.97],
    ['1', 0.997],
    ['inf', 1],
  ] as const),
];
const MEAN_LATENCY = 0.041;

const podLabels = pods.map((pod) => ({
  ...{ service_name: pod.service, k8s_namespace_name: pod.namespace, k8s_pod_name: pod.pod, host_name: pod.host },
}));

const consumers = [
  ...[
    ['orders.created', 'shipping'],
    ['orders.created', 'notifications'],
    ['orders.created', 'analytics'],
  ],
  ...[
    ['shipments.planned', 'notifications'],
    ['shipments.planned', 'orders'],
  ],
  ...[
    ['orders.expired', 'cart'],
    ['orders.expired', 'catalog'],
  ],
] as const;

/** The series that exist at scale 1, five hundred points a minute together. */
export const metricSeries: readonly MetricSeries[] = [
  ...podLabels.map((labels) => series('k8s_pod_cpu_usage', 'gauge', 4, 0.4, labels)),
  ...podLabels.map((labels) => series('k8s_pod_memory_working_set_bytes', 'gauge', 2, 350_000_000, labels)),
  ...podLabels.flatMap((labels) => [
    series('http_requests_total', 'counter', 2, 25, { ...labels, http_status_code: '200' }),
    series('http_requests_total', 'counter', 2, 0.2, { ...labels, http_status_code: '500' }),
  ]),
  ...services.flatMap((service) => {
    const labels = podLabels.find((pod) => pod.service_name === service.name) ?? {};
    const metric = 'http_request_duration_seconds';
    return [
      ...LATENCIES.map(([le, share]) => series(`${metric}_bucket`, 'bucket', 2, 25, { ...labels, le }, share)),
      series(`${metric}_count`, 'count', 2, 25, labels),
      series(`${metric}_sum`, 'sum', 2, 25, labels, MEAN_LATENCY),
    ];
  }),
  ...hosts.flatMap((host) => {
    const labels = { instance: `${host}:9100`, job: 'node' };
    return [series('node_load1', 'gauge', 4, 2, labels), series('node_network_receive_bytes_total', 'counter', 4, 4_000_000, labels)];
  }),
  ...consumers.map(([topic, consumergroup]) =>
    series('kafka_consumergroup_lag', 'gauge', 4, 30, { instance: 'kafka-exporter:9308', job: 'kafka', topic, consumergroup }),
  ),
];
