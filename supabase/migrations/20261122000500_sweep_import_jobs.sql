-- Finds what no ring announced. Safe to run in parallel: rows that another session works on are
-- skipped.
create function importer.sweep_import_jobs() returns table (job_id uuid, action text)
language plpgsql security definer set search_path = ''
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
  -- A renewal that was on its way when the first look was taken counts: the lock waits for it, and the
  -- second look has a snapshot of its own.
  perform from importer.job_leases as l where l.job_id = any (lost) for update;
  select array_agg(c.id) into lost
  from unnest(lost) as c (id)
  where not exists (
    select from importer.job_leases as l where l.job_id = c.id and l.expires_at > clock_timestamp()
  );

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
        when j.attempts >= j.max_attempts then 'See the processor''s log for what ended it; then set status to pending.'
      end
    where j.id = any (lost)
    returning j.id, j.status
  )

  select e.id, case e.status when 'failed' then 'attempts_used_up' else 'lease_lost' end from ended as e;

  perform importer.drop_stages();
  perform importer.drop_replaced();

  select array_agg(d.id) into due
  from (
    select j.id from public.import_jobs as j
    where j.status = 'pending' and j.run_after <= now() and j.attempts < j.max_attempts
    order by j.priority desc, j.created_at
    limit 1000
  ) as d;
  if due is not null then
    perform importer.ring(due);
    return query select d.id, 'rung' from unnest(due) as d (id);
  end if;
end
$$;

comment on function importer.sweep_import_jobs() is
'Takes back running jobs whose lease is over, fails those without attempts left, rings for pending ones that are due.
Returns what it did to which job. Run by pg_cron where it is installed, and by every processor on a timer.';

revoke all on function importer.sweep_import_jobs() from public, anon, authenticated, service_role;
grant execute on function importer.sweep_import_jobs() to import_processor;
