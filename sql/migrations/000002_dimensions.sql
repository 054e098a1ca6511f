-- Old workers: survive; new tables only.
create table dim_tenant (
  tenant_id text primary key,
  name text,
  created_at timestamptz not null default now(),
  settings jsonb not null default '{}'
);
comment on table dim_tenant is 'One row per tenant.';

create table dim_resource (
  tenant_id text not null,
  resource_id bigint not null,
  urn text not null,
  kind text not null,
  name text not null,
  attrs jsonb not null default '{}',
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  primary key (tenant_id, resource_id),
  unique (tenant_id, urn)
);
create index on dim_resource (tenant_id, kind, name);
comment on table dim_resource is 'One row per tenant and resource: a service, host, database, topic, external host or cloud resource.';
comment on column dim_resource.resource_id is 'Signed 64-bit hash of tenant and URN; the same on every machine and in every replay.';
comment on column dim_resource.urn is 'urn:k8s:svc:<ns>/<name>, urn:svc:<name>, urn:host:<host>, urn:db:<system>:<cluster>/<db>, urn:mq:<system>:<cluster>/<topic>, urn:ext:<host>, urn:<provider>:<service>:<region>:<id>.';
comment on column dim_resource.first_seen is 'Earliest event time that names the resource, not the time of reading.';
comment on column dim_resource.last_seen is 'Latest event time that names the resource, not the time of reading.';

create table dim_resource_alias (
  tenant_id text not null,
  alias_kind text not null check (alias_kind in ('pod', 'ip', 'host', 'arn', 'dns', 'service')),
  alias text not null,
  resource_id bigint not null,
  provenance text not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  primary key (tenant_id, alias_kind, alias, resource_id, provenance)
);
create index on dim_resource_alias (tenant_id, alias);
create index on dim_resource_alias (tenant_id, resource_id);
comment on table dim_resource_alias is 'One row per other name of a resource and per place that gave it.';
comment on column dim_resource_alias.provenance is 'What said so: a source or a topology document.';

create table oo_locator (
  tenant_id text not null,
  locator_id bigint not null,
  aggregation text not null,
  bucket timestamptz not null,
  organization text not null,
  stream text not null,
  stream_type text not null,
  window_from timestamptz not null,
  window_to timestamptz not null,
  query text not null,
  exemplar_trace_id text,
  exemplar_timestamp timestamptz,
  url text,
  primary key (tenant_id, locator_id)
);
create index on oo_locator (tenant_id, aggregation, bucket);
comment on table oo_locator is 'One row per place in OpenObserve that holds the raw evidence of aggregate rows; their sample_ref is locator_id.';
comment on column oo_locator.locator_id is 'Signed 64-bit hash of what the row says.';
comment on column oo_locator.query is 'The exact OpenObserve query, or the object keys, that give the raw rows.';
comment on column oo_locator.url is 'Deep link into the OpenObserve web interface, when its address is known.';
