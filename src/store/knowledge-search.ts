import type { Queryable } from './db.ts';

/** What is looked for: passages with `wanted` words, rare ones counting more, that hold every `required` phrase and no `excluded` one. */
export interface Question {
  readonly wanted: readonly string[];
  readonly required: readonly string[];
  readonly excluded: readonly string[];
}

/** A vector of length 1 and what made it. */
export interface QuestionVector {
  readonly model: string;
  readonly vector: readonly number[];
}

export interface PassageSearch {
  readonly tenantId: string;
  readonly question: Question;
  /** Passages with vectors of the same model are also found by similarity; none if absent. */
  readonly near?: QuestionVector | undefined;
  /** Only documents about this resource. */
  readonly resourceId?: bigint | undefined;
  readonly offset: number;
  readonly limit: number;
}

/** A passage that was found. */
export interface FoundPassage {
  readonly doc_id: string;
  readonly uri: string;
  readonly title: string | null;
  readonly passage: number;
  readonly headings: readonly string[];
  readonly content: string;
  /** Sum of 1 / (60 + place) over the text and the vector ranking: reciprocal rank fusion of Cormack, Clarke and Büttcher (2009). */
  readonly score: number;
  /** Place among the passages found by words, from 1. */
  readonly text_place: number | null;
  /** Place among the passages found by similarity, from 1. */
  readonly vector_place: number | null;
  /** Cosine of the angle to the question, from -1 to 1. */
  readonly similarity: number | null;
  readonly content_hash: string;
  readonly updated_at: string;
  /** Resources that the document is about, at most ten. */
  readonly resources: readonly { readonly urn: string; readonly kind: string; readonly name: string }[];
}

/** Passages of either ranking that take part; no offset reaches further. */
export const RANKED = 100;
/**
 * With pgvector, passages whose vectors are multiplied, or a tenth of all if that is more: those whose numbers have the most signs in common with the
 * question's. Without it all are.
 */
const MULTIPLIED = 1_000;
const MOST_WORDS = 32;
const SPACELESS = /[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]+/gu;

/** A question as people write it: `"a phrase"` must be there, `-word` and `-"a phrase"` must not, other words are wanted; 32 of them count. */
export function parseQuestion(text: string): Question {
  const wanted = new Set<string>();
  const required: string[] = [];
  const excluded: string[] = [];
  for (const [, minus, phrase, word = ''] of text.matchAll(/(?<!\S)(-?)"([^"]*)"|([^\s"]+)/g)) {
    if (phrase !== undefined) (minus ? excluded : required).push(phrase);
    else if (word.startsWith('-') && word.length > 1) excluded.push(word.slice(1));
    else for (const part of toWords(word)) wanted.add(part);
  }
  for (const phrase of required) wanted.add(phrase);
  return { wanted: [...wanted].slice(0, MOST_WORDS), required: required.slice(0, MOST_WORDS), excluded: excluded.slice(0, MOST_WORDS) };
}

/** Where words have no spaces between them, every two neighbouring characters stand for one. */
function toWords(word: string): string[] {
  const pairs = (word.match(SPACELESS) ?? []).flatMap((run) => {
    const characters = [...run];
    return characters.length < 3 ? [run] : characters.slice(1).map((character, index) => `${characters[index]}${character}`);
  });
  return [...word.split(SPACELESS).filter((part) => part !== ''), ...pairs];
}

/** The best passages for a question, best first; the same rows always come in the same order. */
export function searchPassages(db: Queryable, search: PassageSearch): Promise<FoundPassage[]> {
  const { tenantId, question, near, resourceId, offset, limit } = search;
  return db.query<FoundPassage>(SEARCH, [
    ...[tenantId, question.wanted, question.required, question.excluded],
    ...[near?.model ?? null, near ? `{${near.vector.join()}}` : null, resourceId ?? null, RANKED, offset, limit, MULTIPLIED],
  ]);
}

// Words that more than half of the passages hold find nothing, unless there are no others: they cost time and say little.
const SEARCH = `with
  total as (select coalesce(sum(chunks), 0)::float8 as passages from kb_doc where tenant_id = $1),
  languages as materialized (
    select l.language,
      (select websearch_to_tsquery(l.language, string_agg('"' || kb_words(phrase) || '"', ' ')) from unnest($3::text[]) as p (phrase)) as required,
      (select websearch_to_tsquery(l.language, string_agg('"' || kb_words(phrase) || '"', ' or ')) from unnest($4::text[]) as p (phrase)) as excluded
    from (select distinct language from kb_doc where tenant_id = $1) l
  ),
  words as materialized (
    select distinct l.language, websearch_to_tsquery(l.language, '"' || kb_words(word) || '"') as term from languages l, unnest($2::text[]) as w (word)
  ),
  counted as materialized (
    select w.language, w.term,
      (select count(*) from kb_chunk c where c.tenant_id = $1 and c.language = w.language and c.search @@ w.term) as found
    from words w where numnode(w.term) > 0
  ),
  weighed as materialized (
    select language, term, ln((passages + 1) / (found + 0.5)) as weight
    from (select c.*, min(found) over (partition by language) as fewest from counted c where found > 0) c, total
    where found * 2 <= passages or found = fewest
  ),
  admitted as not materialized (
    select c.* from kb_chunk c join languages l using (language)
    where c.tenant_id = $1
      and (coalesce(numnode(l.required), 0) = 0 or c.search @@ l.required) and (coalesce(numnode(l.excluded), 0) = 0 or not c.search @@ l.excluded)
      and ($7::bigint is null or exists (
        select from kb_doc_resource r where r.tenant_id = c.tenant_id and r.doc_id = c.doc_id and r.resource_id = $7))
  ),
  asked as materialized (select kb_signs($6::real[]) as signs),
  exact as (select atttypid = 'real[]'::regtype as is from pg_attribute where attrelid = 'kb_chunk'::regclass and attname = 'embedding'),
  by_text as (
    select doc_id, chunk, row_number() over (order by rank desc, doc_id, chunk) as place from (
      select c.doc_id, c.chunk, sum(w.weight * ts_rank('{0.4, 0.4, 0.4, 1}', c.search, w.term, 1)) as rank
      from weighed w join admitted c on c.language = w.language and c.search @@ w.term
      group by c.doc_id, c.chunk order by rank desc, c.doc_id, c.chunk limit $8
    ) best
  ),
  by_vector as (
    select doc_id, chunk, similarity, row_number() over (order by similarity desc, doc_id, chunk) as place from (
      select c.doc_id, c.chunk, kb_similarity(c.embedding, $6::real[]) as similarity from (
        select a.doc_id, a.chunk from admitted a, asked where a.model = $5
        order by case when length(a.signs) = length(asked.signs) then bit_count(a.signs # asked.signs) end, a.doc_id, a.chunk
        limit (select case when exact.is then null else greatest($11::int, (passages / 10)::int) end from total, exact)
      ) alike join kb_chunk c on c.tenant_id = $1 and c.doc_id = alike.doc_id and c.chunk = alike.chunk
      order by similarity desc nulls last, doc_id, chunk limit $8
    ) nearest where similarity is not null
  ),
  fused as (
    select doc_id, chunk, t.place as text_place, v.place as vector_place, v.similarity,
      coalesce(1 / (60 + t.place)::float8, 0) + coalesce(1 / (60 + v.place)::float8, 0) as score
    from by_text t full join by_vector v using (doc_id, chunk) order by score desc, doc_id, chunk offset $9 limit $10
  )
  select f.doc_id::text, d.uri, d.title, f.chunk as passage, c.headings, c.content, f.score, f.text_place::int, f.vector_place::int, f.similarity,
    d.content_hash, d.updated_at, coalesce((
      select jsonb_agg(jsonb_build_object('urn', urn, 'kind', kind, 'name', name)) from (
        select r.urn, r.kind, r.name from kb_doc_resource l join dim_resource r using (tenant_id, resource_id)
        where l.tenant_id = $1 and l.doc_id = f.doc_id order by l.chunk nulls first, r.urn limit 10
      ) about), '[]') as resources
  from fused f join kb_doc d on d.tenant_id = $1 and d.doc_id = f.doc_id
    join kb_chunk c on c.tenant_id = $1 and c.doc_id = f.doc_id and c.chunk = f.chunk
  order by f.score desc, f.doc_id, f.chunk`;
