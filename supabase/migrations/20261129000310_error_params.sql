-- Parameters of messages: the processor hands over the names and numbers of a sentence beside the sentence, of a job
-- that fails and of each rejected row. They are in the sentence as well, so they never hold a value of the file.

alter table public.import_job_errors
add column error_params jsonb check (jsonb_typeof(error_params) = 'object');

comment on column public.import_job_errors.error_params is
'The names and numbers in the message besides the column, each by its name; null if it has none.';

-- The function has one more argument, so it is another one.
drop function importer.fail_job(uuid, uuid, text, text, text, boolean, jsonb, text);

create function importer.fail_job(
  job_id uuid, token uuid, code text, message text, hint text, transient boolean, report jsonb default null,
  errors_path text default null, params jsonb default null
) returns public.import_job_status
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  job public.import_jobs;
  wait interval;
begin
  perform importer.check_lease(fail_job.job_id, fail_job.token);
  select j.* into job from public.import_jobs as j where j.id = fail_job.job_id;
  if fail_job.transient and fail_job.code = 'IJ501' and job.attempts = job.max_attempts and exists (
    select from importer.job_chunks as c inner join importer.job_leases as l on l.job_id = c.job_id
    where c.job_id = fail_job.job_id and c.committed_at > l.claimed_at
  ) then
    update public.import_jobs as j set attempts = j.attempts - 1 where j.id = fail_job.job_id returning j.* into job;
    insert into public.import_job_events (job_id, event, attempt) values (job.id, 'attempt_restored', job.attempts);
  end if;
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
    return 'pending'::public.import_job_status;
  end if;
  update public.import_jobs as j
  set
    status = 'failed', error_code = fail_job.code, error_message = fail_job.message, error_params = fail_job.params,
    error_hint = coalesce(importer.hint_for_part(fail_job.job_id, fail_job.code), fail_job.hint),
    report = coalesce(
      fail_job.report
      || case when j.rows_rejected > 0 then importer.count_rejections_by_code(fail_job.job_id) else '{}' end, j.report
    ),
    errors_path = coalesce(fail_job.errors_path, j.errors_path)
  where j.id = fail_job.job_id;
  return 'failed'::public.import_job_status;
end
$$;

comment on function importer.fail_job(uuid, uuid, text, text, text, boolean, jsonb, text, jsonb) is
'Ends an attempt: sets the job pending after a back-off if the cause is transient and attempts are left, else failed
with code, message, parameters and hint. Returns the new status. Raises IJ103 without a valid lease.';

revoke all on function importer.fail_job(uuid, uuid, text, text, text, boolean, jsonb, text, jsonb)
from public, anon, authenticated, service_role;
grant execute on function importer.fail_job(uuid, uuid, text, text, text, boolean, jsonb, text, jsonb)
to import_processor;

-- Fires after guard_import_job, which clears the other columns of the error. The sweep fails jobs with a sentence whose
-- only parameter is a column of the job.
create function importer.guard_import_job_params() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  new.error_params := case
    when new.error_code is null then null
    when new.error_code = 'IJ104' then jsonb_build_object('attempts', new.attempts)
    else new.error_params
  end;
  return new;
end
$$;

comment on function importer.guard_import_job_params() is
'Trigger function: clears error_params when a job has no error any more, and sets them where the sweep fails a job.';

revoke all on function importer.guard_import_job_params() from public, anon, authenticated, service_role;

create trigger guard_import_job_params before update on public.import_jobs
for each row when (old.status is distinct from new.status) execute function importer.guard_import_job_params();
