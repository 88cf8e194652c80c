-- Targets that jobs wait for and that may run more of them. The names are found by leaps through the
-- index, one for each name, however many jobs wait. Settings pin the plan: one that was made while the
-- table was empty would read all of it at every leap when it is full; and planning anew takes 3 ms.
create function importer.open_targets() returns table (target text, name text, room bigint)
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
#variable_conflict use_column
begin
  return query
  with recursive waiting as (
    (
      select j.target from public.import_jobs as j
      where j.status = 'pending' and j.attempts < j.max_attempts
      order by j.target
      limit 1
    )
    union all
    select following.target
    from waiting as w cross join lateral (
      select j.target from public.import_jobs as j
      where j.status = 'pending' and j.attempts < j.max_attempts and j.target > w.target
      order by j.target
      limit 1
    ) as following
  ),

  running as materialized (
    select j.target, count(*) as jobs from public.import_jobs as j where j.status = 'running' group by j.target
  ),

  named as (
    select
      coalesce(w.target, r.target) as target, w.target is not null as waits, coalesce(r.jobs, 0) as jobs,
      coalesce(t.name, w.target, r.target) as name, coalesce(t.max_running_jobs, 4) as target_limit
    from waiting as w full join running as r on r.target = w.target
    left join lateral importer.target_of(coalesce(w.target, r.target)) as t on true
  ),

  counted as (
    select n.*, n.target_limit - sum(n.jobs) over (partition by n.name) as room from named as n
  )

  select c.target, c.name, c.room::bigint from counted as c where c.waits and c.room > 0;
end
$$;

comment on function importer.open_targets() is
'What pending jobs call their targets, with the name of the target and how many more of its jobs may run; only where that
is at least one.';

revoke all on function importer.open_targets() from public, anon, authenticated, service_role;
