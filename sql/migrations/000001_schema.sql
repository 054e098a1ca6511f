-- Old workers: none; this is the first schema.
-- One row per applied migration.
create table schema_migration (
  version int primary key,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now()
);
comment on table schema_migration is 'One row per applied migration. A changed checksum or an unknown version stops the program.';

create extension if not exists btree_gist;

-- Optional extensions: used when the server has them and lets this role create them, never required.
do $$
declare
  extension text;
begin
  foreach extension in array array['vector', 'age'] loop
    if exists (select from pg_available_extensions where name = extension) then
      begin
        execute format('create extension if not exists %I', extension);
      exception when others then
        raise notice 'extension % is not used: %', extension, sqlerrm;
      end;
    end if;
  end loop;
end
$$;
