-- Old workers: survive; their attempts have only the lines of claims and lost leases.
alter table etl_job_attempt add column log jsonb not null default '[]';
comment on column etl_job_attempt.log is '[{"at", "level", "text"}, …], oldest first: what a person needs to understand the attempt; at most 100 lines of 500 characters. While it runs only the line of its claim is there.';
