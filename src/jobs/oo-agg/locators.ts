import type { Aggregation } from '../../aggregate/catalog.ts';
import type { Evidence, Locate } from '../../aggregate/output.ts';
import { hash64 } from '../../core/hash.ts';
import type { Signal } from '../../core/signal.ts';
import { formatTime, type Micros } from '../../core/time.ts';

/** Columns of `oo_locator` in the order of the collected rows. */
export const locatorColumns = [
  ...['tenant_id', 'locator_id', 'aggregation', 'bucket', 'organization', 'stream', 'stream_type', 'window_from', 'window_to', 'query'],
  ...['exemplar_trace_id', 'exemplar_timestamp', 'url'],
];

const STREAM_TYPES: Readonly<Record<Signal, string>> = { logs: 'logs', spans: 'traces', metric_points: 'metrics' };

export interface LocatorOptions {
  readonly tenantId: string;
  readonly organization: string;
  readonly webUrl: string | undefined;
  readonly aggregation: Aggregation;
}

interface Located {
  readonly id: bigint;
  readonly query: string;
  readonly bucket: Micros;
  readonly evidence: Evidence;
}

/**
 * Collects the locators that output rows point to. A locator holds the query that shows the evidence in OpenObserve; object keys are not
 * kept, because compaction renames objects within hours.
 */
export function createLocators(options: LocatorOptions): { locate: Locate; rows(): unknown[][] } {
  const { tenantId, organization, webUrl, aggregation } = options;
  const streamType = STREAM_TYPES[aggregation.contract.reads as Signal];
  const located = new Map<string, Located>();
  const toRow = ({ id, query, bucket, evidence }: Located): unknown[] => {
    const window = { from: bucket, to: bucket + aggregation.width };
    const { stream, traceId, timestamp } = evidence;
    return [
      ...[tenantId, id, aggregation.name, formatTime(bucket), organization, stream, streamType],
      ...[formatTime(window.from), formatTime(window.to), query, traceId, timestamp === null ? null : formatTime(timestamp)],
      webUrl === undefined ? null : toUrl(webUrl, organization, streamType, stream, window, query),
    ];
  };
  return {
    locate(evidence, bucket) {
      const query = toQuery(evidence);
      const key = `${evidence.stream}\u0000${bucket}\u0000${query}`;
      const known = located.get(key);
      if (known) {
        // Several rows may show the same trace: its earliest exemplar stands for all, whatever their order.
        if ((evidence.timestamp ?? Infinity) < (known.evidence.timestamp ?? Infinity)) located.set(key, { ...known, evidence });
        return known.id;
      }
      const window = [String(bucket), String(bucket + aggregation.width)];
      const id = hash64(tenantId, aggregation.name, organization, streamType, evidence.stream, ...window, query);
      located.set(key, { id, query, bucket, evidence });
      return id;
    },
    rows: () => [...located.values()].map(toRow),
  };
}

function toQuery(evidence: { stream: string; traceId: string | null; timestamp: Micros | null }): string {
  const from = `SELECT * FROM "${evidence.stream.replaceAll('"', '""')}"`;
  if (evidence.traceId !== null) return `${from} WHERE trace_id = '${evidence.traceId.replaceAll("'", "''")}' ORDER BY start_time`;
  if (evidence.timestamp !== null) return `${from} WHERE _timestamp = ${evidence.timestamp}`;
  return `${from} ORDER BY _timestamp`;
}

function toUrl(
  webUrl: string,
  organization: string,
  streamType: string,
  stream: string,
  window: { from: Micros; to: Micros },
  query: string,
): string {
  const parameters = new URLSearchParams({
    ...{ stream_type: streamType, stream, from: String(window.from), to: String(window.to), sql_mode: 'true' },
    ...{ query: Buffer.from(query).toString('base64'), org_identifier: organization },
  });
  return `${webUrl.replace(/\/$/, '')}/web/logs?${parameters}`;
}
