-- Supervisors: users who may see all jobs and figures, and cancel and retry them. The setting supervisor_when says who
-- they are: a condition on the claims, like allowed_when of a target. Without it there are none.

-- The condition is SQL that an administrator wrote; only administrators can write settings. A claim that makes it fail
-- makes no supervisor and never fails the query of a user; check_setting() looks at it when it is written.
create function importer.is_supervisor() returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  condition constant text := (select s.value from importer.settings as s where s.name = 'supervisor_when');
begin
  return condition is not null and auth.uid() is not null and importer.condition_holds(condition, auth.jwt());
exception when others then
  return false;
end
$$;

comment on function importer.is_supervisor() is
'Returns whether the caller is a user for whose claims the setting supervisor_when is true.';

revoke all on function importer.is_supervisor() from public, anon, authenticated, service_role;

create function importer.check_setting() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.condition_holds(new.value, '{}');
  return new;
exception when sqlstate 'IJ113' then
  raise exception 'could not evaluate supervisor_when' using errcode = 'IJ113',
  hint = 'Write an SQL condition on the jsonb value claims, such as claims ->> ''aal'' = ''aal2'', with qualified names.';
end
$$;

comment on function importer.check_setting() is
'Trigger function: rejects a setting supervisor_when that cannot be evaluated (IJ113).';

revoke all on function importer.check_setting() from public, anon, authenticated, service_role;

create trigger check_setting before insert or update on importer.settings
for each row when (new.name = 'supervisor_when') execute function importer.check_setting();

-- The jobs that a caller sees, as a range of owners: for a user from the user's id to the same id, for a supervisor
-- from the first id to the last. A range can be read from an index in both cases; with "or", Postgres would read the
-- whole table for every user. A job without an owner counts as one of the nil UUID. Both ends are computed once in a
-- statement.
create function importer.first_visible_owner() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  nobody constant uuid := '00000000-0000-0000-0000-000000000000'::uuid;
begin
  return case when importer.is_supervisor() then nobody else nullif(auth.uid(), nobody) end;
end
$$;

comment on function importer.first_visible_owner() is
'Returns the first owner whose jobs the caller sees: the caller, or for a supervisor the nil UUID, which stands for none.';

revoke all on function importer.first_visible_owner() from public, anon, authenticated, service_role;
grant execute on function importer.first_visible_owner() to authenticated;

create function importer.last_visible_owner() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return case when importer.is_supervisor() then 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid else auth.uid() end;
end
$$;

comment on function importer.last_visible_owner() is
'Returns the last owner whose jobs the caller sees: the caller, or for a supervisor the highest UUID.';

revoke all on function importer.last_visible_owner() from public, anon, authenticated, service_role;
grant execute on function importer.last_visible_owner() to authenticated;

create index import_jobs_visible on public.import_jobs (
  coalesce(created_by, '00000000-0000-0000-0000-000000000000'), created_at desc
);

comment on index public.import_jobs_visible is 'Jobs by owner, as row security looks for them.';

drop policy "owners see their jobs" on public.import_jobs;
drop policy "owners retry and cancel their jobs" on public.import_jobs;
drop policy "owners see their rejected rows" on public.import_job_errors;
drop policy "owners see what happened to their jobs" on public.import_job_events;

create policy "owners see their jobs, supervisors see all" on public.import_jobs
for select to authenticated using (
  coalesce(created_by, '00000000-0000-0000-0000-000000000000') >= (select importer.first_visible_owner())
  and coalesce(created_by, '00000000-0000-0000-0000-000000000000') <= (select importer.last_visible_owner())
);

create policy "owners retry and cancel their jobs, supervisors all" on public.import_jobs
for update to authenticated
using (
  coalesce(created_by, '00000000-0000-0000-0000-000000000000') >= (select importer.first_visible_owner())
  and coalesce(created_by, '00000000-0000-0000-0000-000000000000') <= (select importer.last_visible_owner())
)
with check (
  coalesce(created_by, '00000000-0000-0000-0000-000000000000') >= (select importer.first_visible_owner())
  and coalesce(created_by, '00000000-0000-0000-0000-000000000000') <= (select importer.last_visible_owner())
);

-- Row security of import_jobs applies within these queries.
create policy "rejected rows of the jobs that a user sees" on public.import_job_errors
for select to authenticated using (
  exists (
    select from public.import_jobs
    where import_jobs.id = import_job_errors.job_id
  )
);

create policy "events of the jobs that a user sees" on public.import_job_events
for select to authenticated using (
  exists (
    select from public.import_jobs
    where import_jobs.id = import_job_events.job_id
  )
);

-- A job runs under its owner's rights, and one without an owner under the processor's. So a supervisor may start it
-- again, but not say what it does. Fires after check_import_job_retry, which sorts before it by name and has put the
-- options of the retry in place.
create function importer.check_import_job_retry_options() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if auth.uid() is distinct from new.created_by and auth.uid() is not null
    and new.options not in (old.options, old.options || '{"atomic": true}')
  then
    raise exception 'options of another owner''s job cannot change' using errcode = 'IJ102',
    hint = 'Retry the job without options, or ask its owner to change them.';
  end if;
  return new;
end
$$;

comment on function importer.check_import_job_retry_options() is
'Trigger function: rejects a retry with other options by a user who does not own the job (IJ102).';

revoke all on function importer.check_import_job_retry_options() from public, anon, authenticated, service_role;

create trigger check_import_job_retry_options before update on public.import_jobs
for each row when (
  old.status in ('failed', 'cancelled') and new.status = 'pending' and old.options is distinct from new.options
) execute function importer.check_import_job_retry_options();
