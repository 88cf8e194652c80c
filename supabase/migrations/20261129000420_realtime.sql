-- Progress by Supabase Realtime: where it is installed, each job of a user is broadcast to the private topic
-- import-jobs:<owner> as event progress. Clients elsewhere, and those that miss a message, read import_jobs, which is
-- the truth. A job sends a message a second at most, and the last one always; an owner gets at most 20 others a second.

-- When a message was last sent for a job. Unlogged, since a crash may lose it: then a message comes too early.
create unlogged table importer.broadcasts (
  job_id uuid primary key references public.import_jobs (id) on delete cascade,
  owner uuid not null, -- noqa: RF04
  sent_at timestamptz not null
);

comment on table importer.broadcasts is 'When the last message about a job was sent, for a minute.';
comment on column importer.broadcasts.job_id is 'The job.';
comment on column importer.broadcasts.owner is 'Owner of the job.';
comment on column importer.broadcasts.sent_at is 'When the message was sent.';

create index broadcasts_owner on importer.broadcasts (owner, sent_at);

revoke all on importer.broadcasts from public, anon, authenticated, service_role;

-- Every job has a row of its own, so that the transactions of one owner's jobs do not wait for each other. They do not
-- see each other's rows either, until they commit, so the limit of an owner may be passed by as many jobs as run at
-- once.
create function importer.may_broadcast(job public.import_jobs) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  has_ended constant boolean := job.status in ('completed', 'failed', 'cancelled');
  since constant timestamptz := clock_timestamp() - interval '1 s';
begin
  if not has_ended and (
    exists (select from importer.broadcasts as b where b.job_id = job.id and b.sent_at > since)
    or (select count(*) >= 20 from importer.broadcasts as b where b.owner = job.created_by and b.sent_at > since)
  ) then
    return false;
  end if;
  insert into importer.broadcasts as b (job_id, owner, sent_at) values (job.id, job.created_by, clock_timestamp())
  on conflict on constraint broadcasts_pkey do update set sent_at = excluded.sent_at;
  if has_ended then
    delete from importer.broadcasts as b
    where b.owner = job.created_by and b.sent_at < clock_timestamp() - interval '1 minute' and b.job_id <> job.id;
  end if;
  return true;
end
$$;

comment on function importer.may_broadcast(public.import_jobs) is
'Returns whether a message about a job may be sent now, and counts it as sent: the last one always, others once a second
and job and 20 times a second and owner.';

revoke all on function importer.may_broadcast(public.import_jobs) from public, anon, authenticated, service_role;

-- Realtime may come into the database later, so the function looks for it. The message becomes visible with the commit.
create function importer.broadcast_progress() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '200ms'
as $$
begin
  if to_regnamespace('realtime') is null then
    return null;
  end if;
  if to_regprocedure('realtime.send(jsonb,text,text,boolean)') is not null and importer.may_broadcast(new) then
    execute 'select realtime.send($1, ''progress'', $2, true)' using jsonb_build_object(
      'id', new.id, 'status', new.status, 'phase', new.phase, 'progress', new.progress, 'target', new.target,
      'file_name', new.file_name, 'bytes_read', new.bytes_read, 'bytes_total', new.bytes_total,
      'rows_read', new.rows_read, 'rows_loaded', new.rows_loaded, 'rows_rejected', new.rows_rejected,
      'rows_skipped', new.rows_skipped, 'error_code', new.error_code, 'updated_at', new.updated_at
    ), 'import-jobs:' || new.created_by;
  end if;
  return null;
exception when others then
  raise warning 'import-jobs could not broadcast progress (%)', sqlstate
  using hint = 'No action is needed for the job: clients read import_jobs.';
  return null;
end
$$;

comment on function importer.broadcast_progress() is
'Trigger function: sends the progress of a user''s job to Realtime, if that is installed; it never fails the statement.';

revoke all on function importer.broadcast_progress() from public, anon, authenticated, service_role;

create trigger broadcast_progress after update on public.import_jobs
for each row when (
  new.created_by is not null
  and (old.status, old.phase, old.bytes_read, old.rows_read, old.rows_loaded, old.rows_rejected, old.undone_at)
  is distinct from
  (new.status, new.phase, new.bytes_read, new.rows_read, new.rows_loaded, new.rows_rejected, new.undone_at)
) execute function importer.broadcast_progress();

-- Who joins a private topic needs a policy on Realtime's table; nobody but the owner has one. Realtime may be missing,
-- or its table may be closed to the administrator; then a notice says so, and the function can be called again.
create function importer.install_realtime() returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regclass('realtime.messages') is null or to_regprocedure('realtime.topic()') is null then
    raise notice 'broadcasts of progress are not installed: there is no Realtime';
    return false;
  end if;
  if not exists (
    select from pg_catalog.pg_policies as p
    where p.schemaname = 'realtime' and p.policyname = 'import-jobs: owners receive the progress of their jobs'
  ) then
    create policy "import-jobs: owners receive the progress of their jobs" on realtime.messages
    for select to authenticated using (
      extension = 'broadcast' and (select realtime.topic()) = 'import-jobs:' || (select auth.uid())::text
    );
  end if;
  return true;
exception when insufficient_privilege then
  raise notice 'broadcasts of progress are not installed: the role % may not create a policy on realtime.messages', current_user;
  return false;
end
$$;

comment on function importer.install_realtime() is
'Lets owners receive the progress of their jobs from Realtime unless they may already; returns whether they may now. For
administrators.';

revoke all on function importer.install_realtime() from public, anon, authenticated, service_role;

do $$
begin
  perform importer.install_realtime();
end
$$;
