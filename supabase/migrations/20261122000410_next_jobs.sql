-- Which jobs are next: priority, then round-robin over owners (an owner's running jobs count as
-- turns taken), then age; at most four running jobs for a target, so that many files for one table
-- do not hold up all others.
create function importer.next_jobs(max_jobs integer) returns setof uuid
language sql stable set search_path = ''
as $$
  with running as (
    select j.created_by, j.target from public.import_jobs as j where j.status = 'running'
  ),

  due as (
    select
      j.id, j.priority, j.created_at,
      row_number() over (partition by j.priority, j.created_by order by j.created_at, j.id)
      + (select count(*) from running as r where r.created_by is not distinct from j.created_by) as turn,
      row_number() over (partition by j.target order by j.priority desc, j.created_at, j.id)
      + (select count(*) from running as r where r.target = j.target) as place
    from public.import_jobs as j
    where j.status = 'pending' and j.run_after <= now() and j.attempts < j.max_attempts
  )

  select due.id from due
  where due.place <= 4
  order by due.priority desc, due.turn, due.created_at, due.id
  limit next_jobs.max_jobs
$$;

comment on function importer.next_jobs(integer) is 'Ids of the pending jobs to run next, in order.';

revoke all on function importer.next_jobs(integer) from public, anon, authenticated, service_role;
