-- What happens when a job is inserted or updated, whoever does it: a function, a client or psql. The triggers of
-- public.import_jobs fire in this order (Postgres orders those of one kind by name):
--   1. before each row: check_import_job at an insert; check_import_job_retry (next file) at a retry and
--      guard_import_job at every update;
--   2. after each row: follow_import_job_insert, or follow_import_job_update if the status changed;
--   3. after the statement: limit_import_jobs, then trigger_process_import_jobs, which rings the doorbell;
--      at an update their twins limit_import_jobs_retry and trigger_process_import_jobs_retry.

-- The role is the one that is in effect, not the one that a claim names: PostgREST sets both to the same, but a
-- connection made by hand may not. A role that bypasses row security or can log in is an administrator or the service
-- acting for a user, so the job then runs as authenticated.
create function importer.current_identity(owner uuid, listed text[]) returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select jsonb_build_object('role', c.role, 'claims', c.kept || jsonb_build_object('sub', owner, 'role', c.role))
    from (
      select
        case when r.rolsuper or r.rolbypassrls or r.rolcanlogin then 'authenticated' else r.rolname::text end as role,
        coalesce(
          (
            select jsonb_object_agg(g.key, g.value)
            from jsonb_each(auth.jwt()) as g
            where (g.key in ('aal', 'is_anonymous') or g.key = any (listed)) and auth.uid() = owner
          ), '{}'
        ) as kept
      from pg_catalog.pg_roles as r
      where r.rolname = coalesce(nullif(current_setting('role', true), 'none'), session_user)
    ) as c
  );
end
$$;

comment on function importer.current_identity(uuid, text[]) is
'Returns the role and the claims under which a job runs that is inserted now for this owner.';

revoke all on function importer.current_identity(uuid, text[]) from public, anon, authenticated, service_role;

-- Further conditions for jobs of users.
create function importer.check_owner(job public.import_jobs, target public.import_targets) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  -- The processor's key can read every file, so a client may name only files that it may read itself.
  if (select auth.uid()) is not null
    and (job.bucket_id <> 'imports' or split_part(job.object_path, '/', 1) <> (select auth.uid())::text)
  then
    raise exception 'the file is not in your folder of the bucket "imports"' using errcode = 'IJ602',
    hint = 'Upload the file to <your user id>/… in the bucket imports, and set object_path to that path.';
  end if;
  if target.name is not null
    and not importer.may_import_into(target.name, importer.current_identity(job.created_by, target.claims))
  then
    raise exception 'you may not import into this target' using errcode = 'IJ601',
    hint = 'Ask an administrator to allow it in import_targets.allowed_roles or allowed_when.';
  end if;
end
$$;

comment on function importer.check_owner(public.import_jobs, public.import_targets) is
'Raises IJ602 if the client may not read the file, and IJ601 if the owner may not import into the target.';

revoke all on function importer.check_owner(public.import_jobs, public.import_targets)
from public, anon, authenticated, service_role;

-- The conditions for a new job. The function does not look for the file, and it accepts a target that does not exist,
-- because a job may be inserted before both; if one is still missing when the job runs, the job fails with a code. The
-- function is SECURITY DEFINER because clients may not call the inner checks.
create function importer.check_import_job() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  target public.import_targets;
begin
  perform importer.check_import_options(new.options);
  if new.status <> 'pending' or new.phase is not null or new.attempts <> 0 or new.error_code is not null then
    raise exception 'a new job must be pending' using errcode = 'IJ101',
    hint = 'Leave out status, phase, attempts and error_code.';
  end if;
  if new.object_path = '' or octet_length(new.object_path) > 1024 or new.object_path ~ '[[:cntrl:]]'
    or new.object_path ~ '(^|/)[.]{0,2}(/|$)' or new.object_path ~* '[%](2e|2f|5c|00)'
    or strpos(new.object_path, chr(92)) > 0 -- a backslash, which standard_conforming_strings = off reads otherwise
  then
    raise exception 'object_path is not a valid path' using errcode = 'IJ107',
    hint = 'Give a path such as <user id>/<random>/a.csv, without a leading or double slash, ".", ".." or a backslash.';
  end if;
  if octet_length(new.target) > 512 or octet_length(new.bucket_id) > 128 or octet_length(new.idempotency_key) > 512 then
    raise exception 'target, bucket_id or idempotency_key is too long' using errcode = 'IJ107',
    hint = 'The limits are 512, 128 and 512 bytes.';
  end if;
  if concat(new.target, new.bucket_id, new.idempotency_key) ~ '[[:cntrl:]]' then
    raise exception 'target, bucket_id or idempotency_key contains control characters' using errcode = 'IJ107',
    hint = 'Remove the control characters.';
  end if;
  -- The owner's own id is left to the primary key, so that ON CONFLICT DO NOTHING makes an insert repeatable.
  if exists (
    select from public.import_jobs as j where j.id = new.id and j.created_by is distinct from new.created_by
  ) then
    raise exception 'the id is already in use' using errcode = 'IJ115',
    hint = 'Leave out id, or choose a new random UUID.';
  end if;
  select t.* into target from importer.find_target(new.target) as t;
  if new.created_by is not null then
    perform importer.check_owner(new, target);
  end if;
  -- The meaning of the job's states in SQL depends on these options, so the target's defaults are written into the job.
  new.options := (
    select coalesce(jsonb_object_agg(d.key, d.value), '{}')
    from jsonb_each(target.options) as d
    where d.key in ('atomic', 'dry_run', 'delete_source')
  ) || new.options || case when target.mode = 'replace' then '{"atomic": true}'::jsonb else '{}' end;
  return new;
end
$$;

comment on function importer.check_import_job() is
'Trigger function: rejects a new job with invalid options (IJ102), a state (IJ101), an invalid path (IJ107), the id of
another owner''s job (IJ115), a file of another user (IJ602) or a target that its owner may not import into (IJ601).';

revoke all on function importer.check_import_job() from public, anon, authenticated, service_role;

create trigger check_import_job before insert on public.import_jobs
for each row execute function importer.check_import_job();

-- The state machine. It is a trigger, so that it applies to every writer: functions, clients and psql.
create function importer.guard_import_job() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := clock_timestamp();
  if new.status = old.status then
    return new;
  end if;
  if (old.status, new.status) not in (
    ('pending', 'running'), ('pending', 'failed'), ('pending', 'cancelled'), ('running', 'pending'),
    ('running', 'completed'), ('running', 'failed'), ('running', 'cancelled'), ('failed', 'pending'),
    ('cancelled', 'pending')
  ) then
    raise exception 'a % job cannot become %', old.status, new.status using errcode = 'IJ101',
    hint = 'Retry only failed or cancelled jobs, and cancel only pending or running jobs.';
  end if;
  -- Clients may only retry and cancel. Every other change comes from a function, which runs as its owner.
  if current_user in ('authenticated', 'anon', 'service_role')
    and not (new.status = 'cancelled' or (new.status = 'pending' and old.status in ('failed', 'cancelled')))
  then
    raise exception 'only the processor can make a job %', new.status using errcode = 'IJ101',
    hint = 'Set status to pending to retry a failed or cancelled job, or to cancelled to cancel a job.';
  end if;
  if new.status <> 'running' then
    new.phase := null;
  end if;
  if new.status in ('failed', 'cancelled', 'completed') then
    new.finished_at := clock_timestamp();
  end if;
  -- An all-or-nothing job or a dry run that did not complete has nothing in the target, so its staged rows count as
  -- skipped.
  if new.status in ('failed', 'cancelled') and 'true' in (new.options -> 'atomic', new.options -> 'dry_run') then
    new.rows_skipped := new.rows_skipped + new.rows_loaded;
    new.rows_loaded := 0;
  end if;
  -- A manual retry starts a new series of attempts. Loaded rows stay loaded; if there are none, the file may be another
  -- one.
  if new.status = 'pending' and old.status in ('failed', 'cancelled') then
    new.attempts := 0;
    new.error_code := null;
    new.error_message := null;
    new.error_hint := null;
    new.finished_at := null;
    -- A job that has not started yet keeps the time for which it was scheduled; a back-off ends.
    new.run_after := case when old.started_at is null then greatest(old.run_after, now()) else now() end;
    if new.chunks_done = 0 then
      new.file_etag := null;
      new.file_sha256 := null;
      new.bytes_total := null;
    end if;
  end if;
  return new;
end
$$;

comment on function importer.guard_import_job() is
'Trigger function: rejects invalid changes of the status (IJ101) and sets the columns that depend on the status.';

revoke all on function importer.guard_import_job() from public, anon, authenticated, service_role;

create trigger guard_import_job before update on public.import_jobs
for each row execute function importer.guard_import_job();

-- The consequences of a transition: an event; a snapshot of the owner's claims for a new job, and again for a job that
-- its owner retries, because the claims may have changed; the end of the lease when the job stops running.
create function importer.follow_import_job() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'UPDATE' and old.status = 'running' then
    delete from importer.job_leases where job_id = new.id;
  end if;
  if tg_op = 'UPDATE' and old.chunks_done > 0 and new.chunks_done = 0 then
    delete from importer.job_chunks where job_id = new.id;
    delete from public.import_job_errors where job_id = new.id;
    delete from importer.job_rejections where job_id = new.id;
  end if;
  if new.created_by is not null and (
    tg_op = 'INSERT' or (new.status = 'pending' and old.status <> 'running' and auth.uid() = new.created_by)
  ) then
    insert into importer.job_identities (job_id, role, claims)
    select new.id, i.identity ->> 'role', i.identity -> 'claims'
    from (
      select importer.current_identity(new.created_by, (
        select t.claims from importer.find_target(new.target) as t
      )) as identity
    ) as i
    on conflict on constraint job_identities_pkey do update set role = excluded.role, claims = excluded.claims;
  end if;
  insert into public.import_job_events (job_id, event, attempt, detail)
  values (
    new.id, new.status, new.attempts,
    jsonb_strip_nulls(jsonb_build_object(
      'from', case when tg_op = 'UPDATE' then old.status end,
      'error_code', new.error_code,
      'by', session_user
    ))
  );
  return null;
end
$$;

comment on function importer.follow_import_job() is
'Trigger function: writes the event of a transition and the identity of the job''s owner, and deletes the lease of a job
that stops running.';

revoke all on function importer.follow_import_job() from public, anon, authenticated, service_role;

create trigger follow_import_job_insert after insert on public.import_jobs
for each row execute function importer.follow_import_job();

create trigger follow_import_job_update after update on public.import_jobs
for each row when (old.status is distinct from new.status) execute function importer.follow_import_job();
