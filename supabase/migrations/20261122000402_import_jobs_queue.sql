-- The queue in the two orders that importer.next_jobs asks for. Both hold run_after, so that a job that
-- is not due yet costs a look into the index and none at the table, and both put jobs without an owner
-- under the nil UUID, because a null has no place in a comparison of keys.
create index import_jobs_pairs on public.import_jobs (
  target, coalesce(created_by, '00000000-0000-0000-0000-000000000000'), priority desc, created_at, id, run_after
) where status = 'pending' and attempts < max_attempts;

create index import_jobs_turns on public.import_jobs (
  coalesce(created_by, '00000000-0000-0000-0000-000000000000'), priority desc, created_at, id, run_after
) where status = 'pending' and attempts < max_attempts;

comment on index public.import_jobs_pairs is 'The jobs of one owner for one target, in the order in which they run.';
comment on index public.import_jobs_turns is 'The jobs of one owner, in the order in which they run.';
