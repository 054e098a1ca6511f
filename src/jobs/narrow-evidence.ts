import { type EvidenceBounds, type EvidencePlace, type EvidenceRows, rangeOf, toEvidence } from '../core/evidence.ts';
import { type Place, type ResourceRule, resourceOf } from '../core/place.ts';
import type { Signal } from '../core/signal.ts';
import type { SqlSession } from '../core/sql-session.ts';
import type { PatternMiner } from '../patterns/miner.ts';
import { rangesOf, signalOf } from '../sources/read-evidence.ts';
import type { Source } from '../sources/source.ts';

/** Rows of a place that are looked through: five minutes of a busy stream. */
const MOST_READ = 50_000;

/** Canonical columns that tell people something. */
const COLUMNS: Readonly<Record<Signal, string>> = {
  logs: 'timestamp, service_name, namespace, pod, host, job, severity, body, trace_id',
  spans: 'timestamp, service_name, namespace, trace_id, span_id, parent_span_id, operation, kind, failed, duration_us, protocol',
  metric_points:
    "timestamp, stream, value, le, quantile, service_name, namespace, pod, host, instance, job, nullif(kept_labels, '') as labels",
};

/** Those of them that name the resource of a row. */
const PLACES: Readonly<Record<Signal, string>> = {
  logs: 'service_name, namespace, pod, host, job',
  spans: 'service_name, namespace',
  metric_points: 'service_name, namespace, pod, host, instance, job',
};

/** How rows were counted: what names their resource and what masks their lines. */
export interface Counting {
  readonly rules: readonly ResourceRule[];
  readonly miner: PatternMiner;
}

/**
 * Reads the rows of a place that belong to a resource or to patterns, as the aggregations counted them, newest first, with the canonical columns.
 * Looks through the newest 50 000 rows of the place. Rejects as `Source.open` does; stops when the signal fires.
 */
export async function readNarrowEvidence(
  source: Source,
  place: EvidencePlace,
  bounds: EvidenceBounds,
  session: SqlSession,
  { rules, miner }: Counting,
  signal: AbortSignal,
): Promise<EvidenceRows> {
  const range = rangeOf(place);
  const kind = signalOf(place.streamType);
  const { urn, fingerprints } = place.only ?? {};
  const masks = fingerprints && new Set(fingerprints);
  const metric = kind === 'metric_points' ? place.stream : null;
  await using slice = await source.open(rangesOf(place), session, signal);
  try {
    // Of thousands of rows a few are wanted: only what tells them apart leaves the engine, for which whole rows took three times as long.
    await session.run(
      `create table looked_through as select row_number() over (order by timestamp desc) as nr, ${COLUMNS[kind]}
       from (${slice.relations[kind]}) where stream = $stream and rejected is null
       and timestamp >= ${range.from} and timestamp < ${range.to} order by timestamp desc limit ${MOST_READ + 1}`,
      { stream: place.stream },
    );
    const telling = ['nr', ...(urn === undefined ? [] : [PLACES[kind]]), ...(masks === undefined ? [] : ['body'])].join(', ');
    const rows = await session.rows<Partial<Place> & { nr: bigint; body?: string | null }>(
      `select ${telling} from looked_through order by nr`,
    );
    const found: bigint[] = [];
    for (const row of rows.slice(0, MOST_READ)) {
      if (found.length > bounds.rows) break;
      if (urn !== undefined && resourceOf({ ...NOWHERE, ...row, metric }, rules).urn !== urn) continue;
      if (masks === undefined || masks.has(miner.pattern(miner.code(row.body ?? '')).fingerprint)) found.push(row.nr);
    }
    const whole = await session.rows<object>(
      `select * exclude (nr) from looked_through where nr in (${['-1', ...found].join(', ')}) order by nr`,
    );
    const evidence = toEvidence(whole.map(toLine), bounds, range);
    return { ...evidence, truncated: evidence.truncated || rows.length > MOST_READ };
  } catch (error) {
    throw slice.explain(error);
  }
}

const NOWHERE: Place = { service_name: null, namespace: null, pod: null, host: null, instance: null, job: null, metric: null };

const toLine = (row: object): string => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? Number(value) : value));
