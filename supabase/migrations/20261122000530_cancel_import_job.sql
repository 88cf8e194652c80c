create function public.cancel_import_job(id uuid) returns public.import_jobs
language plpgsql security invoker set search_path = ''
as $$
declare
  job public.import_jobs;
begin
  update public.import_jobs as j set status = 'cancelled'
  where j.id = cancel_import_job.id returning j.* into job;
  if job.id is null then
    raise exception 'there is no such job' using errcode = 'IJ108', hint = 'Check the id, and that the job is yours.';
  end if;
  return job;
end
$$;

comment on function public.cancel_import_job(uuid) is
'Cancels a pending or running job; rows that were committed stay and stay counted. IJ101 for a job that has ended.';

revoke all on function public.cancel_import_job(uuid) from public, anon, authenticated, service_role;
grant execute on function public.cancel_import_job(uuid) to authenticated, service_role;
