-- What clients see besides the tables: the bucket for their files, and functions to create, retry and cancel jobs. The
-- functions are SECURITY INVOKER, so the rights and the row security of the caller apply.

-- Signed-in users upload and read files below a folder that is named after their id. Without Supabase's Storage schema
-- nothing is created.
do $$
begin
  if to_regclass('storage.objects') is null then
    return;
  end if;
  insert into storage.buckets (id, name, public) values ('imports', 'imports', false)
  on conflict (id) do update set public = false;

  create policy "import-jobs: users upload below their id" on storage.objects
  for insert to authenticated
  with check (bucket_id = 'imports' and (storage.foldername(name))[1] = (select auth.uid())::text);

  create policy "import-jobs: users read below their id" on storage.objects
  for select to authenticated
  using (bucket_id = 'imports' and (storage.foldername(name))[1] = (select auth.uid())::text);
end
$$;

-- For clients that may send a request twice: if the owner has used the idempotency key before, the first job is
-- returned. A unique index waits until another call with the same key has committed, so the select after it sees that
-- job. A conflict on another column remains an error.
create function public.create_import_job(
  object_path text, target text, options jsonb default '{}', bucket_id text default 'imports',
  priority smallint default 0, run_after timestamptz default now(), idempotency_key text default null,
  id uuid default gen_random_uuid()
) returns public.import_jobs
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  job public.import_jobs;
begin
  insert into public.import_jobs as j (id, bucket_id, object_path, target, options, priority, run_after, idempotency_key)
  values (
    create_import_job.id, create_import_job.bucket_id, create_import_job.object_path, create_import_job.target,
    create_import_job.options, create_import_job.priority, create_import_job.run_after, create_import_job.idempotency_key
  )
  returning j.* into job;
  return job;
exception when unique_violation then
  select j.* into job from public.import_jobs as j
  where j.idempotency_key = create_import_job.idempotency_key and j.created_by is not distinct from (select auth.uid());
  if job.id is null then
    raise;
  end if;
  return job;
end
$$;

comment on function public.create_import_job(text, text, jsonb, text, smallint, timestamptz, text, uuid) is
'Inserts a job and returns it; if the owner has used the idempotency_key before, returns the first job instead.';

revoke all on function public.create_import_job(text, text, jsonb, text, smallint, timestamptz, text, uuid)
from public, anon, authenticated, service_role;
grant execute on function public.create_import_job(text, text, jsonb, text, smallint, timestamptz, text, uuid)
to authenticated, service_role;

-- Clients may update the status of a job only, so the options reach the trigger check_import_job_retry by a setting.
create function public.retry_import_job(id uuid, options jsonb default '{}') returns public.import_jobs
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  job public.import_jobs;
begin
  perform set_config('import_jobs.retry_options', coalesce(retry_import_job.options, '{}')::text, true);
  update public.import_jobs as j set status = 'pending'
  where j.id = retry_import_job.id returning j.* into job;
  perform set_config('import_jobs.retry_options', '', true);
  if job.id is null then
    raise exception 'the job does not exist' using errcode = 'IJ108',
    hint = 'Check the id, and that the job belongs to you.';
  end if;
  return job;
end
$$;

comment on function public.retry_import_job(uuid, jsonb) is
'Sets a failed or cancelled job pending again; it loads only the rows that are not loaded yet. The options are added to
the job''s own; while rows of the job are in the target, only those may change that do not say how the file is read
(IJ102). Raises IJ101 for a job in any other state.';

revoke all on function public.retry_import_job(uuid, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.retry_import_job(uuid, jsonb) to authenticated, service_role;

create function public.cancel_import_job(id uuid) returns public.import_jobs
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  job public.import_jobs;
begin
  update public.import_jobs as j set status = 'cancelled'
  where j.id = cancel_import_job.id returning j.* into job;
  if job.id is null then
    raise exception 'the job does not exist' using errcode = 'IJ108',
    hint = 'Check the id, and that the job belongs to you.';
  end if;
  return job;
end
$$;

comment on function public.cancel_import_job(uuid) is
'Cancels a pending or running job; committed rows stay in the target and in the counters. Raises IJ101 for a job that
has ended.';

revoke all on function public.cancel_import_job(uuid) from public, anon, authenticated, service_role;
grant execute on function public.cancel_import_job(uuid) to authenticated, service_role;
