-- The queue of inspections. A person waits for each, so they have slots of their own in every processor, are claimed by
-- a function of their own, and neither wait for imports nor count as turns of their owner. The functions of the queue
-- that are replaced here differ from their first form in one condition: they pass inspections over.

-- The indexes of the queue, without inspections.
drop index public.import_jobs_queue_by_target;
drop index public.import_jobs_queue_by_owner;
drop index public.import_jobs_last_start;

-- Where both would do, because the table seems to be empty, the planner takes the one that was created last.
create index import_jobs_queue_by_owner on public.import_jobs (
  coalesce(created_by, '00000000-0000-0000-0000-000000000000'), priority desc, created_at, id, run_after
) where status = 'pending' and attempts < max_attempts and not inspects;

create index import_jobs_queue_by_target on public.import_jobs (
  target, coalesce(created_by, '00000000-0000-0000-0000-000000000000'), priority desc, created_at, id, run_after
) where status = 'pending' and attempts < max_attempts and not inspects;

create index import_jobs_last_start on public.import_jobs (created_by, started_at) where not inspects;

comment on index public.import_jobs_queue_by_target is
'Pending jobs by target and owner, in the order in which they run.';
comment on index public.import_jobs_queue_by_owner is 'Pending jobs by owner, in the order in which they run.';

create index import_jobs_inspections on public.import_jobs (created_at)
where status = 'pending' and attempts < max_attempts and inspects;

create or replace function importer.open_targets() returns table (target text, name text, room bigint)
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
      where j.status = 'pending' and j.attempts < j.max_attempts and not j.inspects
      order by j.target
      limit 1
    )
    union all
    select following.target
    from waiting as w cross join lateral (
      select j.target from public.import_jobs as j
      where j.status = 'pending' and j.attempts < j.max_attempts and not j.inspects and j.target > w.target
      order by j.target
      limit 1
    ) as following
  ),

  running as materialized (
    select j.target, count(*) as jobs
    from public.import_jobs as j where j.status = 'running' and not j.inspects group by j.target
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

create or replace function importer.queue_heads() returns table (
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
          where j.status = 'pending' and j.attempts < j.max_attempts and not j.inspects and j.target = o.target
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
          where j.status = 'pending' and j.attempts < j.max_attempts and not j.inspects and j.target = o.target
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
    from public.import_jobs as j where j.status = 'running' and not j.inspects group by coalesce(j.created_by, nobody)
  ),

  -- Jobs that have ended count as turns, too; otherwise one processor with one slot would empty the queue of the owner
  -- with the oldest jobs before it took a job of another. An index gives the order in both branches, also for nulls.
  owners as materialized (
    select
      w.owner,
      coalesce(r.jobs, 0) as runs,
      case when w.owner = nobody
        then (
          select j.started_at from public.import_jobs as j
          where j.created_by is null and j.started_at is not null and not j.inspects
          order by j.created_by desc, j.started_at desc limit 1
        )
        else (
          select j.started_at from public.import_jobs as j
          where j.created_by = w.owner and j.started_at is not null and not j.inspects
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

create or replace function importer.next_jobs(max_jobs integer) returns setof uuid
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
                where e.status = 'pending' and e.attempts < e.max_attempts and not e.inspects
                  and e.priority > j.priority
                  and coalesce(e.created_by, '00000000-0000-0000-0000-000000000000') = head.owner
                  and head.owner <> nobody and e.run_after <= due
                limit 100
              )
              union all
              (
                select from public.import_jobs as e
                where e.status = 'pending' and e.attempts < e.max_attempts and not e.inspects
                  and e.priority = j.priority
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
      where j.status = 'pending' and j.attempts < j.max_attempts and not j.inspects and j.target = head.target
        and coalesce(j.created_by, '00000000-0000-0000-0000-000000000000') = head.owner and j.run_after <= due
      order by j.priority desc, j.created_at, j.id
      limit room
    );
  end loop;
  close heads;
end
$$;

-- Owners take turns, and an inspection that runs counts as a turn. Of a longer queue the oldest and the newest 1,000
-- are looked at, so that many old ones of a few owners do not hide the one for which a person waits.
create function importer.next_inspections(max_jobs integer) returns setof uuid
language plpgsql stable rows 2
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  return query
  select w.id
  from (
    select
      q.id, q.created_at,
      row_number() over (partition by q.created_by order by q.created_at, q.id) + (
        select count(*) from public.import_jobs as r
        where r.status = 'running' and r.inspects and r.created_by is not distinct from q.created_by
      ) as turn
    from (
      (
        select j.id, j.created_by, j.created_at from public.import_jobs as j
        where j.status = 'pending' and j.attempts < j.max_attempts and j.inspects and j.run_after <= clock_timestamp()
        order by j.created_at
        limit 1000
      )
      union
      (
        select j.id, j.created_by, j.created_at from public.import_jobs as j
        where j.status = 'pending' and j.attempts < j.max_attempts and j.inspects and j.run_after <= clock_timestamp()
        order by j.created_at desc
        limit 1000
      )
    ) as q
  ) as w
  order by w.turn, w.created_at, w.id
  limit next_inspections.max_jobs;
end
$$;

comment on function importer.next_inspections(integer) is
'Returns the ids of the inspections to run next, in order.';

revoke all on function importer.next_inspections(integer) from public, anon, authenticated, service_role;

-- What a claim does with the jobs that were chosen: importer.claim_jobs() and claim_inspections() differ in the choice.
create function importer.take_jobs(job_ids uuid[], worker text, lease_seconds integer, session integer)
returns setof jsonb
language plpgsql
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  if importer.is_paused() then
    return;
  end if;
  return query
  with chosen as (
    select j.id, j.started_at is null as fresh
    from unnest(take_jobs.job_ids) as n (id) inner join public.import_jobs as j on j.id = n.id
    where j.status = 'pending'
    for update of j skip locked
  ),

  claimed as (
    update public.import_jobs as j
    set
      status = 'running', phase = 'opening', attempts = j.attempts + 1,
      started_at = coalesce(j.started_at, clock_timestamp())
    from chosen where j.id = chosen.id
    returning j.*, chosen.fresh
  ),

  leases as (
    insert into importer.job_leases (job_id, worker, attempt, expires_at, session)
    select
      c.id, take_jobs.worker, c.attempts, clock_timestamp() + make_interval(secs => take_jobs.lease_seconds),
      nullif(take_jobs.session, 0)
    from claimed as c
    on conflict (job_id) do update
    set
      token = gen_random_uuid(), worker = excluded.worker, attempt = excluded.attempt,
      claimed_at = clock_timestamp(), expires_at = excluded.expires_at, session = excluded.session,
      session_lost_at = null
    returning job_id, token
  ),

  taken as (
    select c.*, l.token, i.role, i.claims
    from claimed as c
    inner join leases as l on l.job_id = c.id
    left join importer.job_identities as i on i.job_id = c.id
  ),

  -- Once for all jobs of a target and role, since a call takes 1 ms.
  targets as materialized (
    select d.target, d.role, importer.describe_target(d.target, d.role) as description
    from (select distinct t.target, t.role from taken as t) as d
  )

  select jsonb_build_object(
    'id', t.id, 'token', t.token, 'attempt', t.attempts, 'bucket_id', t.bucket_id, 'object_path', t.object_path,
    'target_name', t.target, 'target', d.description, 'options', t.options,
    'owner', t.created_by, 'role', t.role, 'claims', t.claims, 'expected_sha256', t.expected_sha256,
    'last', t.attempts >= t.max_attempts, 'fresh', t.fresh,
    'age', extract(epoch from clock_timestamp() - t.created_at),
    'waited', extract(epoch from clock_timestamp() - greatest(t.created_at, t.run_after))
  )
  from taken as t
  inner join targets as d on d.target = t.target and d.role is not distinct from t.role
  order by t.priority desc, t.created_at;
end
$$;

comment on function importer.take_jobs(uuid[], text, integer, integer) is
'Sets those of the given jobs running that are pending and that no other transaction has locked, counts the attempt and
gives each a lease; none while the queue is paused. Returns for each job what the processor needs, including the token of
the lease, and the seconds since it was created and since it was due.';

revoke all on function importer.take_jobs(uuid[], text, integer, integer)
from public, anon, authenticated, service_role;

-- An advisory lock serialises claims of imports (they take milliseconds), which makes the limits exact. SKIP LOCKED
-- keeps a client's open transaction on one row from delaying the others. The attempt is counted by the claim, and the
-- commit waits for the disk, so that a file that crashes a process, even the server's, runs out of attempts.
create or replace function importer.claim_jobs(
  worker text, max_jobs integer, lease_seconds integer default 45, session integer default null
)
returns setof jsonb
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('importer.claim_jobs', 0));
  return query
  select t.* from importer.take_jobs(
    array(select n.id from importer.next_jobs(claim_jobs.max_jobs) as n (id)),
    claim_jobs.worker, claim_jobs.lease_seconds, claim_jobs.session
  ) as t;
end
$$;

-- Inspections have no limits that would need the lock.
create function importer.claim_inspections(
  worker text, max_jobs integer, lease_seconds integer default 45, session integer default null
)
returns setof jsonb
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  chosen uuid[] := array(select n.id from importer.next_inspections(claim_inspections.max_jobs) as n (id));
begin
  if chosen <> '{}' then
    return query
    select t.* from importer.take_jobs(
      chosen, claim_inspections.worker, claim_inspections.lease_seconds, claim_inspections.session
    ) as t;
  end if;
end
$$;

comment on function importer.claim_inspections(text, integer, integer, integer) is
'Claims up to max_jobs inspections for a worker, as importer.claim_jobs() claims imports.';

revoke all on function importer.claim_inspections(text, integer, integer, integer)
from public, anon, authenticated, service_role;
grant execute on function importer.claim_inspections(text, integer, integer, integer) to import_processor;
