-- How full the queue is, and whether anybody works on it: numbers and times, never an id, an owner or a target, so that
-- the functions may be opened to clients. For now they are for administrators, who call them with `import-jobs queue`.

-- A job waits from the moment at which it is due. Both counts use the partial indexes on the status.
create function importer.import_queue()
returns table (waiting bigint, scheduled bigint, running bigint, oldest_waiting_since timestamptz)
language sql stable security invoker set search_path = pg_catalog, pg_temp
as $$
  select
    count(*) filter (where j.status = 'pending' and j.run_after <= now()),
    count(*) filter (where j.status = 'pending' and j.run_after > now()),
    count(*) filter (where j.status = 'running'),
    min(greatest(j.created_at, j.run_after)) filter (where j.status = 'pending' and j.run_after <= now())
  from public.import_jobs as j
  where j.status in ('pending', 'running')
$$;

comment on function importer.import_queue() is
'Returns the numbers of jobs that wait, that are scheduled for later and that run, and since when the oldest one waits.';

revoke all on function importer.import_queue() from public, anon, authenticated, service_role;

-- A processor reports every 5 s that it is alive, so 15 s without a report are three of them. A lease that is valid has
-- been renewed lately.
create function importer.import_queue_health()
returns table (
  processor_alive boolean, processors bigint, processor_seen_at timestamptz, processor_sleeps boolean,
  last_ring_at timestamptz
)
language sql stable security invoker set search_path = pg_catalog, pg_temp
as $$
  select
    count(*) filter (where p.seen_at > clock_timestamp() - interval '15 s') > 0
    or exists (select from importer.job_leases as l where l.expires_at > clock_timestamp()),
    count(*) filter (where p.seen_at > clock_timestamp() - interval '15 s'),
    max(p.seen_at),
    coalesce(lower((select s.value from importer.settings as s where s.name = 'processor_sleeps')), '')
    in ('true', 'on', 'yes', '1'),
    (select max(r.sent_at) from importer.rings as r)
  from importer.processors as p
$$;

comment on function importer.import_queue_health() is
'Returns whether a processor is alive (a lease is valid, or it was seen in the last 15 s), how many were seen then, when
the last one was seen, whether it may sleep until it is rung, and when the last ring was sent.';

revoke all on function importer.import_queue_health() from public, anon, authenticated, service_role;
