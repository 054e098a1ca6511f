import { hash64 } from '../core/hash.ts';
import type { Peer } from '../core/peer.ts';
import { MINUTE, type Micros, SECOND } from '../core/time.ts';
import { during, insertBinding, type StageOptions, type Tally } from './stage.ts';

/** Clocks of different hosts differ by this much at most before a parent seems to start after its child. */
const CLOCK_SKEW: Micros = 5 * SECOND;

const PEER_COLUMNS = [
  'db_system',
  'db_name',
  'messaging_system',
  'messaging_destination',
  'peer_service',
  'peer_address',
  'peer_url_host',
] as const;
const PEER_KEY = `case when kind in ('client', 'producer', 'consumer') then hash(${PEER_COLUMNS.join(', ')}) end`;
const PLACE_KEY = 'hash(service_name, namespace)';
const TRACE_KEY = "hash(lpad(right(trace_id, 16), 16, '0'))";
/** A plain `in` may be planned as a join that holds the whole lookback in memory; inside coalesce it stays a look-up of the few keys. */
const ofTraces = (table: string): string => `coalesce(${TRACE_KEY} in (select trace_key from ${table}), false)`;

const bindingTables = `
create or replace temp table span_place (place_key ubigint primary key, resource bigint);
create or replace temp table span_peer (peer_key ubigint primary key, target bigint, target_kind varchar, topic_key bigint);`;

/**
 * Tables of the staged spans; `spans` is what aggregations read. What a span may be related to starts between `visible_from`
 * and `visible_until`: what a read of its minute alone would load, so that the rows of a minute do not depend on how many minutes are read at once.
 * A call looks far ahead only while it waits for its answer.
 */
const spanTables = ({ lookback, lookahead }: StageOptions): string => `
create or replace temp table span (timestamp bigint, minute integer, in_window boolean, trace_id varchar, trace_key ubigint, span_key ubigint,
  parent_key ubigint, kind varchar, failed boolean, duration_us bigint, protocol varchar, stream varchar, operation varchar, links varchar, name_key ubigint,
  namespaced boolean, shared boolean, waits boolean, resource bigint, target bigint, target_kind varchar, topic_key bigint, rejected varchar);
create or replace temp view spans as select rowid as id, * exclude (rejected, waits), minute * ${MINUTE}::bigint - ${lookback} as visible_from,
  (minute + 1) * ${MINUTE}::bigint - 1 + case when kind in ('client', 'producer') and not waits then ${CLOCK_SKEW} else ${lookahead} end as visible_until
  from span;`;

/**
 * Loads the window's spans, and of the time around it the spans of those traces that reach beyond the window: parents that started
 * earlier, answers that start later. Duplicates and rows that cannot be used are taken out and tallied. Calls `collect` when the tables are
 * complete: once for each of the `parts` that the traces are divided into, each of which reads the window again, so that memory is bounded.
 */
export async function stageSpans(options: StageOptions, parts: number, tally: Tally, collect: () => Promise<void>): Promise<void> {
  const { session, relation, window, lookback, lookahead } = options;
  const { from, to } = window;
  const near = `select * from (${relation}) where ${during({ from: from - CLOCK_SKEW, to: to + CLOCK_SKEW })}`;
  const beyond = [during({ from: from - lookback, to: from - CLOCK_SKEW }), during({ from: to + CLOCK_SKEW, to: to + lookahead })];
  const around = `select * from (${relation}) where (${beyond.join(' or ')})`;
  await session.run(bindingTables);
  await bind(options, near);
  if (parts > 1) await loadLinked(options, [near, around]);
  for (let part = 0; part < parts; part++) {
    const ofPart = parts === 1 ? 'true' : `${TRACE_KEY} % ${parts} = ${part}`;
    await session.run(spanTables(options));
    await load(options, `${near} and ${ofPart}`);
    if ((await findContext(options)) > 0) {
      const context = `${around} and ${ofTraces('context_trace')} and ${ofPart}`;
      await bind(options, context);
      await load(options, context);
    }
    if (parts > 1)
      await session.run(
        `insert into span select * from linked_span semi join linked_trace using (trace_key) where trace_key % ${parts} <> ${part}`,
      );
    await rejectRows(options, tally);
    await collect();
  }
}

/** Span links lead to traces of other parts: what they may lead to is loaded once, as context for every part. */
async function loadLinked(options: StageOptions, reads: readonly string[]): Promise<void> {
  const { session } = options;
  await session.run(spanTables(options));
  await load(options, `${reads[0]} and kind = 'consumer' and links is not null`);
  await findContext(options);
  await session.run(spanTables(options));
  for (const read of reads) {
    const linked = `${read} and ${ofTraces('linked_trace')} and kind in ('producer', 'client')`;
    await bind(options, linked);
    await load(options, linked);
  }
  await session.run(
    'create or replace temp table linked_span as select * replace (false as in_window, null as trace_id, null as links) from span where rejected is null',
  );
}

/** Lists the traces that reach beyond what is loaded: with a parent that is not there, an answer that may come later, or a span link. */
async function findContext({ session }: StageOptions): Promise<number> {
  await session.run(
    // Nobody answers a call to a database.
    `update span set waits = true where rowid in (
       select c.rowid from span c anti join span s on s.trace_key = c.trace_key and s.parent_key = c.span_key and s.name_key <> c.name_key
           and s.timestamp between c.minute * ${MINUTE}::bigint - ${CLOCK_SKEW} and (c.minute + 1) * ${MINUTE}::bigint - 1 + ${CLOCK_SKEW}
         where c.in_window and c.kind in ('client', 'producer') and c.target_kind is distinct from 'database');
     create or replace temp table linked_trace as
     select distinct hash(lpad(right(lower(link.context.traceId), 16), 16, '0')) as trace_key
       from (select unnest(from_json(links, '[{"context":{"traceId":"VARCHAR"}}]')) as link from span where in_window and links is not null and json_valid(links));
     create or replace temp table context_trace as
     select s.trace_key from span s anti join span p on p.trace_key = s.trace_key and p.span_key = s.parent_key
       where s.rejected is null and s.parent_key is not null
     union
     select trace_key from span where waits
     union
     select trace_key from linked_trace`,
  );
  const [counted] = await session.rows<{ traces: number }>('select count(*)::integer as traces from context_trace');
  return counted?.traces ?? 0;
}

async function load({ session, window, names }: StageOptions, spans: string): Promise<void> {
  await session.run(
    `insert into span
     select timestamp, (timestamp // ${MINUTE})::integer, ${during(window)}, trace_id, ${TRACE_KEY}, hash(span_id),
       case when parent_span_id is not null then hash(parent_span_id) end, kind, failed, duration_us, protocol, stream, ${names('operation') ? 'operation' : 'null'},
       case when kind = 'consumer' then links end, hash(service_name), namespace is not null, false, false, resource, target, target_kind, topic_key, rejected
     from (select *, ${PLACE_KEY} as place_key, ${PEER_KEY} as peer_key from (${spans}))
     left join span_place using (place_key) left join span_peer using (peer_key)`,
  );
}

/** Names the resources of the spans and of what they call, as far as they are not named yet. */
async function bind({ session, resources }: StageOptions, spans: string): Promise<void> {
  const peerColumns = PEER_COLUMNS.map((name) => `case when kind in ('client', 'producer', 'consumer') then ${name} end as ${name}`);
  const met = await session.rows<
    Peer & { place_key: bigint; service_name: string | null; namespace: string | null; peer_key: bigint | null }
  >(
    `select distinct ${PLACE_KEY} as place_key, service_name, namespace, ${PEER_KEY} as peer_key, ${peerColumns.join(', ')} from (${spans})`,
  );
  const known = await session.rows<{ key: bigint }>('select place_key as key from span_place union all select peer_key from span_peer');
  const named = new Set(known.map(({ key }) => key));
  const isNew = (key: bigint | null): key is bigint => key !== null && !named.has(key) && named.add(key) !== undefined;

  const none = { pod: null, host: null, instance: null, job: null, metric: null };
  const places = met.flatMap(({ place_key, service_name, namespace }) =>
    service_name !== null && isNew(place_key) ? [[place_key, resources.place({ ...none, service_name, namespace })]] : [],
  );
  const peers = met.filter(({ peer_key }) => isNew(peer_key));
  const targets = await resources.targets(peers);
  await insertBinding(session, 'span_place', places);
  await insertBinding(
    session,
    'span_peer',
    peers.map((peer, index) => {
      const target = targets[index] ?? null;
      const topic = target?.kind === 'topic' ? hash64(peer.messaging_system ?? '', peer.messaging_destination ?? '') : null;
      return [peer.peer_key, target && resources.id(target), target?.kind ?? null, topic];
    }),
  );
}

async function rejectRows({ session }: StageOptions, tally: Tally): Promise<void> {
  const unusable = await session.rows<{ minute: number; rejected: string; rows: bigint }>(
    'select minute, rejected, count(*) as rows from span where rejected is not null and in_window group by all',
  );
  for (const { minute, rejected, rows } of unusable) tally.reject(minute, Number(rows), rejected);
  await session.run('delete from span where rejected is not null');
  await session.run('create or replace temp table repeated as select trace_key, span_key from span group by all having count(*) > 1');
  const [repeated] = await session.rows<{ keys: bigint }>('select count(*) as keys from repeated');
  if (repeated && repeated.keys > 0n) {
    await session.run(
      `create or replace temp table surplus as select id, minute, in_window from (
         select rowid as id, minute, in_window, row_number() over (partition by trace_key, span_key, name_key, kind
           order by duration_us desc nulls last, timestamp, failed desc, resource, parent_key, trace_id, target) as copy
         from span semi join repeated using (trace_key, span_key)) where copy > 1`,
    );
    const surplus = await session.rows<{ minute: number; rows: bigint }>(
      'select minute, count(*) as rows from surplus where in_window group by all',
    );
    for (const { minute, rows } of surplus) tally.reject(minute, Number(rows), 'duplicate');
    await session.run('delete from span where rowid in (select id from surplus)');
    // What still shares an id are the two halves of one call, told apart by service and kind.
    await session.run(
      `update span set shared = true where (trace_key, span_key) in (
         select trace_key, span_key from span semi join repeated using (trace_key, span_key) group by all having count(*) > 1)`,
    );
  }
  const accepted = await session.rows<{ minute: number; rows: bigint }>(
    'select minute, count(*) as rows from span where in_window group by all',
  );
  for (const { minute, rows } of accepted) tally.accept(minute, Number(rows));
}
