-- The sweep, which finds what no ring announced, and the faster look for jobs whose processor has died: its session has
-- ended, so they need not wait for the sweep, which looks at the expiry of leases. Every processor takes that look once
-- a second; the sweep remains for processors without a session.

-- The first look that misses a session notes the time; a later one takes its jobs back if the session did not return
-- within the grace. A job's last attempt is left to the expiry: if it were taken back, the job would fail, and the
-- processor may be alive. There is no back-off, since nothing has failed that would need time to recover.
create function importer.take_back_lost_jobs(own_session integer, grace interval default '3 s')
returns table (job_id uuid, action text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  watched uuid[];
  lost uuid[];
begin
  select array_agg(l.job_id) into watched
  from importer.job_leases as l
  where l.session is distinct from take_back_lost_jobs.own_session and l.session is not null
    and (l.session_lost_at is null) <> importer.session_is_open(l.session);
  if watched is null and not exists (select from importer.job_leases as l where l.session_lost_at is not null) then
    return;
  end if;

  update importer.job_leases as l
  set session_lost_at = case when l.session_lost_at is null then clock_timestamp() end
  from (select w.job_id from importer.job_leases as w where w.job_id = any (watched) for update skip locked) as w
  where l.job_id = w.job_id and (l.session_lost_at is null) <> importer.session_is_open(l.session);

  -- In the order of all others: the job first, then its lease.
  select array_agg(c.id) into lost
  from (
    select j.id from public.import_jobs as j inner join importer.job_leases as l on l.job_id = j.id
    where j.status = 'running' and j.attempts < j.max_attempts
      and l.session_lost_at < clock_timestamp() - take_back_lost_jobs.grace
      and l.session is distinct from take_back_lost_jobs.own_session
    for update of j skip locked
  ) as c;
  perform from importer.job_leases as l where l.job_id = any (lost) for update;

  return query
  with gone as materialized (
    select l.job_id, l.token from importer.job_leases as l
    where l.job_id = any (lost) and l.session_lost_at is not null and not importer.session_is_open(l.session)
  ),

  remembered as (
    insert into importer.lost_attempts (job_id, token) select g.job_id, g.token from gone as g
  ),

  noted as (
    insert into public.import_job_events (job_id, event, attempt, detail)
    select j.id, 'lease_lost', j.attempts, '{"cause": "session"}'
    from public.import_jobs as j inner join gone as g on g.job_id = j.id
  ),

  ended as (
    update public.import_jobs as j set status = 'pending', run_after = clock_timestamp()
    from gone as g where j.id = g.job_id
    returning j.id
  )

  select e.id, 'lease_lost' from ended as e;
  if found then
    perform importer.ring_processor(lost);
  end if;

  return query
  select l.job_id, 'session_missing' from importer.job_leases as l
  where l.session_lost_at is not null and l.session is distinct from take_back_lost_jobs.own_session;
end
$$;

comment on function importer.take_back_lost_jobs(integer, interval) is
'Takes back running jobs whose processor''s session has been closed for longer than the grace, and rings for them; the
caller''s own are left alone. Returns them with lease_lost, and with session_missing those whose grace is not over.';

revoke all on function importer.take_back_lost_jobs(integer, interval) from public, anon, authenticated, service_role;
grant execute on function importer.take_back_lost_jobs(integer, interval) to import_processor;

-- Several sessions may run it at once: rows that another session has locked are skipped.
create function importer.sweep_import_jobs() returns table (job_id uuid, action text)
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

  select array_agg(d.id) into due
  from (
    select j.id from public.import_jobs as j
    where j.status = 'pending' and j.run_after <= now() and j.attempts < j.max_attempts
    order by j.priority desc, j.created_at
    limit 1000
  ) as d;
  if due is not null then
    perform importer.ring_processor(due);
    return query select d.id, 'rung' from unnest(due) as d (id);
  end if;
end
$$;

comment on function importer.sweep_import_jobs() is
'Takes back running jobs whose lease has expired, fails those without attempts left, drops tables of ended jobs, and
rings for pending jobs that are due. Returns each job with what was done. pg_cron, if installed, and every processor run
it regularly.';

revoke all on function importer.sweep_import_jobs() from public, anon, authenticated, service_role;
grant execute on function importer.sweep_import_jobs() to import_processor;

-- Where pg_cron is installed, the database runs the sweep once a minute (pg_cron 1.4 has no shorter interval).
do $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    perform cron.schedule('import-jobs-sweep', '* * * * *', 'select importer.sweep_import_jobs()');
  end if;
end
$$;
