-- What is wrong around import-jobs: pg_net and the doorbell, the processors, Storage, the settings of roles and the
-- server. Checks of importer.doctor(), as in the files before.

create function importer.doctor_pg_net() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select 'pg_net is not installed, so processors that sleep are not woken', 'Run: create extension pg_net.'
  where to_regprocedure('net.http_post(text, jsonb, jsonb, jsonb, integer)') is null
$$;

comment on function importer.doctor_pg_net() is 'Check of importer.doctor(): the extension pg_net is missing.';

revoke all on function importer.doctor_pg_net() from public, anon, authenticated, service_role;

-- pg_net looks for its worker in pg_stat_activity, which shows it to members of pg_read_all_stats only. The stand-in of
-- the embedded stack has a table of faults, and shows its worker to everybody.
create function importer.doctor_pg_net_worker() returns table (message text, hint text)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regprocedure('net.check_worker_is_up()') is not null
    and (pg_has_role('pg_read_all_stats', 'usage') or to_regclass('net.stand_in_faults') is not null)
  then
    perform net.check_worker_is_up();
  end if;
exception when raise_exception then
  message := 'the worker of pg_net does not run, so nothing that the database sends leaves it';
  hint := 'Run: select net.worker_restart(). If that does not help, restart the database.';
  return next;
end
$$;

comment on function importer.doctor_pg_net_worker() is 'Check of importer.doctor(): the worker of pg_net has ended.';

revoke all on function importer.doctor_pg_net_worker() from public, anon, authenticated, service_role;

create function importer.doctor_processor_url() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select
    case when u.url is null then 'no URL of the processor is stored' else 'the stored URL of the processor is none' end,
    'Run import-jobs configure --processor-url URL, with the URL at which the database reaches the processor.'
  from (select importer.setting('import_jobs_processor_url') as url) as u
  where coalesce(u.url !~* '^https?://[^/?#[:space:]]', true)
$$;

comment on function importer.doctor_processor_url() is
'Check of importer.doctor(): the URL that is rung is missing, or is no URL.';

revoke all on function importer.doctor_processor_url() from public, anon, authenticated, service_role;

create function importer.doctor_wake_token() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select 'no token of the doorbell is stored', 'Run import-jobs configure --processor-url URL, which stores one.'
  where coalesce(importer.setting('import_jobs_wake_token'), '') = ''
$$;

comment on function importer.doctor_wake_token() is 'Check of importer.doctor(): the token of the doorbell is missing.';

revoke all on function importer.doctor_wake_token() from public, anon, authenticated, service_role;

create function importer.doctor_processor() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select
    case
      when h.processor_seen_at is null then 'no processor was ever seen'
      else format('no processor is alive; the last one was seen at %s', date_trunc('second', h.processor_seen_at))
    end,
    'Start one with import-jobs serve, or set processor_sleeps if yours runs only after a ring.'
  from importer.import_queue_health() as h
  where not h.processor_alive and not h.processor_sleeps
$$;

comment on function importer.doctor_processor() is 'Check of importer.doctor(): no processor reports that it is alive.';

revoke all on function importer.doctor_processor() from public, anon, authenticated, service_role;

-- A processor that listens holds the lock of importer.hold_session(), on the same connection.
create function importer.doctor_listener() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select
    'no processor listens for notifications',
    'Give the processor the direct connection, or that of the session pooler (port 5432): behind a pooler in '
    || 'transaction mode it only looks for jobs every 1.5 s.'
  where exists (select from importer.processors as p where p.seen_at > clock_timestamp() - interval '15 s')
    and not exists (
      select from pg_catalog.pg_locks as l
      where l.locktype = 'advisory' and l.granted and l.classid = 1229606722 and l.objsubid = 2
        and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())
    )
$$;

comment on function importer.doctor_listener() is
'Check of importer.doctor(): processors are alive, but none of them hears the second bell.';

revoke all on function importer.doctor_listener() from public, anon, authenticated, service_role;

create function importer.doctor_rings() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select
    format('%s rings of the last 10 minutes were not taken by any processor', count(*)),
    'Run import-jobs doctor, which rings and says what comes back.'
  from importer.open_rings() as r
  where r.sent_at between clock_timestamp() - interval '10 minutes' and clock_timestamp() - interval '15 s'
  having count(*) > 0
$$;

comment on function importer.doctor_rings() is
'Check of importer.doctor(): rings that were sent and that no processor has taken.';

revoke all on function importer.doctor_rings() from public, anon, authenticated, service_role;

-- In plpgsql, which reads the name of the table when it runs: the table comes with a later file.
create function importer.doctor_pause() returns table (message text, hint text)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select
    format('the queue is paused since %s: %s', date_trunc('second', p.paused_at), p.reason),
    'Run in SQL: select importer.resume().'
  from importer.queue_pause as p;
end
$$;

comment on function importer.doctor_pause() is 'Check of importer.doctor(): the queue is paused.';

revoke all on function importer.doctor_pause() from public, anon, authenticated, service_role;
