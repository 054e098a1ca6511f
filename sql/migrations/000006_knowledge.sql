-- Old workers: survive; new tables only.
create table kb_doc (
  tenant_id text not null,
  doc_id bigint not null,
  uri text not null,
  title text,
  content_hash text not null,
  attrs jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  primary key (tenant_id, doc_id),
  unique (tenant_id, uri)
);
comment on table kb_doc is 'One row per document of the knowledge base.';
comment on column kb_doc.doc_id is 'Signed 64-bit hash of tenant and URI.';

create table kb_chunk (
  tenant_id text not null,
  doc_id bigint not null,
  chunk int not null,
  content text not null,
  language regconfig not null default 'simple',
  search tsvector generated always as (to_tsvector(language, content)) stored,
  model text,
  primary key (tenant_id, doc_id, chunk),
  foreign key (tenant_id, doc_id) references kb_doc on delete cascade
);
do $$
begin
  execute 'alter table kb_chunk add column embedding '
    || case when exists (select from pg_extension where extname = 'vector') then 'vector' else 'real[]' end;
end
$$;
create index on kb_chunk using gin (search);
comment on table kb_chunk is 'One row per passage of a document.';
comment on column kb_chunk.chunk is 'Position in the document, from 0.';
comment on column kb_chunk.embedding is 'Of type vector where pgvector is installed, else real[].';
comment on column kb_chunk.model is 'Model that made the embedding; only embeddings of one model can be compared.';

create table event_envelope (
  tenant_id text not null,
  event_id bigint generated always as identity,
  source text not null,
  id text not null,
  type text not null,
  subject text,
  time timestamptz not null,
  received_at timestamptz not null default now(),
  spec_version text not null default '1.0',
  content_type text,
  data_schema text,
  extensions jsonb not null default '{}',
  data jsonb,
  data_bytes bytea,
  primary key (tenant_id, event_id),
  unique (tenant_id, source, id)
);
create index on event_envelope (tenant_id, type, time);
create index on event_envelope (tenant_id, time);
comment on table event_envelope is 'One row per CloudEvent; (source, id) identifies it, so that a repeated delivery adds nothing.';
comment on column event_envelope.data_bytes is 'The payload when it is not JSON.';

create table evidence_link (
  tenant_id text not null,
  link_id bigint not null,
  subject_kind text not null,
  subject_id text not null,
  evidence_kind text not null,
  evidence_ref text not null,
  note text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, link_id),
  unique (tenant_id, subject_kind, subject_id, evidence_kind, evidence_ref)
);
create index on evidence_link (tenant_id, evidence_kind, evidence_ref);
comment on table evidence_link is 'One row per link from something this database says to what supports it.';
comment on column evidence_link.link_id is 'Signed 64-bit hash of tenant, subject and evidence.';
comment on column evidence_link.subject_kind is 'resource, edge, pattern, event or document.';
comment on column evidence_link.evidence_kind is 'locator, document, event or url.';
comment on column evidence_link.evidence_ref is 'Key of the evidence, as text.';
