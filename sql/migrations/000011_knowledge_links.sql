-- Old workers: survive; none of them wrote these tables.
-- Chinese and Japanese are written without spaces: each of their characters is a word, and words of several are phrases. Names such as
-- ts-order.default.svc and /api/v1/orders are phrases of their parts, so that a part finds them.
create function kb_words(text) returns text language sql immutable strict parallel safe
  return regexp_replace(regexp_replace($1, '[-/._:@=#\\]', ' ', 'g'),
    '([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])', ' \1 ', 'g');
comment on function kb_words(text) is 'The text with spaces between what full-text search takes for words.';

alter table kb_doc
  add column language regconfig not null default 'simple',
  add column root text,
  add column chunks int not null default 0;
create index on kb_doc (tenant_id, root) where root is not null;
comment on column kb_doc.content_hash is 'Hash of its title, language and text; the same document is not stored again.';
comment on column kb_doc.updated_at is 'When its text was stored.';
comment on column kb_doc.language is 'Text search configuration of its passages.';
comment on column kb_doc.root is 'Directory that it was imported from, as URI; null for a document of its own. A later import of that directory removes it when it is gone.';
comment on column kb_doc.chunks is 'Its passages. [count]';

alter table kb_chunk
  drop column search,
  add column headings jsonb not null default '[]';
alter table kb_chunk add column search tsvector generated always as (
  setweight(to_tsvector(language, kb_words(headings::text)), 'A') || setweight(to_tsvector(language, kb_words(content)), 'D')) stored;
create index on kb_chunk using gin (search);
create index on kb_chunk (tenant_id, model);
comment on column kb_chunk.headings is 'Title of the document and headings above the passage, outermost first.';
comment on column kb_chunk.search is 'Headings (weight A) and text (weight D) as full-text search sees them.';

do $$
begin
  if exists (select from pg_attribute where attrelid = 'kb_chunk'::regclass and attname = 'embedding' and atttypid = 'real[]'::regtype) then
    -- Vectors do not compress.
    alter table kb_chunk alter column embedding set storage external;
    create function kb_similarity(real[], real[]) returns float8 language sql immutable parallel safe
      return case when cardinality($1) = cardinality($2) then (select sum(a * b) from unnest($1, $2) as u (a, b)) end;
  else
    execute 'create function kb_similarity(vector, real[]) returns float8 language sql immutable parallel safe
      return case when vector_dims($1) = cardinality($2) then -($1 <#> $2::vector) end';
  end if;
end
$$;

create table kb_doc_resource (
  tenant_id text not null,
  doc_id bigint not null,
  resource_id bigint not null,
  found_as text not null check (found_as in ('urn', 'name', 'given')),
  chunk int,
  primary key (tenant_id, doc_id, resource_id),
  foreign key (tenant_id, doc_id) references kb_doc on delete cascade
);
create index on kb_doc_resource (tenant_id, resource_id);
comment on table kb_doc_resource is 'One row per document and resource that it is about.';
comment on column kb_doc_resource.doc_id is 'kb_doc.doc_id.';
comment on column kb_doc_resource.resource_id is 'dim_resource.resource_id.';
comment on column kb_doc_resource.found_as is 'given by whoever added the document, else urn or name that its text mentions.';
comment on column kb_doc_resource.chunk is 'kb_chunk.chunk of the first mention; null for given.';

select admit_reader('kb_doc_resource');
comment on column kb_doc_resource.tenant_id is 'Tenant that the row belongs to.';

create index on evidence_link (tenant_id, created_at, link_id);
comment on column evidence_link.subject_id is 'Key of the subject, as text: URN of a resource, fingerprint of a pattern, event_id, doc_id, or for an edge the URN of its source, its relation and the URN of its target, with a space between.';
comment on column evidence_link.evidence_ref is 'Key of the evidence, as text: locator_id, doc_id, event_id, or the address of a url.';
