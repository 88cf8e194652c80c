-- Whether anything is left to do, for a processor that ends when it is idle (`serve --exit-when-idle`). It may read no
-- job, so a SECURITY DEFINER function says yes or no.

-- Running jobs count whoever runs them: if their processor is lost, another one must take them back. A pending job
-- counts if it is due within the given time, because a retry comes after seconds, and a job of next week must not keep
-- a processor. Of an undo, even one that is due later, another attempt follows within 30 s. While the queue is paused
-- nobody may take either, and the end of the pause rings.
create function importer.work_is_left(soon interval) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select
    exists (select from public.import_jobs as j where j.status = 'running')
    or not importer.is_paused() and (
      exists (
        select from public.import_jobs as j
        where j.status = 'pending' and j.attempts < j.max_attempts
          and j.run_after <= clock_timestamp() + work_is_left.soon
      )
      or exists (select from importer.undo_requests)
    )
$$;

comment on function importer.work_is_left(interval) is
'Returns whether a job runs or, unless the queue is paused, a pending job is due within the given time or somebody asks
for an undo.';

revoke all on function importer.work_is_left(interval) from public, anon, authenticated, service_role;
grant execute on function importer.work_is_left(interval) to import_processor;
