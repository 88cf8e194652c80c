-- The rules of importer.next_jobs() as one query over the whole queue, for tests: correct, but slow for long queues.
create or replace function pg_temp.next_jobs_windows(max_jobs integer) returns setof uuid
language sql volatile set search_path = pg_catalog, pg_temp
as $$
  with active as (
    select
      j.id, j.status, j.created_by, j.priority, case when j.created_by is null then j.priority else 0 end as precedence,
      j.created_at, coalesce(t.name, j.target) as target,
      coalesce(t.max_running_jobs, 4) as target_limit,
      case when j.created_by is not null then coalesce(
        (select s.value::integer from importer.settings as s where s.name = 'max_running_jobs_per_owner'), 8
      ) end as owner_limit
    from public.import_jobs as j
    left join lateral (
      select s.name, s.max_running_jobs from public.import_targets as s
      where s.name = j.target or s."table" = j.target
      order by s.name = j.target desc, s.name
      limit 1
    ) as t on true
    where j.status = 'running'
      or (j.status = 'pending' and j.run_after <= clock_timestamp() and j.attempts < j.max_attempts)
  ),

  -- Jobs that have ended count as turns, too; otherwise one processor with one slot would empty the queue of the owner
  -- with the oldest jobs before it took a job of another.
  served as (
    select
      o.created_by,
      coalesce(
        (select max(j.started_at) from public.import_jobs as j where j.created_by = o.created_by),
        (select max(j.started_at) from public.import_jobs as j where o.created_by is null and j.created_by is null)
      ) as last_start
    from (select distinct a.created_by from active as a) as o
  ),

  counted as (
    select
      a.*,
      s.last_start,
      count(*) filter (where a.status = 'running') over (partition by a.created_by) as running_of_owner,
      count(*) filter (where a.status = 'running') over (partition by a.target) as running_of_target
    from active as a inner join served as s on s.created_by is not distinct from a.created_by
  ),

  turns as (
    select
      c.*,
      c.running_of_owner
      + row_number() over (
        partition by c.created_by, case when c.created_by is null then c.priority end
        order by c.priority desc, c.created_at, c.id
      ) as turn,
      c.running_of_owner
      + row_number() over (partition by c.created_by, c.target order by c.priority desc, c.created_at, c.id) as of_pair
    from counted as c
    where c.status = 'pending'
  ),

  placed as (
    select
      t.*,
      t.running_of_target
      + row_number() over (
        partition by t.target order by t.precedence desc, t.turn, t.last_start nulls first, t.created_at, t.id
      ) as place
    from turns as t
    where t.owner_limit is null or t.of_pair <= t.owner_limit
  ),

  owned as (
    select
      p.*,
      p.running_of_owner
      + row_number() over (partition by p.created_by order by p.precedence desc, p.turn, p.created_at, p.id) as of_owner
    from placed as p
    where p.place <= p.target_limit
  )

  select o.id from owned as o
  where o.owner_limit is null or o.of_owner <= o.owner_limit
  order by o.precedence desc, o.turn, o.last_start nulls first, o.created_at, o.id
  limit next_jobs_windows.max_jobs
$$;
