-- Old workers: survive; they neither read nor write what is new.
-- Without pgvector the product of two vectors of 384 numbers takes 60 µs: too long for each of ten thousand passages. The signs of their numbers
-- are compared in a hundredth of that, and only the passages with the most equal signs are multiplied.
create function kb_signs(real[]) returns bit varying language sql immutable strict parallel safe
  return (select string_agg(case when number > 0 then '1' else '0' end, '' order by place)::bit varying
    from unnest($1) with ordinality as u (number, place));
comment on function kb_signs(real[]) is 'A bit for each number: whether it is above 0.';

alter table kb_chunk add column signs bit varying generated always as (kb_signs(embedding::real[])) stored;
comment on column kb_chunk.signs is 'A bit for each number of the embedding: whether it is above 0.';
