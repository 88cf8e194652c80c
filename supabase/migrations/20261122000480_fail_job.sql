-- The end of an attempt that did not go through: transient causes come back after a back-off, while
-- attempts are left.
create function importer.fail_job(
  job_id uuid, token uuid, code text, message text, hint text, transient boolean, report jsonb default null,
  errors_path text default null
) returns public.import_job_status
language plpgsql security definer set search_path = ''
as $$
declare
  job public.import_jobs;
  wait interval;
begin
  perform importer.hold_lease(fail_job.job_id, fail_job.token);
  select j.* into job from public.import_jobs as j where j.id = fail_job.job_id;
  if fail_job.transient and job.attempts < job.max_attempts then
    wait := importer.backoff(job.attempts);
    insert into public.import_job_events (job_id, event, attempt, detail)
    values (
      job.id, 'retry_scheduled', job.attempts,
      jsonb_build_object('error_code', code, 'message', message, 'seconds', round(extract(epoch from wait)::numeric, 3))
    );
    update public.import_jobs as j
    set status = 'pending', run_after = clock_timestamp() + wait
    where j.id = fail_job.job_id;
    return 'pending';
  end if;
  update public.import_jobs as j
  set
    status = 'failed', error_code = fail_job.code, error_message = fail_job.message, error_hint = fail_job.hint,
    report = coalesce(
      fail_job.report
      || case when j.rows_rejected > 0 then importer.rejected_by_code(fail_job.job_id) else '{}' end, j.report
    ),
    errors_path = coalesce(fail_job.errors_path, j.errors_path)
  where j.id = fail_job.job_id;
  return 'failed';
end
$$;

comment on function importer.fail_job(uuid, uuid, text, text, text, boolean, jsonb, text) is
'Ends an attempt: back to pending after a back-off when the cause is transient and attempts are left, else failed with
code, message and hint. Returns the new status; raises IJ103 without a lease.';

revoke all on function importer.fail_job(uuid, uuid, text, text, text, boolean, jsonb, text)
from public, anon, authenticated, service_role;
grant execute on function importer.fail_job(uuid, uuid, text, text, text, boolean, jsonb, text) to import_processor;
