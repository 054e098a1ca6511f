/** The canonical tables every source yields and every aggregation reads. */
export const signals = ['logs', 'spans', 'metric_points'] as const;
export type Signal = (typeof signals)[number];

/**
 * Columns of the canonical tables with their DuckDB types. `rejected` names the reason why a row takes no part in an aggregation, or is null;
 * rejected rows are counted, never dropped silently.
 */
export const canonicalColumns = {
  logs: {
    timestamp: 'bigint', // µs UTC
    stream: 'varchar',
    service_name: 'varchar',
    namespace: 'varchar',
    pod: 'varchar',
    host: 'varchar',
    job: 'varchar',
    severity: 'varchar', // as the shipper wrote it
    body: 'varchar',
    trace_id: 'varchar',
    rejected: 'varchar',
  },
  spans: {
    timestamp: 'bigint', // µs UTC, start of the span
    stream: 'varchar',
    trace_id: 'varchar', // lower-case hex
    span_id: 'varchar',
    parent_span_id: 'varchar',
    service_name: 'varchar',
    namespace: 'varchar',
    operation: 'varchar',
    kind: 'varchar', // internal | server | client | producer | consumer | null
    failed: 'boolean',
    duration_us: 'bigint', // null when the recorded one is impossible
    protocol: 'varchar',
    db_system: 'varchar',
    db_name: 'varchar',
    messaging_system: 'varchar',
    messaging_destination: 'varchar',
    peer_service: 'varchar',
    peer_address: 'varchar', // server.address, else net.peer.name
    peer_url_host: 'varchar',
    links: 'varchar', // JSON
    rejected: 'varchar',
  },
  metric_points: {
    timestamp: 'bigint',
    stream: 'varchar',
    series: 'ubigint', // identity of the time series within one read
    family_series: 'ubigint', // the same without le, quantile and the metric name
    value: 'double',
    le: 'varchar',
    quantile: 'varchar',
    temporality: 'varchar', // cumulative | delta | null
    monotonic: 'boolean',
    service_name: 'varchar',
    namespace: 'varchar',
    pod: 'varchar',
    host: 'varchar',
    instance: 'varchar',
    job: 'varchar',
    kept_labels: 'varchar', // '' or '{code="500"}'
    rejected: 'varchar',
  },
} as const satisfies Record<Signal, Record<string, string>>;
