-- Leases and the ledger, which make an import exactly-once. A lease says which processor works on a job and until
-- when; its token is a fencing token that every commit of data checks in the same transaction. The ledger has an entry
-- for each chunk, which commits together with the rows of the chunk: a chunk is in the target if and only if it is in
-- the ledger.

create table importer.job_leases (
  job_id uuid primary key references public.import_jobs (id) on delete cascade,
  token uuid not null default gen_random_uuid(),
  worker text not null,
  attempt integer not null,
  claimed_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);

comment on table importer.job_leases is 'Leases on running jobs: which processor holds the job, and until when.';
comment on column importer.job_leases.job_id is 'The job; a job has at most one lease.';
comment on column importer.job_leases.token is 'Fencing token; each claim makes a new one.';
comment on column importer.job_leases.worker is 'Name of the processor, for people.';
comment on column importer.job_leases.attempt is 'The attempt to which the lease belongs.';
comment on column importer.job_leases.claimed_at is 'When the job was claimed, by the clock of the database.';
comment on column importer.job_leases.expires_at is 'When the lease expires, by the clock of the database.';

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

create function importer.renew_lease(job_id uuid, token uuid, lease_seconds integer default 45) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp
as $$
  with renewed as (
    update importer.job_leases as l
    set expires_at = clock_timestamp() + make_interval(secs => renew_lease.lease_seconds)
    where l.job_id = renew_lease.job_id and l.token = renew_lease.token and l.expires_at > clock_timestamp()
    returning l.job_id
  )

  select exists (select from renewed)
$$;

comment on function importer.renew_lease(uuid, uuid, integer) is
'Extends a valid lease; returns false if it has expired, another processor has taken it over, or the job was
cancelled.';

revoke all on function importer.renew_lease(uuid, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function importer.renew_lease(uuid, uuid, integer) to import_processor;

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
grant execute on function importer.end_former_sessions(uuid, uuid, integer) to import_processor;
