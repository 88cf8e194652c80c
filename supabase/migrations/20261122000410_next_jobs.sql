-- Which jobs are next: priority, then round-robin over owners (an owner's running jobs count as turns
-- taken; among equals the one goes first whose last turn is longer ago), then age. At most so many
-- running jobs for a target as it says, so that many files for one table do not hold up all others; at
-- most so many for an owner as the setting max_running_jobs_per_owner says (8). Jobs without an owner,
-- the service's own, have no such limit. Places at a target are given by turns, too: a hundred files of
-- one owner do not stand before the single file of another. What one limit holds back takes no place
-- under the other one.
--
-- The cost must not grow with the backlog. Jobs are looked at in that order and no further than needed:
-- a head stands for all jobs of its owner and target, with a turn that is at most theirs, and only when
-- its place in the order has come are its first jobs fetched. So what is chosen before a head is final.
-- A turn is counted up to 100: who has so many jobs before this one that limits hold back waits no longer.
-- Stable, so that all of it sees what the claim sees: a job that only this function saw would be chosen
-- and not be taken.
create function importer.next_jobs(max_jobs integer) returns setof uuid
language plpgsql stable rows 10
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
  due constant timestamptz := clock_timestamp();
  heads cursor for
    select
      h.*,
      h.owner_runs + least(100, 1 + count(*) filter (where h.run_after <= due) over (
        partition by h.owner, h.priority order by h.created_at, h.id rows between unbounded preceding and 1 preceding
      )) as turn
    from importer.queue_heads() as h
    order by h.priority desc, turn, h.last_start nulls first, h.created_at, h.id;
  head record;
  job importer.queued_job;
  waiting importer.queued_job[] := '{}';
  of_target jsonb := '{}';
  of_owner jsonb := '{}';
  room bigint;
  chosen integer := 0;
begin
  open heads;
  loop
    fetch heads into head;
    for job in
      select w.* from unnest(waiting) as w
      where head.id is null or (-w.priority, w.turn, coalesce(w.last_start, '-infinity'), w.created_at, w.id)
        < (-head.priority, head.turn, coalesce(head.last_start, '-infinity'), head.created_at, head.id)
      order by w.priority desc, w.turn, w.last_start nulls first, w.created_at, w.id
    loop
      exit when chosen >= max_jobs;
      waiting := array_remove(waiting, job);
      continue when coalesce((of_target -> job.name)::integer, 0) >= job.target_room
        or coalesce((of_owner -> job.owner::text)::integer, 0) >= job.owner_room;
      of_target := of_target || jsonb_build_object(job.name, coalesce((of_target -> job.name)::integer, 0) + 1);
      of_owner := of_owner || jsonb_build_object(job.owner, coalesce((of_owner -> job.owner::text)::integer, 0) + 1);
      chosen := chosen + 1;
      return next job.id;
    end loop;
    exit when head.id is null or chosen >= max_jobs;
    room := least(
      head.target_room - coalesce((of_target -> head.name)::integer, 0),
      head.owner_room - coalesce((of_owner -> head.owner::text)::integer, 0),
      max_jobs - chosen
    );
    continue when room <= 0;
    waiting := waiting || array(
      select
        row(
          head.name, head.target_room, head.owner, head.owner_room, j.priority,
          head.owner_runs + (
            select count(*) from (
              select from public.import_jobs as e
              where e.status = 'pending' and e.attempts < e.max_attempts and e.priority = j.priority
                and coalesce(e.created_by, '00000000-0000-0000-0000-000000000000') = head.owner
                and (e.created_at, e.id) <= (j.created_at, j.id) and e.run_after <= due
              order by e.created_at, e.id
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

comment on function importer.next_jobs(integer) is 'Ids of the pending jobs to run next, in order.';

revoke all on function importer.next_jobs(integer) from public, anon, authenticated, service_role;
