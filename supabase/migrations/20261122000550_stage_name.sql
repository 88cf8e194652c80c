-- All-or-nothing jobs collect their rows in a table of their own. It is logged, like the ledger: after a crash both are
-- there or neither is. (An unlogged one would be emptied while the ledger said that its chunks are in.)
create function importer.stage_name(job_id uuid) returns text
language sql immutable set search_path = ''
as $$
  select 'stage_' || replace(stage_name.job_id::text, '-', '')
$$;

comment on function importer.stage_name(uuid) is 'Name of the staging table of a job, in the schema importer.';

revoke all on function importer.stage_name(uuid) from public, anon, authenticated, service_role;
