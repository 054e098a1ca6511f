-- Old workers: none; stop them first, because they count lines without grouping their templates.
alter table log_pattern add column mask boolean not null default true;
create index on log_pattern (tenant_id, alias_of) where alias_of is not null;
comment on column log_pattern.mask is 'Whether lines have this very template, so that log_pattern_5m counts by it; false for a template that only generalises others.';
comment on column log_pattern.alias_of is 'Fingerprint of the more general template that absorbed this one, whose own alias_of is null; the pattern of a count is coalesce(alias_of, fingerprint).';
comment on column log_pattern.version is 'Counts from 1 how often alias_of changed; history, so it differs between replays.';
comment on column log_pattern.severity is 'The highest of its lines, and of those of the templates that it absorbed, as are first_seen, last_seen, service and sample over all of them.';
