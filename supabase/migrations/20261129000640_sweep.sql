-- The sweep, which also deletes the samples of inspections after a day, and rings for undos that no processor has
-- taken. For the rest it is as before.

create or replace function importer.sweep_import_jobs() returns table (job_id uuid, action text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  lost uuid[];
  due uuid[];
begin
  select array_agg(c.id) into lost
  from (
    select j.id from public.import_jobs as j
    where j.status = 'running' and not exists (
      select from importer.job_leases as l where l.job_id = j.id and l.expires_at > clock_timestamp()
    )
    for update of j skip locked
  ) as c;
  -- A renewal that was in progress during the first query counts: the lock waits for it, and the second query has a new
  -- snapshot.
  perform from importer.job_leases as l where l.job_id = any (lost) for update;
  select array_agg(c.id) into lost
  from unnest(lost) as c (id)
  where not exists (
    select from importer.job_leases as l where l.job_id = c.id and l.expires_at > clock_timestamp()
  );

  -- If the session of the processor is closed, a failure of the network or of a pooler may be the cause. If it is open,
  -- the processor hangs, and the file may be the cause.
  insert into importer.lost_attempts (job_id, token)
  select l.job_id, l.token from importer.job_leases as l
  where l.job_id = any (lost) and l.session is not null and not importer.session_is_open(l.session);

  return query
  with noted as (
    insert into public.import_job_events (job_id, event, attempt)
    select j.id, 'lease_lost', j.attempts from public.import_jobs as j where j.id = any (lost)
  ),

  ended as (
    update public.import_jobs as j
    set
      status = case when j.attempts < j.max_attempts then 'pending' else 'failed' end::public.import_job_status,
      run_after = clock_timestamp() + importer.backoff(j.attempts),
      error_code = case when j.attempts >= j.max_attempts then 'IJ104' end,
      error_message = case
        when j.attempts >= j.max_attempts then format('the processor was lost in each of %s attempts', j.attempts)
      end,
      error_hint = case
        when j.attempts >= j.max_attempts then 'Look for the cause in the processor''s log, then set status to pending.'
      end
    where j.id = any (lost)
    returning j.id, j.status
  )

  select e.id, case e.status when 'failed' then 'attempts_used_up' else 'lease_lost' end from ended as e;

  perform importer.drop_job_tables();
  perform importer.forget_processors();
  perform importer.forget_samples();

  if importer.is_paused() then
    return; -- nobody may take what is due
  end if;
  select array_agg(d.id) into due
  from (
    select j.id from public.import_jobs as j
    where j.status = 'pending' and j.run_after <= now() and j.attempts < j.max_attempts
    order by j.priority desc, j.created_at
    limit 1000
  ) as d;
  if due is null and exists (select from importer.undo_requests as u where u.run_after <= clock_timestamp()) then
    perform importer.ring_processor('{}');
  end if;
  if due is not null then
    perform importer.ring_processor(due);
    return query select d.id, 'rung' from unnest(due) as d (id);
  end if;
end
$$;

comment on function importer.sweep_import_jobs() is
'Takes back running jobs whose lease has expired, fails those without attempts left, drops tables of ended jobs, deletes
old samples, and rings for pending jobs and undos that are due unless the queue is paused. Returns each job with what was
done. pg_cron, if installed, and every processor run it regularly.';
