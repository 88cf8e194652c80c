-- The queue as clients see it: how full it is, and the place of one job. These figures are about the jobs of all
-- owners, so they come from SECURITY DEFINER functions that return numbers and times, never an id, an owner or a
-- target. The functions in public are parsed here and not at the call, so that clients need no right on the schema.
-- Whether anybody works on the queue is told together with the reason of a pause, in a later file.

alter function importer.import_queue() security definer;
grant execute on function importer.import_queue() to authenticated, service_role;

-- When the last ring arrived is known from the processor that took it.
alter table importer.processors add column ring_taken_at timestamptz;

comment on column importer.processors.ring_taken_at is 'When the processor last took a ring that it had not taken yet.';

create function importer.note_ring() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if new.newest_ring is not null and (tg_op = 'INSERT' or new.newest_ring is distinct from old.newest_ring) then
    new.ring_taken_at := clock_timestamp();
  end if;
  return new;
end
$$;

comment on function importer.note_ring() is 'Trigger function: notes when a processor takes a ring.';

revoke all on function importer.note_ring() from public, anon, authenticated, service_role;

create trigger note_ring before insert or update on importer.processors
for each row execute function importer.note_ring();

-- The turn of a job: the number of its owner's running jobs and due ones up to it, as in importer.next_jobs(). Before
-- it come all due jobs with an earlier turn; limits of targets and owners may let later ones pass it. The function
-- looks at 10,000 due jobs at most, so that the cost of a client that polls is limited.
create function importer.queue_place(job_id uuid) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  nobody constant uuid := '00000000-0000-0000-0000-000000000000'::uuid;
begin
  if not exists (
    select from public.import_jobs as j
    where j.id = queue_place.job_id and j.status = 'pending' and j.run_after <= now() and (
      coalesce(j.created_by, nobody) between importer.first_visible_owner() and importer.last_visible_owner()
      or current_setting('role', true) = 'service_role'
    )
  ) then
    return null;
  end if;
  return (
    with due as materialized (
      select j.id, coalesce(j.created_by, nobody) as owner, j.priority, j.created_at
      from public.import_jobs as j
      where j.status = 'pending' and j.run_after <= now() and j.attempts < j.max_attempts
        and not j.options @> '{"inspect": true}'
      limit 10001
    ),

    running as (
      select coalesce(j.created_by, nobody) as owner, count(*) as jobs
      from public.import_jobs as j where j.status = 'running' group by 1
    ),

    turns as (
      select
        d.id, d.created_at, case when d.owner = nobody then d.priority else 0 end as precedence,
        coalesce(r.jobs, 0) + row_number() over (partition by d.owner order by d.priority desc, d.created_at, d.id) as turn
      from due as d left join running as r on r.owner = d.owner
    )

    select case when (select count(*) from due) <= 10000 then 1 + (
      select count(*) from turns as t
      where (-t.precedence, t.turn, t.created_at, t.id) < (-own.precedence, own.turn, own.created_at, own.id)
    ) end
    from turns as own where own.id = queue_place.job_id
  );
end
$$;

comment on function importer.queue_place(uuid) is
'Returns the place in the queue, from 1, of a due job that the caller may see; null for any other job, and while more than
10,000 jobs are due.';

revoke all on function importer.queue_place(uuid) from public, anon, authenticated, service_role;
grant execute on function importer.queue_place(uuid) to authenticated, service_role;

create function public.import_queue(job_id uuid default null) returns table (
  waiting bigint, scheduled bigint, running bigint, oldest_waiting_since timestamptz, place bigint
)
language sql stable security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select
    q.waiting,
    q.scheduled,
    q.running,
    q.oldest_waiting_since,
    importer.queue_place(import_queue.job_id) as place -- noqa: RF01
  from importer.import_queue() as q;
end;

comment on function public.import_queue(uuid) is
'Returns how many jobs of all owners wait, are scheduled for later and run, since when the oldest one waits, and the place
of one due job of the caller, from 1. The place is null for other jobs, and while more than 10,000 are due.';

revoke all on function public.import_queue(uuid) from public, anon, authenticated, service_role;
grant execute on function public.import_queue(uuid) to authenticated, service_role;
