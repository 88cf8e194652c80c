-- Undo for owners: where a target allows it, the owner of a job asks for it (public.undo_import_job), and a processor
-- does it in the background, under the rights and the row security of the owner. The job keeps its status. A request is
-- a row of importer.undo_requests; the transaction that does the work holds the lock on that row, so that no lease is
-- needed: if its processor dies, the database rolls it back, and another processor begins again.

alter table public.import_targets
add column undo_days integer constraint import_targets_undo_days check (undo_days between 1 and 36500);

comment on column public.import_targets.undo_days is
'For how many days after its end the owner of a job may have it undone; null: only administrators undo jobs.';

grant select (undo_days) on public.import_targets to authenticated;

alter table public.import_jobs
add column undo_requested_at timestamptz,
add column undo_error_code text,
add column undo_error_message text,
add column undo_error_hint text,
add constraint import_jobs_undo_error_is_complete
check (
  (undo_error_code is null) = (undo_error_message is null) and (undo_error_code is null) = (undo_error_hint is null)
);

comment on column public.import_jobs.undo_requested_at is
'When the owner asked for the undo of the job; until undone_at or undo_error_code is set, a processor works on it.';
comment on column public.import_jobs.undo_error_code is 'Why the job could not be undone: a stable code.';
comment on column public.import_jobs.undo_error_message is 'Why the job could not be undone, in words.';
comment on column public.import_jobs.undo_error_hint is 'What to do about it.';
comment on column public.import_jobs.undone_at is
'When the job''s rows were removed from the target, or what it had replaced was restored; the counters keep their
values.';

grant update (undo_requested_at) on public.import_jobs to authenticated, service_role;

create table importer.undo_requests (
  job_id uuid primary key references public.import_jobs (id) on delete cascade,
  role text not null,
  claims jsonb not null check (jsonb_typeof(claims) = 'object'),
  token uuid not null default gen_random_uuid(),
  attempts integer not null default 0,
  run_after timestamptz not null default clock_timestamp(),
  turn bigint not null default 1
);

comment on table importer.undo_requests is 'Undos that owners have asked for and that are not done.';
comment on column importer.undo_requests.job_id is 'The job.';
comment on column importer.undo_requests.role is 'Role whose rights count, usually authenticated.';
comment on column importer.undo_requests.claims is 'Claims of the owner when the undo was asked for.';
comment on column importer.undo_requests.token is 'Token of the last claim.';
comment on column importer.undo_requests.attempts is 'How often a processor has taken the request.';
comment on column importer.undo_requests.run_after is 'When a processor may take it next.';
comment on column importer.undo_requests.turn is
'One more than the number of requests that its owner had then, so that owners take turns.';

revoke all on importer.undo_requests from public, anon, authenticated, service_role;

-- What stands in the way of an undo, whoever asks for it.
create function importer.undo_obstacle(job public.import_jobs) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  rules jsonb := importer.describe_target(job.target);
  kept regclass := to_regclass('importer.' || importer.job_table_name('replaced', job.id));
begin
  return case
    when job.status in ('pending', 'running') then 'it has not ended'
    when job.undone_at is not null then 'it has already been undone'
    when job.inspects then 'it was an inspection and wrote nothing'
    when job.options -> 'dry_run' = 'true' then 'it was a dry run and wrote nothing'
    when rules -> 'replaced' = 'true' then 'another table has taken the place of its table, or it has another owner'
    when importer.target_relation(job.target) is null then 'its target or table no longer exists'
    when kept is null and rules ->> 'mode' = 'replace' then 'the rows that it replaced are no longer stored'
    when kept is null and rules ->> 'mode' not in ('insert', 'ignore') then
      format('mode %s does not store the previous values', rules ->> 'mode')
    when kept is null and rules ->> 'provenance_column' is null then 'its target has no provenance_column'
    when kept is not null and exists (
      select from public.import_jobs as l
      where l.id <> job.id and l.finished_at > job.finished_at and l.undone_at is null
        and to_regclass('importer.' || importer.job_table_name('replaced', l.id)) is not null
        and importer.describe_target(l.target) ->> 'name' = rules ->> 'name'
        and (l.created_by = job.created_by or l.created_by is null or job.created_by is null)
    ) then 'a later job has replaced its rows'
  end;
end
$$;

comment on function importer.undo_obstacle(public.import_jobs) is
'Returns why a job cannot be undone, in words; null if it can.';

revoke all on function importer.undo_obstacle(public.import_jobs) from public, anon, authenticated, service_role;

-- The rows of a job, as a condition on the alias t of the target's table.
create function importer.rows_of_job(job public.import_jobs, rules jsonb) returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select case
    when rules ->> 'provenance_column' is not null then format('t.%I = %L', rules ->> 'provenance_column', job.id)
    when job.created_by is null or rules ->> 'owner_column' is null then 'true'
    else format('t.%I = %L', rules ->> 'owner_column', job.created_by)
  end
$$;

comment on function importer.rows_of_job(public.import_jobs, jsonb) is
'Returns the condition by which an undo finds the rows of a job; rules are those of importer.describe_target().';

revoke all on function importer.rows_of_job(public.import_jobs, jsonb) from public, anon, authenticated, service_role;

-- Clients ask by setting undo_requested_at; the trigger decides, and keeps the claims that the owner has now. Only the
-- end of an undo or a retry clears the column. Each request may read the whole table, so they are limited.
create function importer.request_undo() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  known public.import_targets;
  identity jsonb;
  obstacle text;
begin
  if new.undo_requested_at is null or (
    old.undo_requested_at is not null and old.undo_error_code is null and old.undone_at is null
  ) then
    new.undo_requested_at := old.undo_requested_at;
    return new;
  end if;
  select t.* into known from importer.find_target(new.target) as t;
  obstacle := case
    when new.status is distinct from old.status then 'its status changes'
    when new.created_by is null then 'it has no owner; an administrator undoes it with importer.undo_import_job()'
    when auth.uid() <> new.created_by then 'only its owner asks for that'
    when known.undo_days is null then 'its target does not let owners undo'
    else importer.undo_obstacle(old)
  end;
  if obstacle is null and new.finished_at < now() - make_interval(days => known.undo_days) then
    obstacle := format('its target lets owners undo for %s days', known.undo_days);
  end if;
  if obstacle is not null then
    raise exception 'the job cannot be undone: %', obstacle using errcode = 'IJ112',
    hint = 'Owners undo within undo_days of the target; ask an administrator to set it, or to undo the job.';
  end if;
  if (
    select count(*) from public.import_job_events as e
    where e.job_id = new.id and e.event = 'undo_requested' and e.happened_at > clock_timestamp() - interval '1 minute'
  ) >= 5 then
    raise exception 'the undo of a job is asked for too often' using errcode = 'IJ116',
    hint = 'Wait a minute; in each minute the undo of a job may be asked for 5 times.';
  end if;
  select
    case
      when auth.uid() = new.created_by then importer.current_identity(new.created_by, known.claims)
      else (
        select jsonb_build_object('role', i.role, 'claims', i.claims)
        from importer.job_identities as i where i.job_id = new.id
      )
    end
  into identity;
  if identity is null then
    raise exception 'the job cannot be undone: the rights of its owner are not known' using errcode = 'IJ112',
    hint = 'Ask for the undo as the owner of the job.';
  end if;
  insert into importer.undo_requests as u (job_id, role, claims, turn)
  select new.id, identity ->> 'role', identity -> 'claims', 1 + count(*)
  from importer.undo_requests as w inner join public.import_jobs as j on j.id = w.job_id
  where j.created_by = new.created_by
  on conflict on constraint undo_requests_pkey do update
  set role = excluded.role, claims = excluded.claims, attempts = 0, run_after = clock_timestamp();
  new.undo_requested_at := clock_timestamp();
  new.undo_error_code := null;
  new.undo_error_message := null;
  new.undo_error_hint := null;
  insert into public.import_job_events (job_id, event, attempt) values (new.id, 'undo_requested', new.attempts);
  perform importer.ring_processor(array[new.id]);
  return new;
end
$$;

comment on function importer.request_undo() is
'Trigger function: accepts the request to undo a job and rings the processor, or raises IJ112 with the reason, or IJ116
if it is asked for too often. A request that is being worked on already stays as it is.';

revoke all on function importer.request_undo() from public, anon, authenticated, service_role;

create trigger request_undo before update on public.import_jobs
for each row when (
  new.undo_requested_at is distinct from old.undo_requested_at
  and not (new.undo_requested_at is null and old.status <> 'pending' and new.status = 'pending')
)
execute function importer.request_undo();

comment on column public.import_job_events.event is
'The new status of the job, or: retry_scheduled, released, postponed, resumed, lease_lost, attempt_restored,
undo_requested, undo_failed, undone.';

-- A retry loads rows that an undo at the same time might miss. The trigger fires before request_undo.
create function importer.check_import_job_retry_undo() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from importer.undo_requests as u where u.job_id = new.id) then
    raise exception 'the job is being undone' using errcode = 'IJ101',
    hint = 'Retry the job when undone_at or undo_error_code is set.';
  end if;
  new.undo_requested_at := null;
  new.undo_error_code := null;
  new.undo_error_message := null;
  new.undo_error_hint := null;
  return new;
end
$$;

comment on function importer.check_import_job_retry_undo() is
'Trigger function: rejects the retry of a job that is being undone (IJ101), and clears what an earlier undo has left.';

revoke all on function importer.check_import_job_retry_undo() from public, anon, authenticated, service_role;

create trigger check_import_job_retry_undo before update on public.import_jobs
for each row when (old.status in ('failed', 'cancelled') and new.status = 'pending')
execute function importer.check_import_job_retry_undo();

create function public.undo_import_job(id uuid) returns public.import_jobs
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  job public.import_jobs;
begin
  update public.import_jobs as j set undo_requested_at = clock_timestamp()
  where j.id = undo_import_job.id returning j.* into job;
  if job.id is null then
    raise exception 'the job does not exist' using errcode = 'IJ108',
    hint = 'Check the id, and that the job belongs to you.';
  end if;
  return job;
end
$$;

comment on function public.undo_import_job(uuid) is
'Asks for the undo of a job that has ended, and returns it. A processor removes the job''s rows, or restores those that
it replaced, under the rights of its owner, and sets undone_at, or undo_error_code. Raises IJ112, with the reason, if
the target or the job does not allow it.';

revoke all on function public.undo_import_job(uuid) from public, anon, authenticated, service_role;
grant execute on function public.undo_import_job(uuid) to authenticated, service_role;
