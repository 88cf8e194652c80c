-- Jobs: one row for each import. public.import_jobs is the only table that clients write, and it is the queue, the API
-- and the audit trail at once. A client fills the columns that say what to import; state, progress and results are
-- written by the functions and triggers of the later files.

-- Only pending and running jobs change state without a request.
create type public.import_job_status as enum ('pending', 'running', 'completed', 'failed', 'cancelled');

comment on type public.import_job_status is
'pending → running → completed | failed | cancelled; a retry sets the job to pending again.';

create table public.import_jobs (
  id uuid primary key default gen_random_uuid(),
  bucket_id text not null default 'imports',
  object_path text not null,
  target text not null,
  options jsonb not null default '{}',
  priority smallint not null default 0,
  run_after timestamptz not null default now(),
  idempotency_key text,
  created_by uuid default auth.uid(),
  status public.import_job_status not null default 'pending',
  phase text check (phase in ('opening', 'loading', 'finishing')),
  attempts integer not null default 0,
  max_attempts integer not null default 5 check (max_attempts between 1 and 100),
  error_code text,
  error_message text,
  error_hint text,
  bytes_total bigint,
  bytes_read bigint not null default 0,
  rows_read bigint not null default 0,
  rows_loaded bigint not null default 0,
  rows_rejected bigint not null default 0,
  rows_skipped bigint not null default 0,
  chunks_done integer not null default 0,
  total_chunks integer,
  progress numeric generated always as (
    case
      when status = 'completed' then 100
      when coalesce(bytes_total, 0) = 0 then 0
      else least(100, round(100.0 * bytes_read / bytes_total, 1))
    end
  ) stored,
  file_etag text,
  file_sha256 text,
  dialect jsonb,
  preview jsonb,
  report jsonb,
  errors_path text,
  output_path text,
  duplicate_of uuid references public.import_jobs (id) on delete set null,
  source_deleted_at timestamptz,
  undone_at timestamptz,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now(),
  constraint import_jobs_rows_add_up check (rows_read = rows_loaded + rows_rejected + rows_skipped),
  constraint import_jobs_failed_has_a_code check ((status = 'failed') = (error_code is not null)),
  constraint import_jobs_running_has_a_phase check ((status = 'running') = (phase is not null)),
  constraint import_jobs_ended_has_a_time
  check ((status in ('completed', 'failed', 'cancelled')) = (finished_at is not null)),
  constraint import_jobs_attempts_bounded check (attempts between 0 and max_attempts)
);

comment on table public.import_jobs is
'One row for each import. Insert bucket_id, object_path and target; status, progress and results appear in the same
row.';
comment on column public.import_jobs.id is 'Id of the job; a client may choose it.';
comment on column public.import_jobs.bucket_id is 'Storage bucket of the file.';
comment on column public.import_jobs.object_path is 'Path of the file in the bucket.';
comment on column public.import_jobs.target is 'Name of a registered target (import_targets.name), or its table.';
comment on column public.import_jobs.options is
'Options of this job; the insert fails for an unknown name or a value of the wrong type.';
comment on column public.import_jobs.priority is
'Of the jobs of one owner, those with a higher priority run first. For a job without an owner: the precedence over all
other jobs, which is 0 for jobs of users.';
comment on column public.import_jobs.run_after is
'The job does not start before this time; the back-off of a retry sets it.';
comment on column public.import_jobs.idempotency_key is
'A second insert by the same owner with the same key fails; create_import_job() returns the first job instead.';
comment on column public.import_jobs.created_by is
'Owner of the job; null if an administrator or the service inserted it.';
comment on column public.import_jobs.status is 'pending, running, completed, failed or cancelled.';
comment on column public.import_jobs.phase is 'opening, loading or finishing while the job runs; else null.';
comment on column public.import_jobs.attempts is
'Number of attempts so far; an attempt is counted when a processor claims the job.';
comment on column public.import_jobs.max_attempts is
'The job fails when this many attempts have ended without a result.';
comment on column public.import_jobs.error_code is 'Why the job failed: a stable code, see docs/reference/errors.md.';
comment on column public.import_jobs.error_message is 'Why the job failed, in words.';
comment on column public.import_jobs.error_hint is 'What to do about the error.';
comment on column public.import_jobs.bytes_total is 'Size of the file in Storage.';
comment on column public.import_jobs.bytes_read is 'Number of bytes of the file whose rows are committed.';
comment on column public.import_jobs.rows_read is 'Number of records read so far: loaded + rejected + skipped.';
comment on column public.import_jobs.rows_loaded is 'Number of rows loaded into the target.';
comment on column public.import_jobs.rows_rejected is 'Number of rejected rows; see import_job_errors.';
comment on column public.import_jobs.rows_skipped is
'Number of skipped records: blank lines, and rows that the mode skips.';
comment on column public.import_jobs.chunks_done is 'Number of committed chunks.';
comment on column public.import_jobs.total_chunks is 'Number of chunks of the whole file, once it is known.';
comment on column public.import_jobs.progress is 'Progress in per cent, from 0 to 100.';
comment on column public.import_jobs.file_etag is
'ETag of the file at the first attempt; later attempts must find the same.';
comment on column public.import_jobs.file_sha256 is 'SHA-256 of the file, once the whole file has been read.';
comment on column public.import_jobs.dialect is 'Dialect of the file, with the way in which each part was decided.';
comment on column public.import_jobs.preview is 'The first 20 rows as they were loaded.';
comment on column public.import_jobs.report is 'Report of the run: counts, durations and statistics of the columns.';
comment on column public.import_jobs.errors_path is 'Path of the CSV of rejected rows, in the same bucket.';
comment on column public.import_jobs.output_path is 'Path of the normalised CSV, in the same bucket.';
comment on column public.import_jobs.duplicate_of is
'The earlier job that imported the same file; set if this job loaded nothing for that reason.';
comment on column public.import_jobs.source_deleted_at is 'When the file was deleted because of options.delete_source.';
comment on column public.import_jobs.undone_at is
'When an administrator removed the job''s rows from the target; the counters keep their values.';
comment on column public.import_jobs.created_at is 'When the job was inserted.';
comment on column public.import_jobs.started_at is 'When a processor first claimed the job.';
comment on column public.import_jobs.finished_at is 'When the job ended.';
comment on column public.import_jobs.updated_at is 'When the row was last changed.';

-- The index has no condition, because ON CONFLICT (created_by, idempotency_key), the only form that the Data API can
-- send, would not match a partial index. A null owner does not equal another null, so jobs of the service have an
-- index of their own.
create unique index import_jobs_idempotency on public.import_jobs (created_by, idempotency_key);
create unique index import_jobs_idempotency_unowned on public.import_jobs (idempotency_key) where created_by is null;
create index import_jobs_duplicate_of on public.import_jobs (duplicate_of);
create index import_jobs_file on public.import_jobs (file_sha256) where file_sha256 is not null;
create index import_jobs_pending on public.import_jobs (priority desc, created_at) where status = 'pending';
create index import_jobs_running on public.import_jobs (target) where status = 'running';
create index import_jobs_active on public.import_jobs (created_by) where status in ('pending', 'running');
create index import_jobs_last_start on public.import_jobs (created_by, started_at);
create index import_jobs_owner on public.import_jobs (created_by, created_at desc);
create index import_jobs_sources_to_delete on public.import_jobs (finished_at)
where status = 'completed' and source_deleted_at is null and options -> 'delete_source' = 'true';

-- The queue in the two orders that importer.next_jobs() reads. Both indexes hold run_after, so that skipping a job
-- that is not due reads the index only. Both map jobs without an owner to the nil UUID, because row comparisons of
-- keys do not work with nulls.
create index import_jobs_queue_by_target on public.import_jobs (
  target, coalesce(created_by, '00000000-0000-0000-0000-000000000000'), priority desc, created_at, id, run_after
) where status = 'pending' and attempts < max_attempts;

create index import_jobs_queue_by_owner on public.import_jobs (
  coalesce(created_by, '00000000-0000-0000-0000-000000000000'), priority desc, created_at, id, run_after
) where status = 'pending' and attempts < max_attempts;

comment on index public.import_jobs_queue_by_target is
'Pending jobs by target and owner, in the order in which they run.';
comment on index public.import_jobs_queue_by_owner is 'Pending jobs by owner, in the order in which they run.';

alter table public.import_jobs enable row level security;

revoke all on public.import_jobs from public, anon, authenticated, service_role;
grant select on public.import_jobs to authenticated, service_role;
grant insert (id, bucket_id, object_path, target, options, priority, run_after, idempotency_key)
on public.import_jobs to authenticated, service_role;
grant insert (created_by, max_attempts) on public.import_jobs to service_role;
grant update (status) on public.import_jobs to authenticated, service_role;
grant delete on public.import_jobs to service_role;

create policy "owners see their jobs" on public.import_jobs
for select to authenticated using (created_by = (select auth.uid()));
create policy "owners insert their jobs" on public.import_jobs
for insert to authenticated with check (created_by = (select auth.uid()));
create policy "owners retry and cancel their jobs" on public.import_jobs
for update to authenticated
using (created_by = (select auth.uid())) with check (created_by = (select auth.uid()));

-- A snapshot of the owner's claims, taken when the job is inserted; the job runs under these rights. A job without a
-- row here was inserted by an administrator or the service and runs under the processor's own rights.
create table importer.job_identities (
  job_id uuid primary key references public.import_jobs (id) on delete cascade,
  role text not null,
  claims jsonb not null check (jsonb_typeof(claims) = 'object')
);

comment on table importer.job_identities is 'Role and claims of the owners of jobs, as they were at the insert.';
comment on column importer.job_identities.job_id is 'The job.';
comment on column importer.job_identities.role is 'Role that writes the rows, usually authenticated.';
comment on column importer.job_identities.claims is
'The claims sub, role, aal and is_anonymous, and those that the target lists.';

revoke all on importer.job_identities from public, anon, authenticated, service_role;
