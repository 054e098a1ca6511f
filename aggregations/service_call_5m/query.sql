-- One row per minute, caller, callee and protocol; a null callee counts client spans that do not say whom they call.
-- The steps are tables of their own, so that the memory of one step is free before the next.

-- Each span and its parent. What is not visible from a span is as if it were not there, however much is read at once.
create or replace temp table link as
select s.id as child, p.id as parent, s.kind as child_kind, p.kind as parent_kind, s.timestamp as child_start, s.visible_from, p.timestamp as parent_start,
  s.name_key = p.name_key and (s.resource = p.resource or not s.namespaced or not p.namespaced) as same_service
from spans s
join spans p on p.trace_key = s.trace_key and p.span_key = s.parent_key and p.timestamp between s.visible_from and s.visible_until
where not p.shared and not (s.shared and s.kind in ('server', 'consumer'));

-- Client and server half may share one id: then the client half is the parent of the server half.
insert into link
select s.id, p.id, s.kind, p.kind, s.timestamp, s.visible_from, p.timestamp, s.name_key = p.name_key and (s.resource = p.resource or not s.namespaced or not p.namespaced)
from (
  select child, arg_min(parent, row(preference, start, name_key, kind)) as parent
  from (
    select s.id as child, p.id as parent, 0 as preference, p.timestamp as start, p.name_key, p.kind,
      p.timestamp between s.visible_from and s.visible_until as visible
    from spans s
    join spans p on p.trace_key = s.trace_key and p.span_key = s.span_key
    where s.shared and p.shared and s.kind in ('server', 'consumer') and p.kind in ('client', 'producer')
    union all
    select s.id, p.id, case when s.name_key = p.name_key then 1 when p.kind in ('server', 'consumer') then 2 else 3 end, p.timestamp, p.name_key, p.kind,
      p.timestamp between s.visible_from and s.visible_until
    from spans s
    join spans p on p.trace_key = s.trace_key and p.span_key = s.parent_key
    where p.shared
    union all
    select s.id, p.id, 4, p.timestamp, p.name_key, p.kind, p.timestamp between s.visible_from and s.visible_until
    from spans s
    join spans p on p.trace_key = s.trace_key and p.span_key = s.parent_key
    where s.shared and s.kind in ('server', 'consumer') and not p.shared
  )
  where visible
  group by child
) chosen
join spans s on s.id = chosen.child
join spans p on p.id = chosen.parent;

-- From the first span of a piece of work, and from every client span, up to the client span of the same service that it happens below.
create or replace temp table below_client as
with recursive climb as (
  select child, parent as above, parent_kind as above_kind, child_start, visible_from, 0 as depth
  from link
  where not same_service or child_kind in ('server', 'client', 'producer', 'consumer')
  union all
  select c.child, l.parent, l.parent_kind, c.child_start, c.visible_from, c.depth + 1
  from climb c
  join link l on l.child = c.above
  where (c.above_kind is null or c.above_kind = 'internal') and l.same_service and l.parent_start >= c.visible_from and c.depth < 16
)
select child, above as client, child_start from climb where above_kind in ('client', 'producer');

-- What a client span sees of what happens below it.
create or replace temp table answer as
select b.child, b.client
from below_client b
join spans c on c.id = b.client and b.child_start <= c.visible_until;

-- Producer and consumer of one message: by parent, or by span link.
create or replace temp table message as
with linked_context as (
  select id as consumer, visible_from, visible_until, unnest(from_json(links, '[{"context":{"traceId":"VARCHAR","spanId":"VARCHAR"}}]')).context as context
  from spans
  where kind = 'consumer' and links is not null and json_valid(links)
)
select s.id as consumer, b.client as producer
from below_client b
join spans s on s.id = b.child
join spans p on p.id = b.client
where (s.kind = 'consumer' or s.kind is null or s.kind = 'internal') and (p.kind = 'producer' or p.target_kind = 'topic' or s.target_kind = 'topic')
union
select l.consumer, p.id
from linked_context l
join spans p on p.trace_key = hash(lpad(right(lower(l.context.traceId), 16), 16, '0')) and p.span_key = hash(lower(l.context.spanId))
  and p.timestamp between l.visible_from and l.visible_until
where p.kind in ('producer', 'client');

-- A topic that is named on one side only is the topic of both; where both name it, the producer's address of it counts.
create or replace temp table consumer_topic as
select s.id, max(case when s.topic_key is null or s.topic_key = p.topic_key then coalesce(p.target, s.target) else s.target end)
    filter (where p.target_kind = 'topic' or s.target_kind = 'topic') as topic
from (select id from spans where kind = 'consumer' union select consumer from message) c
join spans s on s.id = c.id
left join message m on m.consumer = s.id
left join spans p on p.id = m.producer and p.target_kind = 'topic'
group by s.id;

-- A consumer that only links to the producer may come at any time, so it does not tell.
create or replace temp table producer_topic as
select a.client as id, max(s.target) as topic
from answer a
join message m on m.consumer = a.child and m.producer = a.client
join spans s on s.id = a.child and s.target_kind = 'topic'
join spans p on p.id = a.client and p.target_kind is distinct from 'topic'
group by a.client;

create or replace temp table covered as
select client as id from answer
union
-- What a client library does on the way to a topic is part of sending the message.
select b.child from below_client b
join spans s on s.id = b.child and s.kind = 'client'
join spans p on p.id = b.client and p.kind = 'producer' and p.target_kind = 'topic' and p.name_key = s.name_key;

-- A span whose parent belongs to another service.
create or replace temp table call as
select s.minute, p.resource as source, s.resource as target, coalesce(s.protocol, c.protocol, p.protocol, 'unknown') as protocol,
  s.failed or coalesce(c.failed, false) or (c.id is null and p.failed and coalesce(p.kind, '') in ('client', 'producer')) as failed,
  coalesce(s.duration_us, c.duration_us) as latency, c.duration_us as client_latency, s.timestamp, s.trace_id, s.stream
from link l
join spans s on s.id = l.child and s.in_window
join spans p on p.id = l.parent
left join below_client b on b.child = l.child
left join spans c on c.id = b.client
left join consumer_topic t on t.id = s.id
left join (select distinct consumer from message) m on m.consumer = s.id
where not l.same_service and m.consumer is null and t.topic is null;

-- A consumer's work on a message; a consumer span inside another is the same work.
insert into call
select s.minute, t.topic, s.resource, coalesce(s.protocol, 'unknown'), s.failed, s.duration_us, null, s.timestamp, s.trace_id, s.stream
from consumer_topic t
join spans s on s.id = t.id and s.in_window
left join link l on l.child = s.id
left join (select distinct consumer from message) m on m.consumer = s.id
where (l.child is null or not l.same_service or l.parent_kind is distinct from 'consumer')
  and (t.topic is not null or m.consumer is not null or l.child is null);

-- A message sent, and a client span that nobody is seen to answer.
insert into call
select s.minute, s.resource, case when s.target_kind = 'topic' then s.target else coalesce(t.topic, s.target) end, coalesce(s.protocol, 'unknown'), s.failed,
  s.duration_us, s.duration_us, s.timestamp, s.trace_id, s.stream
from spans s
left join producer_topic t on t.id = s.id
left join covered v on v.id = s.id
where s.in_window and s.kind in ('client', 'producer') and (v.id is null or s.target_kind = 'topic' or t.topic is not null);

select minute as bucket, source, target, protocol, count(*) as calls, count(*) filter (where failed) as errors,
  sketch(latency) as latency, sketch(client_latency) as client_latency,
  max(format('{:d}{:016d}|{}|{}|{}', failed::int, coalesce(latency, 0), timestamp, trace_id, stream)) as evidence
from call
where source is distinct from target
group by all
