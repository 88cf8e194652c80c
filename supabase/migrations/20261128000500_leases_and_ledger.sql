-- Leases and the ledger, which make an import exactly-once, and the sessions of processors. A lease says which
-- processor works on a job and until when; its token is a fencing token that every commit of data checks in the same
-- transaction. The ledger has an entry for each chunk, which commits together with the rows of the chunk: a chunk is in
-- the target if and only if it is in the ledger.

create table importer.job_leases (
  job_id uuid primary key references public.import_jobs (id) on delete cascade,
  token uuid not null default gen_random_uuid(),
  worker text not null,
  attempt integer not null,
  claimed_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  session integer,
  session_lost_at timestamptz
);

comment on table importer.job_leases is 'Leases on running jobs: which processor holds the job, and until when.';
comment on column importer.job_leases.job_id is 'The job; a job has at most one lease.';
comment on column importer.job_leases.token is 'Fencing token; each claim makes a new one.';
comment on column importer.job_leases.worker is 'Name of the processor, for people.';
comment on column importer.job_leases.attempt is 'The attempt to which the lease belongs.';
comment on column importer.job_leases.claimed_at is 'When the job was claimed, by the clock of the database.';
comment on column importer.job_leases.expires_at is 'When the lease expires, by the clock of the database.';
comment on column importer.job_leases.session is
'Key of the lock that the processor''s session holds; null if it has no session, so that only the expiry counts.';
comment on column importer.job_leases.session_lost_at is
'When the lock was first seen to be missing; null while it is held.';

revoke all on importer.job_leases from public, anon, authenticated, service_role;

create table importer.job_chunks (
  job_id uuid not null references public.import_jobs (id) on delete cascade,
  seq integer not null check (seq >= 0),
  byte_start bigint not null,
  byte_end bigint not null,
  next_line bigint not null,
  next_record bigint not null,
  rows_read bigint not null,
  rows_loaded bigint not null,
  rows_rejected bigint not null,
  rows_skipped bigint not null,
  chunk_bytes bigint not null default 0,
  attempt integer not null,
  figures jsonb,
  committed_at timestamptz not null default clock_timestamp(),
  primary key (job_id, seq),
  check (byte_end > byte_start),
  check (rows_read = rows_loaded + rows_rejected + rows_skipped)
);

comment on table importer.job_chunks is 'The ledger: the committed chunks of a job, with the bytes that they cover.';
comment on column importer.job_chunks.job_id is 'The job.';
comment on column importer.job_chunks.seq is 'Number of the chunk in the file, from 0.';
comment on column importer.job_chunks.byte_start is 'Offset of the first byte of the chunk in the text stream.';
comment on column importer.job_chunks.byte_end is 'Offset of the first byte after the chunk.';
comment on column importer.job_chunks.next_line is 'Line on which the next chunk starts.';
comment on column importer.job_chunks.next_record is 'Number of the first record of the next chunk.';
comment on column importer.job_chunks.rows_read is 'Number of records in the chunk.';
comment on column importer.job_chunks.rows_loaded is 'Number of records loaded into the target.';
comment on column importer.job_chunks.rows_rejected is 'Number of rejected records.';
comment on column importer.job_chunks.rows_skipped is 'Number of skipped records.';
comment on column importer.job_chunks.chunk_bytes is
'Size by which the file is cut into chunks; a later attempt uses the same size, so that its chunks match the ledger.';
comment on column importer.job_chunks.attempt is 'The attempt that committed the chunk.';
comment on column importer.job_chunks.figures is
'Figures of the report, and the chunks that they cover, for an attempt that resumes; at most one entry of a job has
them.';
comment on column importer.job_chunks.committed_at is 'When the chunk was committed, by the clock of the database.';

revoke all on importer.job_chunks from public, anon, authenticated, service_role;

-- The fence. The function locks the job's row before it looks at the lease: whoever takes the job over or cancels it
-- has to change that row first, so a check that passed still holds at the commit. The order is always job, then lease,
-- as in a cancellation; the other order led to deadlocks between the two.
create function importer.check_lease(job_id uuid, token uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform from public.import_jobs as j where j.id = check_lease.job_id for no key update;
  perform from importer.job_leases as l
  where l.job_id = check_lease.job_id and l.token = check_lease.token and l.expires_at > clock_timestamp();
  if not found then
    raise exception 'the lease on job % is no longer valid', check_lease.job_id using errcode = 'IJ103',
    hint = 'No action is needed: another processor has taken the job over, or the job was cancelled.';
  end if;
end
$$;

comment on function importer.check_lease(uuid, uuid) is
'Raises IJ103 unless the token is that of the job''s lease and the lease has not expired; locks the job until the
commit.';

revoke all on function importer.check_lease(uuid, uuid) from public, anon, authenticated, service_role;

-- The same for what does not write: it locks nothing, since a cancellation would wait for the end of the transaction.
create function importer.check_token(job_id uuid, token uuid) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (
    select from importer.job_leases as l
    where l.job_id = check_token.job_id and l.token = check_token.token and l.expires_at > clock_timestamp()
  ) then
    raise exception 'the lease on job % is no longer valid', check_token.job_id using errcode = 'IJ103',
    hint = 'No action is needed: another processor has taken the job over, or the job was cancelled.';
  end if;
end
$$;

comment on function importer.check_token(uuid, uuid) is
'Raises IJ103 unless the token is that of the job''s lease and the lease has not expired; locks nothing.';

revoke all on function importer.check_token(uuid, uuid) from public, anon, authenticated, service_role;

create function importer.renew_lease(
  job_id uuid, token uuid, lease_seconds integer default 45, session integer default null
) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp
as $$
  with renewed as (
    update importer.job_leases as l
    set
      expires_at = clock_timestamp() + make_interval(secs => renew_lease.lease_seconds),
      session = case when renew_lease.session is null then l.session else nullif(renew_lease.session, 0) end,
      session_lost_at = case when renew_lease.session is null then l.session_lost_at end
    where l.job_id = renew_lease.job_id and l.token = renew_lease.token and l.expires_at > clock_timestamp()
    returning l.job_id
  )

  select exists (select from renewed)
$$;

comment on function importer.renew_lease(uuid, uuid, integer, integer) is
'Extends a valid lease and, unless it is null, writes the key of the processor''s session into it (0: no session).
Returns false if the lease has expired, another processor has taken it over, or the job was cancelled.';

revoke all on function importer.renew_lease(uuid, uuid, integer, integer)
from public, anon, authenticated, service_role;
grant execute on function importer.renew_lease(uuid, uuid, integer, integer) to import_processor, import_uploader;

-- A processor that was paused during a COPY, or whose machine has vanished, keeps its transaction open: until the
-- pause ends, or until the server's keepalive gives up (two hours). Its rows cannot be committed any more, but until
-- it ends, an insert of a row with the same key waits for it, and so does the new holder of the job. The function is
-- SECURITY INVOKER: a role may end its own sessions, and it cannot see the application names of others. The caller
-- must hold the lease, so that a processor that wakes up late cannot end the session of the new holder.
create function importer.end_former_sessions(job_id uuid, token uuid, lease_seconds integer) returns integer
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  if not importer.renew_lease(end_former_sessions.job_id, end_former_sessions.token, lease_seconds) then
    return 0;
  end if;
  -- Materialized, because the planner could otherwise end sessions that the other conditions exclude.
  return (
    with former as materialized (
      select a.pid from pg_catalog.pg_stat_activity as a
      where a.usename = current_user and a.datname = current_database() and a.pid <> pg_backend_pid()
        and a.application_name = 'import-jobs ' || end_former_sessions.job_id
    )

    select count(*) from former where pg_terminate_backend(former.pid, 5000)
  );
end
$$;

comment on function importer.end_former_sessions(uuid, uuid, integer) is
'Ends the sessions in which earlier holders have a transaction open for this job, and returns their number. Does nothing
without a valid lease.';

revoke all on function importer.end_former_sessions(uuid, uuid, integer)
from public, anon, authenticated, service_role;
grant execute on function importer.end_former_sessions(uuid, uuid, integer) to import_processor, import_uploader;

-- What the database knows about processors: when each was last seen, and whether its session is open. A session is a
-- connection that the processor keeps for itself, and on which it holds a lock. Postgres releases the lock at the
-- moment the session ends, also when the process was killed, so the processor's jobs need not wait until their leases
-- expire. Behind a pooler that gives each transaction another connection there is no session; only the expiry counts.

create table importer.processors (
  worker text primary key,
  seen_at timestamptz not null default clock_timestamp(),
  newest_ring bigint
);

comment on table importer.processors is
'The processors that were seen in the last hour; the one that was seen last stays longer.';
comment on column importer.processors.worker is 'Name of the processor, as in importer.job_leases.';
comment on column importer.processors.seen_at is
'When the processor last said that it is alive, which it does every 5 s.';
comment on column importer.processors.newest_ring is 'The highest number of a ring that the processor has taken.';

revoke all on importer.processors from public, anon, authenticated, service_role;

-- Each processor writes its own row only, so that none waits for another. The commit need not wait for the disk: what a
-- crash undoes is written again 5 s later.
create function importer.report_processor(worker text, ring bigint default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into importer.processors as p (worker, newest_ring)
  -- A number higher than that of any ring would make all later ones count as taken.
  values (
    report_processor.worker,
    case when report_processor.ring is not null
      then least(report_processor.ring, coalesce((select max(r.number) from importer.rings as r), 0))
    end
  )
  on conflict on constraint processors_pkey do update
  set seen_at = clock_timestamp(), newest_ring = greatest(p.newest_ring, excluded.newest_ring);
end
$$;

comment on function importer.report_processor(text, bigint) is
'Records that a processor is alive and, unless it is null, the number of the ring that it has taken.';

revoke all on function importer.report_processor(text, bigint) from public, anon, authenticated, service_role;
grant execute on function importer.report_processor(text, bigint) to import_processor;

-- The first key is the ASCII text IJOB, so that the locks of an application do not meet ours. The lock is shared: after
-- a network failure the processor takes it in a new session while the server has not noticed the end of the old one.
create function importer.hold_session(session integer) returns boolean
language sql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
  select pg_try_advisory_lock_shared(1229606722, hold_session.session)
$$;

comment on function importer.hold_session(integer) is
'Takes the lock of a processor''s session until the session ends; returns false if somebody keeps it from doing so.';

revoke all on function importer.hold_session(integer) from public, anon, authenticated, service_role;
grant execute on function importer.hold_session(integer) to import_processor;

create function importer.session_is_open(session integer) returns boolean
language sql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_catalog.pg_locks as l
    where l.locktype = 'advisory' and l.granted and l.classid = 1229606722 and l.objsubid = 2
      and l.objid::bigint = session_is_open.session
      and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())
  )
$$;

comment on function importer.session_is_open(integer) is
'Returns whether the lock of a processor''s session is held.';

revoke all on function importer.session_is_open(integer) from public, anon, authenticated, service_role;

-- A pooler or a network that fails for longer than the grace ends the sessions of processors that are alive. Their jobs
-- are taken over, but such failures must not use up the attempts of a job. A processor that is alive says so.
create table importer.lost_attempts (
  job_id uuid not null references public.import_jobs (id) on delete cascade,
  token uuid not null,
  lost_at timestamptz not null default clock_timestamp(),
  primary key (job_id, token)
);

comment on table importer.lost_attempts is
'Attempts that were taken over because the session of their processor had ended; kept for a day.';
comment on column importer.lost_attempts.job_id is 'The job.';
comment on column importer.lost_attempts.token is 'Token of the lease that was lost.';
comment on column importer.lost_attempts.lost_at is 'When the job was taken over.';

revoke all on importer.lost_attempts from public, anon, authenticated, service_role;

create function importer.restore_attempt(job_id uuid, token uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '10s'
as $$
begin
  delete from importer.lost_attempts as l where l.job_id = restore_attempt.job_id and l.token = restore_attempt.token;
  if not found then
    return false;
  end if;
  update public.import_jobs as j set attempts = j.attempts - 1
  where j.id = restore_attempt.job_id and j.status in ('pending', 'running') and j.attempts > 0;
  if found then
    insert into public.import_job_events (job_id, event, attempt)
    select j.id, 'attempt_restored', j.attempts from public.import_jobs as j where j.id = restore_attempt.job_id;
  end if;
  return found;
end
$$;

comment on function importer.restore_attempt(uuid, uuid) is
'Called by a processor that has lost a lease and is alive: an attempt that was taken over because the processor''s session
had ended is not counted. Returns whether it was.';

revoke all on function importer.restore_attempt(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.restore_attempt(uuid, uuid) to import_processor;
