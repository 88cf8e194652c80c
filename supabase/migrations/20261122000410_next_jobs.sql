-- Which jobs are next: priority, then round-robin over owners (an owner's running jobs count as turns
-- taken), then age. At most so many running jobs for a target as it says, so that many files for one
-- table do not hold up all others; at most so many for an owner as the setting
-- max_running_jobs_per_owner says (8). Jobs without an owner, the service's own, have no such limit.
create function importer.next_jobs(max_jobs integer) returns setof uuid
language sql stable set search_path = ''
as $$
  with active as (
    select
      j.id, j.status, j.created_by, j.priority, j.created_at, coalesce(t.name, j.target) as target,
      coalesce(t.max_running_jobs, 4) as target_limit
    from public.import_jobs as j
    left join lateral (
      select s.name, s.max_running_jobs from public.import_targets as s
      where s.name = j.target or s.table_name = j.target
      order by s.name = j.target desc, s.name
      limit 1
    ) as t on true
    where j.status = 'running' or (j.status = 'pending' and j.run_after <= now() and j.attempts < j.max_attempts)
  ),

  of_owner as (
    select a.created_by, count(*) as running from active as a where a.status = 'running' group by a.created_by
  ),

  of_target as (
    select a.target, count(*) as running from active as a where a.status = 'running' group by a.target
  ),

  due as (
    select
      a.id, a.priority, a.created_at, a.created_by, a.target_limit,
      row_number() over (partition by a.priority, a.created_by order by a.created_at, a.id)
      + coalesce(o.running, 0) as turn,
      row_number() over (partition by a.target order by a.priority desc, a.created_at, a.id)
      + coalesce(t.running, 0) as place
    from active as a
    left join of_owner as o on o.created_by is not distinct from a.created_by
    left join of_target as t on t.target = a.target
    where a.status = 'pending'
  )

  select due.id from due
  where due.place <= due.target_limit
    and (
      due.created_by is null or due.turn <= coalesce(
        (select s.value::integer from importer.settings as s where s.name = 'max_running_jobs_per_owner'), 8
      )
    )
  order by due.priority desc, due.turn, due.created_at, due.id
  limit next_jobs.max_jobs
$$;

comment on function importer.next_jobs(integer) is 'Ids of the pending jobs to run next, in order.';

revoke all on function importer.next_jobs(integer) from public, anon, authenticated, service_role;
