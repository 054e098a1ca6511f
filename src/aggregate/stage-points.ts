import { classifyMetricStreams } from '../core/metric-kind.ts';
import { defaultResourceRules, type Place, type ResourceRule } from '../core/place.ts';
import { MINUTE } from '../core/time.ts';
import { during, insertBinding, type StageOptions, type Tally } from './stage.ts';

const PLACE_COLUMNS = ['service_name', 'namespace', 'pod', 'host', 'instance', 'job'] as const;

/** Tables of the staged points; `metric_points` is what aggregations read. */
const pointTables = `
create or replace temp table metric_stream (stream varchar primary key, family varchar, kind varchar, role varchar);
create or replace temp table point_place (place_key ubigint primary key, resource bigint);`;

/**
 * Decides family and kind of every metric stream and binds its rows to resources. The decision uses all streams of the source, so that it
 * does not depend on which of them have rows in this window.
 */
export async function preparePoints(
  options: StageOptions & { streams: readonly { name: string; metricType?: string }[]; rules?: readonly ResourceRule[] | undefined },
): Promise<void> {
  const { session, relation, streams, resources, rules = defaultResourceRules } = options;
  await session.run(pointTables);
  const facts = await session.rows<{ stream: string; bounds: boolean; quantiles: boolean }>(
    `select stream, bool_or(le is not null) as bounds, bool_or(quantile is not null) as quantiles from (${relation}) group by all`,
  );
  const seen = new Map(facts.map((fact) => [fact.stream, fact]));
  const known = new Map(streams.map((stream) => [stream.name, stream.metricType]));
  const classified = classifyMetricStreams(
    [...new Set([...seen.keys(), ...known.keys()])].map((stream) => {
      const fact = seen.get(stream);
      return {
        stream,
        type: known.get(stream),
        hasBounds: fact?.bounds ?? stream.endsWith('_bucket'),
        hasQuantiles: fact?.quantiles ?? false,
      };
    }),
  );
  await insertBinding(
    session,
    'metric_stream',
    classified.filter(({ stream }) => seen.has(stream)).map(({ stream, family, kind, role }) => [stream, family, kind, role]),
  );

  const prefixes = [...new Set(rules.flatMap((rule) => rule.metric_prefixes ?? []))];
  await session.run(`create or replace temp macro metric_prefix(stream) as ${prefixMatch(prefixes)}`);
  const places = await session.rows<Place & { place_key: bigint }>(
    `select distinct ${placeKey}, ${PLACE_COLUMNS.join(', ')}, metric_prefix(stream) as metric from (${relation})`,
  );
  await insertBinding(
    session,
    'point_place',
    places.map((place) => [place.place_key, resources.place(place)]),
  );
}

const placeKey = `hash(${PLACE_COLUMNS.join(', ')}, metric_prefix(stream)) as place_key`;

function prefixMatch(prefixes: readonly string[]): string {
  if (prefixes.length === 0) return 'null::varchar';
  return `case ${prefixes.map((prefix) => `when starts_with(stream, '${prefix.replaceAll("'", "''")}') then '${prefix.replaceAll("'", "''")}'`).join(' ')} end`;
}

/** Loads one partition of metric families: the window's points, and before it those that a counter's first difference needs. */
export async function stagePoints(options: StageOptions & { partition: number; partitions: number }, tally: Tally): Promise<void> {
  const { session, relation, window, lookback, partition, partitions } = options;
  const part = partitions === 1 ? 'true' : `hash(family) % ${partitions} = ${partition}`;
  await session.run(
    `create or replace temp table point as
     select timestamp, (timestamp // ${MINUTE})::integer as minute, ${during(window)} as in_window, p.stream, family, family || kept_labels as metric,
       -- OTLP marks a sum that may fall; the recorded type does not tell.
       case when kind = 'counter' and monotonic = false then 'gauge' else kind end as kind, role,
       series, family_series, value, try_cast(ltrim(lower(le), '+') as double) as le, try_cast(quantile as double) as quantile, temporality, resource,
       coalesce(rejected, case when role = 'bucket' and try_cast(ltrim(lower(le), '+') as double) is null then 'no_bucket_bound' end) as rejected
     from (select *, ${placeKey} from (${relation}) where ${during({ from: window.from - lookback, to: window.to })}) p
     join (select stream, family, kind, role from metric_stream) s on s.stream = p.stream
     left join point_place using (place_key)
     where ${part} and (${during(window)} or kind <> 'gauge')`,
  );
  const unusable = await session.rows<{ minute: number; rejected: string; rows: bigint }>(
    'select minute, rejected, count(*) as rows from point where rejected is not null and in_window group by all',
  );
  for (const { minute, rejected, rows } of unusable) tally.reject(minute, Number(rows), rejected);
  await session.run('delete from point where rejected is not null');
  const repeated = await session.rows<{ minute: number; in_window: boolean; rows: bigint }>(
    `select minute, in_window, sum(copies - 1)::bigint as rows from
       (select minute, in_window, count(*) as copies from point group by minute, in_window, series, timestamp having count(*) > 1) group by all`,
  );
  for (const { minute, in_window, rows } of repeated) if (in_window) tally.reject(minute, Number(rows), 'duplicate');
  const points =
    repeated.length > 0
      ? 'select * exclude (value, rejected), max(value) as value from point group by all'
      : 'select * exclude (rejected) from point';
  await session.run(`create or replace temp view metric_points as ${points}`);
  const accepted = await session.rows<{ minute: number; rows: bigint }>(
    'select minute, count(*) as rows from metric_points where in_window group by all',
  );
  for (const { minute, rows } of accepted) tally.accept(minute, Number(rows));
}
