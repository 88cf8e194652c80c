-- The queue: which pending jobs are next. Owners take turns, each with its jobs by priority and then by age, within the
-- limits of targets and owners; the cost does not grow with the backlog. All functions here are stable and only
-- read. Their settings pin the plan: a plan that was made while the table was empty would scan the whole table at
-- every step once it is full, and planning anew takes 3 ms.

-- Targets for which jobs are pending and which may run more jobs. The names are found by a loose index scan, one step
-- for each name, however many jobs are pending.
create function importer.open_targets() returns table (target text, name text, room bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set jit = off
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
    left join lateral importer.find_target(coalesce(w.target, r.target)) as t on true
  ),

  counted as (
    select n.*, n.target_limit - sum(n.jobs) over (partition by n.name) as room from named as n
  )

  select c.target, c.name, c.room::bigint from counted as c where c.waits and c.room > 0;
end
$$;

comment on function importer.open_targets() is
'Returns each name that pending jobs use for their target, with the target''s own name and the number of further jobs
that it may run; only targets for which that number is at least 1.';

revoke all on function importer.open_targets() from public, anon, authenticated, service_role;

-- The first job of each owner for each open target, due or not, and the values that decide the owner's turn. Each takes
-- one step of a loose index scan, about 20 µs, however many jobs are behind it.
create function importer.queue_heads() returns table (
  target text, name text, target_room bigint, owner uuid, owner_runs bigint, owner_room bigint, last_start timestamptz,
  priority integer, run_after timestamptz, created_at timestamptz, id uuid
)
language plpgsql stable
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
#variable_conflict use_column
declare
  nobody constant uuid := '00000000-0000-0000-0000-000000000000'::uuid;
  owner_limit integer := coalesce((
    select case when s.value ~ '^[[:space:]]*[+-]?[0-9]{1,9}[[:space:]]*$' then s.value::integer end
    from importer.settings as s where s.name = 'max_running_jobs_per_owner'
  ), 8);
begin
  return query
  with heads as materialized (
    select o.target, o.name, o.room, h.*
    from importer.open_targets() as o cross join lateral (
      with recursive heads as (
        (
          select
            coalesce(j.created_by, '00000000-0000-0000-0000-000000000000') as owner,
            j.priority, j.run_after, j.created_at, j.id
          from public.import_jobs as j
          where j.status = 'pending' and j.attempts < j.max_attempts and j.target = o.target
          order by
            coalesce(j.created_by, '00000000-0000-0000-0000-000000000000'), j.priority desc, j.created_at, j.id
          limit 1
        )
        union all
        select following.*
        from heads as h cross join lateral (
          select
            coalesce(j.created_by, '00000000-0000-0000-0000-000000000000') as owner,
            j.priority, j.run_after, j.created_at, j.id
          from public.import_jobs as j
          where j.status = 'pending' and j.attempts < j.max_attempts and j.target = o.target
            and coalesce(j.created_by, '00000000-0000-0000-0000-000000000000') > h.owner
          order by
            coalesce(j.created_by, '00000000-0000-0000-0000-000000000000'), j.priority desc, j.created_at, j.id
          limit 1
        ) as following
      )

      select * from heads
    ) as h
  ),

  running as materialized (
    select coalesce(j.created_by, nobody) as owner, count(*) as jobs
    from public.import_jobs as j where j.status = 'running' group by coalesce(j.created_by, nobody)
  ),

  -- Jobs that have ended count as turns, too; otherwise one processor with one slot would empty the queue of the owner
  -- with the oldest jobs before it took a job of another. An index gives the order in both branches, also for nulls.
  owners as materialized (
    select
      w.owner,
      coalesce(r.jobs, 0) as runs,
      case when w.owner = nobody
        then (
          select j.started_at from public.import_jobs as j where j.created_by is null and j.started_at is not null
          order by j.created_by desc, j.started_at desc limit 1
        )
        else (
          select j.started_at from public.import_jobs as j where j.created_by = w.owner and j.started_at is not null
          order by j.started_at desc limit 1
        )
      end as last_start
    from (select distinct h.owner from heads as h) as w left join running as r on r.owner = w.owner
  )

  select
    h.target, h.name, h.room, h.owner, o.runs, case when h.owner <> nobody then owner_limit - o.runs end, o.last_start,
    h.priority::integer, h.run_after, h.created_at, h.id
  from heads as h inner join owners as o on o.owner = h.owner
  where h.owner = nobody or o.runs < owner_limit;
end
$$;

comment on function importer.queue_heads() is
'Returns the first pending job of each owner for each open target, with the number of the owner''s running jobs, the
number of further jobs that the owner may run (null: any number) and the time of the owner''s last turn. Jobs without an
owner have the nil UUID as owner.';

revoke all on function importer.queue_heads() from public, anon, authenticated, service_role;

create type importer.queued_job as (
  name text, target_room bigint, owner uuid, owner_room bigint, precedence integer, turn bigint, last_start timestamptz,
  created_at timestamptz, id uuid
);

comment on type importer.queued_job is 'A due job with its turn; used only by importer.next_jobs().';

-- The order: round-robin between owners; within one owner's jobs priority, then age. An owner's running jobs count as
-- turns taken; between owners with the same number of turns, the one whose last turn is longer ago goes first. No
-- priority that a user can set puts the user's jobs before another user's. Jobs without an owner, those of
-- administrators and of the service, are trusted: their priority is their precedence over all other jobs, which have
-- precedence 0, and among those of one priority they take turns like an owner.
--
-- The limits: a target runs at most max_running_jobs jobs, so that many files for one table do not delay all others;
-- an owner runs at most max_running_jobs_per_owner jobs (a setting, default 8). Jobs without an owner, those of the
-- service, have no such limit. The places of a target are given in turns as well, so that a hundred files of one owner
-- do not delay the single file of another. A job that one limit holds back takes no place under the other limit.
--
-- The cost must not grow with the backlog, so the function looks at jobs in that order and no further than necessary.
-- A head stands for all jobs of its owner and target; its turn is at most as late as theirs. The first jobs behind a
-- head are fetched only when the head is next, so jobs that were chosen before it are final. Turns are counted up to
-- 100: a job behind more than 100 jobs of its owner that limits hold back waits no longer than one behind 100.
--
-- The function is stable, so that it uses the snapshot of the claim: a job that only this function could see would be
-- chosen but not claimed.
create function importer.next_jobs(max_jobs integer) returns setof uuid
language plpgsql stable rows 10
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
  nobody constant uuid := '00000000-0000-0000-0000-000000000000'::uuid;
  due constant timestamptz := clock_timestamp();
  heads cursor for
    select
      h.*,
      case when h.owner = nobody then h.priority else 0 end as precedence,
      h.owner_runs + least(100, 1 + count(*) filter (where h.run_after <= due) over (
        partition by h.owner, case when h.owner = nobody then h.priority end
        order by h.priority desc, h.created_at, h.id rows between unbounded preceding and 1 preceding
      )) as turn
    from importer.queue_heads() as h
    order by precedence desc, turn, h.last_start nulls first, h.created_at, h.id;
  head record;
  job importer.queued_job;
  waiting importer.queued_job[] := '{}'::importer.queued_job[];
  per_target jsonb := '{}'::jsonb;
  per_owner jsonb := '{}'::jsonb;
  room bigint;
  chosen integer := 0;
begin
  open heads;
  loop
    fetch heads into head;
    for job in
      select w.* from unnest(waiting) as w
      where head.id is null or (-w.precedence, w.turn, coalesce(w.last_start, '-infinity'), w.created_at, w.id)
        < (-head.precedence, head.turn, coalesce(head.last_start, '-infinity'), head.created_at, head.id)
      order by w.precedence desc, w.turn, w.last_start nulls first, w.created_at, w.id
    loop
      exit when chosen >= max_jobs;
      waiting := array_remove(waiting, job);
      continue when coalesce((per_target -> job.name)::integer, 0) >= job.target_room
        or coalesce((per_owner -> job.owner::text)::integer, 0) >= job.owner_room;
      per_target := per_target || jsonb_build_object(job.name, coalesce((per_target -> job.name)::integer, 0) + 1);
      per_owner := per_owner || jsonb_build_object(job.owner, coalesce((per_owner -> job.owner::text)::integer, 0) + 1);
      chosen := chosen + 1;
      return next job.id;
    end loop;
    exit when head.id is null or chosen >= max_jobs;
    room := least(
      head.target_room - coalesce((per_target -> head.name)::integer, 0),
      head.owner_room - coalesce((per_owner -> head.owner::text)::integer, 0),
      max_jobs - chosen
    );
    continue when room <= 0;
    waiting := waiting || array(
      select
        row(
          head.name, head.target_room, head.owner, head.owner_room,
          case when head.owner = nobody then j.priority else 0 end,
          head.owner_runs + (
            -- Two ranges of the index, because a row comparison cannot mix directions.
            select count(*) from (
              (
                select from public.import_jobs as e
                where e.status = 'pending' and e.attempts < e.max_attempts and e.priority > j.priority
                  and coalesce(e.created_by, '00000000-0000-0000-0000-000000000000') = head.owner
                  and head.owner <> nobody and e.run_after <= due
                limit 100
              )
              union all
              (
                select from public.import_jobs as e
                where e.status = 'pending' and e.attempts < e.max_attempts and e.priority = j.priority
                  and coalesce(e.created_by, '00000000-0000-0000-0000-000000000000') = head.owner
                  and (e.created_at, e.id) <= (j.created_at, j.id) and e.run_after <= due
                order by e.created_at, e.id
                limit 100
              )
              limit 100
            ) as earlier
          ),
          head.last_start, j.created_at, j.id
        )::importer.queued_job
      from public.import_jobs as j
      where j.status = 'pending' and j.attempts < j.max_attempts and j.target = head.target
        and coalesce(j.created_by, '00000000-0000-0000-0000-000000000000') = head.owner and j.run_after <= due
      order by j.priority desc, j.created_at, j.id
      limit room
    );
  end loop;
  close heads;
end
$$;

comment on function importer.next_jobs(integer) is 'Returns the ids of the pending jobs to run next, in order.';

revoke all on function importer.next_jobs(integer) from public, anon, authenticated, service_role;
