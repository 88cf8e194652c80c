-- A graceful stop gives the attempt back: the job is as if it had not been claimed, but for the
-- chunks that are in.
create function importer.give_back_job(job_id uuid, token uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform importer.hold_lease(give_back_job.job_id, give_back_job.token);
  insert into public.import_job_events (job_id, event, attempt)
  select j.id, 'given_back', j.attempts from public.import_jobs as j where j.id = give_back_job.job_id;
  update public.import_jobs as j
  set status = 'pending', attempts = j.attempts - 1
  where j.id = give_back_job.job_id;
  perform importer.ring(array[give_back_job.job_id]);
end
$$;

comment on function importer.give_back_job(uuid, uuid) is
'Puts a job back to pending without counting the attempt, and rings for another processor.';

revoke all on function importer.give_back_job(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.give_back_job(uuid, uuid) to import_processor;
