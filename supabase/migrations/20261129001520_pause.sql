-- Stop and go: while the queue is paused no processor takes a job, whatever its version, because the claims refuse in
-- SQL. Jobs stay pending, and those that run end. Clients read the reason in import_queue_health(), whose definition is
-- here for that.

-- One row while the queue is paused, and none otherwise.
create table importer.queue_pause (
  paused boolean primary key default true check (paused),
  reason text not null,
  paused_at timestamptz not null default clock_timestamp(),
  paused_by text not null default session_user
);

comment on table importer.queue_pause is 'Has one row while no job is taken from the queue.';
comment on column importer.queue_pause.paused is 'Always true, so that there is one row at most.';
comment on column importer.queue_pause.reason is 'Why the queue is paused; clients can read it.';
comment on column importer.queue_pause.paused_at is 'Since when the queue is paused.';
comment on column importer.queue_pause.paused_by is 'The role that has paused it, or that has changed the reason.';

revoke all on importer.queue_pause from public, anon, authenticated, service_role;

-- take_jobs() and claim_undos() ask it before they take anything. In plpgsql, because a session keeps its plan.
create function importer.is_paused() returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (select from importer.queue_pause);
end
$$;

comment on function importer.is_paused() is 'Returns whether the queue is paused, so that no job is taken.';

revoke all on function importer.is_paused() from public, anon, authenticated, service_role;

-- It accepts any text, because nothing may keep an administrator from pausing. The reason ends up in terminals, so it
-- is one line without control characters.
create function importer.pause(reason text default null) returns timestamptz
language sql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
  insert into importer.queue_pause as p (reason)
  values (coalesce(
    nullif(btrim(left(regexp_replace(pause.reason, '[[:cntrl:][:space:]]+', ' ', 'g'), 500)), ''), 'no reason was given'
  ))
  on conflict (paused) do update set reason = excluded.reason, paused_by = excluded.paused_by
  returning p.paused_at
$$;

comment on function importer.pause(text) is
'Pauses the queue: no processor takes a job or an undo any more; jobs that run end. Returns since when it is paused. A
queue that is paused gets the new reason. Clients can read the reason, of which 500 characters are kept.';

revoke all on function importer.pause(text) from public, anon, authenticated, service_role;

-- The rings of the pause have found nothing to do, so it rings for what is due now.
create function importer.resume() returns boolean
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  delete from importer.queue_pause;
  if not found then
    return false;
  end if;
  perform importer.ring_processor(array(
    select j.id from public.import_jobs as j
    where j.status = 'pending' and j.run_after <= clock_timestamp() and j.attempts < j.max_attempts
    order by j.priority desc, j.created_at
    limit 1000
  ));
  return true;
end
$$;

comment on function importer.resume() is
'Ends a pause of the queue and rings the processor. Returns whether the queue was paused.';

revoke all on function importer.resume() from public, anon, authenticated, service_role;

drop function importer.import_queue_health();

create function importer.import_queue_health()
returns table (
  processor_alive boolean, processors bigint, processor_seen_at timestamptz, processor_sleeps boolean,
  last_ring_at timestamptz, last_ring_taken_at timestamptz,
  queue_paused boolean, paused_reason text, paused_since timestamptz
)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select
    count(*) filter (where p.seen_at > clock_timestamp() - interval '15 s') > 0
    or exists (select from importer.job_leases as l where l.expires_at > clock_timestamp()),
    count(*) filter (where p.seen_at > clock_timestamp() - interval '15 s'),
    max(p.seen_at),
    coalesce(lower((select s.value from importer.settings as s where s.name = 'processor_sleeps')), '')
    in ('true', 'on', 'yes', '1'),
    (select max(r.sent_at) from importer.rings as r),
    max(p.ring_taken_at),
    exists (select from importer.queue_pause),
    (select q.reason from importer.queue_pause as q),
    (select q.paused_at from importer.queue_pause as q)
  from importer.processors as p
$$;

comment on function importer.import_queue_health() is
'Returns whether a processor is alive (a lease is valid, or it was seen in the last 15 s), how many were seen then, when
the last one was seen, whether it may sleep until it is rung, when the last ring was sent, when one last arrived, and
whether the queue is paused, why and since when.';

revoke all on function importer.import_queue_health() from public, anon, authenticated, service_role;
grant execute on function importer.import_queue_health() to authenticated, service_role, import_processor;

-- The processor shows how full the queue is in its metrics.
grant execute on function importer.import_queue() to import_processor;

create function public.import_queue_health() returns table (
  processor_alive boolean, processors bigint, processor_seen_at timestamptz, processor_sleeps boolean,
  last_ring_at timestamptz, last_ring_taken_at timestamptz,
  queue_paused boolean, paused_reason text, paused_since timestamptz
)
language sql stable security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select
    h.processor_alive,
    h.processors,
    h.processor_seen_at,
    h.processor_sleeps,
    h.last_ring_at,
    h.last_ring_taken_at,
    h.queue_paused,
    h.paused_reason,
    h.paused_since
  from importer.import_queue_health() as h;
end;

comment on function public.import_queue_health() is
'Returns whether a processor is alive, how many were seen in the last 15 s, when the last one was seen, whether it may sleep
until it is rung, when the last ring was sent, when one last arrived, and whether an administrator has paused the queue,
why and since when.';

revoke all on function public.import_queue_health() from public, anon, authenticated, service_role;
grant execute on function public.import_queue_health() to authenticated, service_role;
