-- The queue's one exit. Claims are serialised by an advisory lock (they take milliseconds), which
-- makes the limits exact; SKIP LOCKED keeps a client's open transaction on a row from holding up
-- the others. The attempt is counted here, and the commit waits for the disk, so that a file that kills
-- a process, be it the server's, ends. The settings pin the plan, as in importer.open_targets.
create function importer.claim_jobs(worker text, max_jobs integer, lease_seconds integer default 45)
returns setof jsonb
language plpgsql security definer
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('importer.claim_jobs', 0));
  return query
  with chosen as (
    select j.id, j.started_at is null as fresh
    from importer.next_jobs(claim_jobs.max_jobs) as n (id) inner join public.import_jobs as j on j.id = n.id
    where j.status = 'pending'
    for update of j skip locked
  ),

  claimed as (
    update public.import_jobs as j
    set
      status = 'running', phase = 'opening', attempts = j.attempts + 1,
      started_at = coalesce(j.started_at, clock_timestamp())
    from chosen where j.id = chosen.id
    returning j.*, chosen.fresh
  ),

  leases as (
    insert into importer.job_leases (job_id, worker, attempt, expires_at)
    select c.id, claim_jobs.worker, c.attempts, clock_timestamp() + make_interval(secs => claim_jobs.lease_seconds)
    from claimed as c
    on conflict (job_id) do update
    set
      token = gen_random_uuid(), worker = excluded.worker, attempt = excluded.attempt,
      claimed_at = clock_timestamp(), expires_at = excluded.expires_at
    returning job_id, token
  ),

  taken as (
    select c.*, l.token, i.role, i.claims
    from claimed as c
    inner join leases as l on l.job_id = c.id
    left join importer.job_identities as i on i.job_id = c.id
  ),

  -- Once for all jobs of a target: it takes 1 ms.
  targets as materialized (
    select d.target, d.role, importer.describe_target(d.target, d.role) as description
    from (select distinct t.target, t.role from taken as t) as d
  )

  select jsonb_build_object(
    'id', t.id, 'token', t.token, 'attempt', t.attempts, 'bucket_id', t.bucket_id, 'object_path', t.object_path,
    'target_name', t.target, 'target', d.description, 'options', t.options,
    'owner', t.created_by, 'role', t.role, 'claims', t.claims,
    'last', t.attempts >= t.max_attempts, 'fresh', t.fresh
  )
  from taken as t
  inner join targets as d on d.target = t.target and d.role is not distinct from t.role
  order by t.priority desc, t.created_at;
end
$$;

comment on function importer.claim_jobs(text, integer, integer) is
'Takes up to max_jobs due jobs for a worker: sets them running, counts the attempt, gives each a lease of lease_seconds.
Returns for each what the processor needs, the lease''s token with it.';

revoke all on function importer.claim_jobs(text, integer, integer) from public, anon, authenticated, service_role;
grant execute on function importer.claim_jobs(text, integer, integer) to import_processor;
