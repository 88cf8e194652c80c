-- Claims: a processor takes a job, checks that it may run it, and opens its file. If it should not run now, the
-- processor puts it back without counting the attempt: released at once, or postponed for some seconds.

-- The only way in which a job starts. An advisory lock serialises claims (they take milliseconds), which makes the
-- limits exact. SKIP LOCKED keeps a client's open transaction on one row from delaying the others. The attempt is
-- counted here, and the commit waits for the disk, so that a file that crashes a process, even the server's, runs out
-- of attempts. The settings pin the plan, as in importer.open_targets().
create function importer.claim_jobs(
  worker text, max_jobs integer, lease_seconds integer default 45, session integer default null
)
returns setof jsonb
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set jit = off
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
    insert into importer.job_leases (job_id, worker, attempt, expires_at, session)
    select
      c.id, claim_jobs.worker, c.attempts, clock_timestamp() + make_interval(secs => claim_jobs.lease_seconds),
      nullif(claim_jobs.session, 0)
    from claimed as c
    on conflict (job_id) do update
    set
      token = gen_random_uuid(), worker = excluded.worker, attempt = excluded.attempt,
      claimed_at = clock_timestamp(), expires_at = excluded.expires_at, session = excluded.session,
      session_lost_at = null
    returning job_id, token
  ),

  taken as (
    select c.*, l.token, i.role, i.claims
    from claimed as c
    inner join leases as l on l.job_id = c.id
    left join importer.job_identities as i on i.job_id = c.id
  ),

  -- Once for all jobs of a target and role, since a call takes 1 ms.
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

comment on function importer.claim_jobs(text, integer, integer, integer) is
'Claims up to max_jobs due jobs for a worker: sets them running, counts the attempt and gives each a lease of
lease_seconds, with the key of the processor''s session if it has one. Returns for each job what the processor needs,
including the token of the lease.';

revoke all on function importer.claim_jobs(text, integer, integer, integer)
from public, anon, authenticated, service_role;
grant execute on function importer.claim_jobs(text, integer, integer, integer) to import_processor;

-- Checked again when the job runs, because the target may be newer than the job, and the allow-list may have changed.
create function importer.check_admission(job_id uuid, token uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_token(check_admission.job_id, check_admission.token);
  if exists (
    select from public.import_jobs as j inner join importer.job_identities as i on i.job_id = j.id
    where j.id = check_admission.job_id
      and not importer.may_import_into(
        importer.describe_target(j.target) ->> 'name', jsonb_build_object('role', i.role, 'claims', i.claims)
      )
  ) then
    raise exception 'the owner of the job may not import into this target' using errcode = 'IJ601',
    hint = 'Ask an administrator to allow it in import_targets.allowed_roles or allowed_when, then retry the job.';
  end if;
end
$$;

comment on function importer.check_admission(uuid, uuid) is
'Raises IJ601 if the owner of a job may not import into its target, and IJ103 without a valid lease.';

revoke all on function importer.check_admission(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.check_admission(uuid, uuid) to import_processor, import_uploader;

-- The first attempt writes the identity of the file into the job, and later attempts must find the same file.
create function importer.open_job(
  job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb
) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  job public.import_jobs;
  ledger jsonb;
begin
  -- The commit need not wait for the disk. If a crash of the server undoes it, the next attempt does it again; no chunk
  -- can survive the crash without it, because the log is written in order.
  perform set_config('synchronous_commit', 'off', true);
  perform importer.check_lease(open_job.job_id, open_job.token);
  select j.* into job from public.import_jobs as j where j.id = open_job.job_id;
  if job.file_etag is distinct from open_job.file_etag and job.file_etag is not null
    or job.bytes_total <> open_job.bytes_total
  then
    raise exception 'the file changed while it was being imported' using errcode = 'IJ204',
    hint = 'Retry the job to import the file as it is now.';
  end if;
  perform importer.lock_target(t.name) from importer.find_target(job.target) as t where t.mode <> 'none';
  update public.import_jobs as j
  set
    phase = 'loading', file_etag = open_job.file_etag, bytes_total = open_job.bytes_total,
    dialect = open_job.dialect
  where j.id = open_job.job_id;
  select jsonb_agg(to_jsonb(c) - 'job_id' order by c.seq) into ledger
  from importer.job_chunks as c where c.job_id = open_job.job_id;
  if ledger is not null then
    insert into public.import_job_events (job_id, event, attempt, detail)
    values (job.id, 'resumed', job.attempts, jsonb_build_object('chunks', jsonb_array_length(ledger)));
  end if;
  return coalesce(ledger, '[]');
end
$$;

comment on function importer.open_job(uuid, uuid, text, bigint, jsonb) is
'Writes the ETag, size and dialect of the file into the job and sets the phase to loading. Returns the ledger of the
job, in order. Raises IJ204 if ETag or size differ from those of the first attempt, IJ503 if the target''s table is not
the registered one, and IJ103 without a valid lease.';

revoke all on function importer.open_job(uuid, uuid, text, bigint, jsonb)
from public, anon, authenticated, service_role;
grant execute on function importer.open_job(uuid, uuid, text, bigint, jsonb) to import_processor, import_uploader;

-- The same file may have been imported before. An advisory lock serialises claims of one file, so that of two jobs at
-- the same moment one gets it. A job with rows in the target goes on, because it has claimed the file in an earlier
-- attempt. A job that has to wait withdraws its claim, so that two jobs never wait for each other. A duplicate has
-- imported nothing; its report says so, even after the first job has been deleted.
create function importer.claim_file(job_id uuid, token uuid, sha256 text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  job public.import_jobs;
  rules jsonb;
  earlier jsonb;
begin
  perform importer.check_lease(claim_file.job_id, claim_file.token);
  select j.* into job from public.import_jobs as j where j.id = claim_file.job_id;
  rules := importer.describe_target(job.target);
  perform pg_advisory_xact_lock(hashtextextended(
    concat_ws(' ', 'importer.claim_file', job.created_by, claim_file.sha256, rules ->> 'name'), 0
  ));
  if rules ->> 'on_duplicate_file' <> 'load' and job.chunks_done = 0
    and coalesce(job.options -> 'force', rules -> 'options' -> 'force', 'false') <> 'true'
    and coalesce(job.options -> 'dry_run', 'false') <> 'true'
  then
    select jsonb_build_object(
      'duplicate_of', e.id, 'status', case e.status when 'completed' then 'completed' else 'running' end
    )
    into earlier
    from public.import_jobs as e
    cross join lateral importer.find_target(e.target) as t
    where e.file_sha256 = claim_file.sha256 and e.id <> job.id and e.created_by is not distinct from job.created_by
      and t.name = rules ->> 'name' and coalesce(e.options -> 'dry_run', 'false') <> 'true'
      and case e.status
        when 'completed' then e.undone_at is null and not coalesce(e.report ? 'duplicate_of', false)
        when 'pending' then e.chunks_done > 0
        else e.status = 'running'
      end
    order by e.status = 'completed' desc, e.created_at, e.id
    limit 1;
  end if;
  update public.import_jobs as j
  set file_sha256 = case when earlier ->> 'status' = 'running' then null else claim_file.sha256 end
  where j.id = claim_file.job_id;
  return earlier;
end
$$;

comment on function importer.claim_file(uuid, uuid, text) is
'Claims a file for a job. Returns null if the job may load it, else the job of the same owner that has imported the file
into this target ({"duplicate_of": id, "status": "completed"}) or is importing it ("running"). Raises IJ103 without a
valid lease.';

revoke all on function importer.claim_file(uuid, uuid, text) from public, anon, authenticated, service_role;
grant execute on function importer.claim_file(uuid, uuid, text) to import_processor, import_uploader;

-- A graceful stop does not cost an attempt: except for its committed chunks, the job is as if it had not been claimed.
create function importer.release_job(job_id uuid, token uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_lease(release_job.job_id, release_job.token);
  insert into public.import_job_events (job_id, event, attempt)
  select j.id, 'released', j.attempts from public.import_jobs as j where j.id = release_job.job_id;
  update public.import_jobs as j
  set status = 'pending', attempts = j.attempts - 1
  where j.id = release_job.job_id;
  perform importer.ring_processor(array[release_job.job_id]);
end
$$;

comment on function importer.release_job(uuid, uuid) is
'Sets a job pending again without counting the attempt, and rings for another processor. Raises IJ103 without a valid
lease.';

revoke all on function importer.release_job(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.release_job(uuid, uuid) to import_processor;

-- For a job whose file another job is loading at the moment. Nobody is rung before the time is up.
create function importer.postpone_job(job_id uuid, token uuid, seconds double precision) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_lease(postpone_job.job_id, postpone_job.token);
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
'Sets a job pending again, without counting the attempt, to run after the given seconds. Raises IJ103 without a valid
lease.';

revoke all on function importer.postpone_job(uuid, uuid, double precision)
from public, anon, authenticated, service_role;
grant execute on function importer.postpone_job(uuid, uuid, double precision) to import_processor;
