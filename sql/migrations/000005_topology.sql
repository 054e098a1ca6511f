-- Old workers: survive; new tables only.
create table topo_edge_time (
  tenant_id text not null,
  src_resource_id bigint not null,
  dst_resource_id bigint not null,
  relation text not null check (relation in ('DEPENDS_ON', 'CONTAINS', 'ROUTES_TO', 'STARTS_AFTER')),
  source text not null,
  scope text not null,
  valid tstzrange not null check (not isempty(valid)),
  recorded_at timestamptz not null,
  attrs jsonb not null default '{}',
  evidence jsonb not null default '{}',
  primary key (tenant_id, src_resource_id, dst_resource_id, relation, source, scope, valid),
  constraint topo_edge_time_no_overlap exclude using gist (
    tenant_id with =, src_resource_id with =, dst_resource_id with =, relation with =, source with =, scope with =, valid with &&
  )
);
create index on topo_edge_time (tenant_id, source, scope) where upper_inf(valid);
create index on topo_edge_time (tenant_id, dst_resource_id);
create index on topo_edge_time using gist (tenant_id, valid);
comment on table topo_edge_time is 'One row per edge, source, scope and valid range: what is believed now. Open edges have upper_inf(valid).';
comment on column topo_edge_time.valid is 'When the edge was true, half-open, UTC.';
comment on column topo_edge_time.recorded_at is 'When this row was written.';
comment on column topo_edge_time.attrs is 'Port and protocol, where known.';
comment on column topo_edge_time.evidence is 'File, address or rule that declares the edge; never a secret value.';

create table topo_edge_history (
  tenant_id text not null,
  src_resource_id bigint not null,
  dst_resource_id bigint not null,
  relation text not null,
  source text not null,
  scope text not null,
  valid tstzrange not null,
  recorded_at timestamptz not null,
  attrs jsonb not null default '{}',
  evidence jsonb not null default '{}',
  recorded tstzrange not null check (not isempty(recorded)),
  primary key (tenant_id, src_resource_id, dst_resource_id, relation, source, scope, valid, recorded)
);
create index on topo_edge_history using gist (tenant_id, recorded);
comment on table topo_edge_history is 'One row per superseded row of topo_edge_time.';
comment on column topo_edge_history.recorded is 'When the row was believed, half-open, UTC: "what was believed at 03:10 about 02:00" is recorded @> 03:10 and valid @> 02:00.';

create table topo_scope (
  tenant_id text not null,
  source text not null,
  scope text not null,
  observed_at timestamptz not null,
  complete boolean not null,
  lineage text,
  serial bigint,
  status text not null check (status in ('ok', 'partial', 'failed', 'held')),
  status_reason text,
  edges int not null default 0,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, source, scope)
);
comment on table topo_scope is 'One row per source and scope of discovery: its newest observation.';
comment on column topo_scope.observed_at is 'Time of the observed document; older documents never overwrite newer facts.';
comment on column topo_scope.complete is 'Whether the newest observation saw the whole scope, so that it may close missing edges.';
comment on column topo_scope.lineage is 'Identity of the document series, such as the lineage of a Terraform state.';
comment on column topo_scope.serial is 'Its serial number within the lineage.';
comment on column topo_scope.status is 'ok, partial, failed, or held (it would close more edges than allowed).';
comment on column topo_scope.edges is 'Open edges after the observation.';
