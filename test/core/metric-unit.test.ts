import { expect, test } from 'vitest';
import { toMetricUnit } from '../../src/core/metric-unit.ts';

test.each([
  ['istio_server_latency_p95_seconds', 'gauge', 'seconds'],
  ['go_memstats_alloc_bytes_total', 'counter', 'bytes per second'],
  ['process_cpu_seconds_total', 'counter', 'seconds per second'],
  ['prometheus_http_requests_total', 'counter', 'per second'],
  ['http_server_request_duration_seconds', 'histogram', 'seconds'],
  ['http_server_requests_seconds_max', 'gauge', 'seconds'],
  ['k8s_pod_network_receive_bytes_per_second', 'gauge', 'bytes per second'],
  ['k8s_pod_workload_ops_per_second', 'gauge', 'ops per second'],
  ['k8s_pod_memory_working_set_mib', 'gauge', 'mebibytes'],
  ['cpu.usage.percent', 'gauge', 'percent'],
  ['disk_io_bytes{device="sda_ratio"}', 'gauge', 'bytes'],
  ['process_start_time_seconds', 'gauge', 'unix seconds'],
  ['node_disk_io_time_seconds_total', 'counter', 'seconds per second'],
  ['node_load1', 'gauge', null],
  ['bytes', 'gauge', null],
  ['queue_messages_ready', 'gauge', null],
])('%s, a %s, counts %s', (metric, kind, unit) => {
  expect(toMetricUnit(metric, kind)).toBe(unit);
});
