-- Not now: another job is loading the same file. As if it had not been claimed, and nobody is rung before its time.
create function importer.postpone_job(job_id uuid, token uuid, seconds double precision) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform importer.hold_lease(postpone_job.job_id, postpone_job.token);
  insert into public.import_job_events (job_id, event, attempt, detail)
  select j.id, 'postponed', j.attempts, jsonb_build_object('seconds', postpone_job.seconds)
  from public.import_jobs as j where j.id = postpone_job.job_id;
  update public.import_jobs as j
  set
    status = 'pending', attempts = j.attempts - 1,
    run_after = clock_timestamp() + make_interval(secs => postpone_job.seconds)
  where j.id = postpone_job.job_id;
end
$$;

comment on function importer.postpone_job(uuid, uuid, double precision) is
'Puts a job back to pending for so many seconds without counting the attempt; raises IJ103 without a lease.';

revoke all on function importer.postpone_job(uuid, uuid, double precision)
from public, anon, authenticated, service_role;
grant execute on function importer.postpone_job(uuid, uuid, double precision) to import_processor;
