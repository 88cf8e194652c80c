-- For clients that may ask twice: a key that the owner has used gives back the first job. A unique index
-- waits for another call with the same key to commit, so the select after it sees that one's row. A
-- conflict that is not about the key stays an error. Invoker: the caller's own rights decide.
create function public.create_import_job(
  object_path text, target text, options jsonb default '{}', bucket_id text default 'imports',
  priority smallint default 0, run_after timestamptz default now(), idempotency_key text default null,
  id uuid default gen_random_uuid()
) returns public.import_jobs
language plpgsql security invoker set search_path = ''
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
'Inserts a job and returns it; where the owner has used the idempotency_key before, returns the job of that time.';

revoke all on function public.create_import_job(text, text, jsonb, text, smallint, timestamptz, text, uuid)
from public, anon, authenticated, service_role;
grant execute on function public.create_import_job(text, text, jsonb, text, smallint, timestamptz, text, uuid)
to authenticated, service_role;
