-- Old workers: survive; they read and write none of this.
-- The wide keys made the constraint five times as slow as everything else about an insert, and the range index as slow again: all open ranges
-- overlap each other. 100 000 edges: 13.0 s before, 3.3 s after.
alter table topo_edge_time
  drop constraint topo_edge_time_no_overlap,
  add column edge_id bigint not null generated always as (hashtextextended(
    tenant_id || '/' || src_resource_id::text || '/' || dst_resource_id::text || '/' || relation || '/' || source || '/' || scope, 0)) stored;
alter table topo_edge_time
  add constraint topo_edge_time_no_overlap exclude using gist (edge_id with =, valid with &&);
comment on column topo_edge_time.edge_id is '64-bit hash of tenant, ends, relation, source and scope; ranges of one edge never overlap.';
drop index topo_edge_time_tenant_id_valid_idx;
create index on topo_edge_time (tenant_id, upper(valid)) where not upper_inf(valid);

alter table topo_edge_time
  add column misses int not null default 0,
  add column missed_at timestamptz;
comment on column topo_edge_time.misses is 'How many complete observations in a row did not see the edge, where one is not enough to close it.';
comment on column topo_edge_time.missed_at is 'Time of the first of them; the edge closes there once there are enough.';

alter table topo_scope add column input text, add column held_edges int;
alter table topo_scope drop constraint topo_scope_status_check;
alter table topo_scope add constraint topo_scope_status_check check (status in ('ok', 'partial', 'failed', 'held', 'orphaned'));
comment on column topo_scope.held_edges is 'Edges that were open before observations were held: what the share that may close is counted of.';
comment on column topo_scope.input is 'Configured place that gave the newest observation.';
comment on column topo_scope.status is 'ok, partial, failed, held (it would close more edges than allowed), or orphaned (nothing configured gives it any more).';
comment on column topo_scope.updated_at is 'When the scope was looked at last.';

create table topo_observation (
  tenant_id text not null,
  source text not null,
  scope text not null,
  observed_at timestamptz not null,
  closes boolean not null,
  lineage text,
  serial bigint,
  edges int not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, source, scope, observed_at)
);
comment on table topo_observation is 'One row per observation of a scope, the newest thousand of each: between which times an older document that arrives late may speak.';
comment on column topo_observation.closes is 'Whether what it did not show was closed: it was complete and not held.';

create table topo_input (
  tenant_id text not null,
  job text not null,
  input text not null,
  fingerprint text,
  checked_at timestamptz not null,
  primary key (tenant_id, job, input)
);
comment on table topo_input is 'One row per configured place of topology.';
comment on column topo_input.fingerprint is 'Hash of everything in the place when it was last read and understood whole; null when it must be read again.';
comment on column topo_input.checked_at is 'When it was looked at last.';
