-- For clients that prefer a call to an UPDATE. Invoker: the caller's own rights and row security
-- decide.
create function public.retry_import_job(id uuid) returns public.import_jobs
language plpgsql security invoker set search_path = ''
as $$
declare
  job public.import_jobs;
begin
  update public.import_jobs as j set status = 'pending'
  where j.id = retry_import_job.id returning j.* into job;
  if job.id is null then
    raise exception 'there is no such job' using errcode = 'IJ108', hint = 'Check the id, and that the job is yours.';
  end if;
  return job;
end
$$;

comment on function public.retry_import_job(uuid) is
'Sets a failed or cancelled job pending again; it loads what is missing, not what is in. IJ101 for any other state.';

revoke all on function public.retry_import_job(uuid) from public, anon, authenticated, service_role;
grant execute on function public.retry_import_job(uuid) to authenticated, service_role;
