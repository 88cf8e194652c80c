-- The one table that clients write: the queue, the API and the audit trail.
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
'One import each: insert a row with bucket_id, object_path and target; status, progress and outcome come back in it.';
comment on column public.import_jobs.id is 'The job. A client may choose it.';
comment on column public.import_jobs.bucket_id is 'Storage bucket of the file.';
comment on column public.import_jobs.object_path is 'Path of the file in the bucket.';
comment on column public.import_jobs.target is 'Name of a registered target (import_targets.name), or its table.';
comment on column public.import_jobs.options is 'The job''s own wishes; unknown names and wrong types are refused.';
comment on column public.import_jobs.priority is 'Higher runs first.';
comment on column public.import_jobs.run_after is 'Not before this time; set by a retry''s back-off, too.';
comment on column public.import_jobs.idempotency_key is
'A second insert by the same owner with the same key fails; create_import_job() gives back the first job.';
comment on column public.import_jobs.created_by is 'The owner; null: an administrator or the service.';
comment on column public.import_jobs.status is 'pending, running, completed, failed or cancelled.';
comment on column public.import_jobs.phase is 'While running: opening, loading or finishing.';
comment on column public.import_jobs.attempts is 'Claims so far; counted when a processor takes the job.';
comment on column public.import_jobs.max_attempts is 'After so many claims a job that did not end has failed.';
comment on column public.import_jobs.error_code is 'Why it failed: a stable code, see docs/errors.md.';
comment on column public.import_jobs.error_message is 'Why it failed, in a sentence.';
comment on column public.import_jobs.error_hint is 'What to do about it.';
comment on column public.import_jobs.bytes_total is 'Size of the file in Storage.';
comment on column public.import_jobs.bytes_read is 'Bytes of the file whose rows have been committed.';
comment on column public.import_jobs.rows_read is 'Records of the file so far: loaded + rejected + skipped.';
comment on column public.import_jobs.rows_loaded is 'Rows in the target.';
comment on column public.import_jobs.rows_rejected is 'Rows refused; see import_job_errors.';
comment on column public.import_jobs.rows_skipped is 'Blank lines and other records that were passed over.';
comment on column public.import_jobs.chunks_done is 'Chunks committed.';
comment on column public.import_jobs.total_chunks is 'Chunks of the whole file, once that is known.';
comment on column public.import_jobs.progress is 'Per cent, 0 to 100.';
comment on column public.import_jobs.file_etag is 'ETag of the file at the first attempt; it may not change.';
comment on column public.import_jobs.file_sha256 is 'SHA-256 of the file, once all of it has been read.';
comment on column public.import_jobs.dialect is 'How the file was read, part by part, with how each was decided.';
comment on column public.import_jobs.preview is 'The first 20 rows as they were loaded.';
comment on column public.import_jobs.report is 'What there is to say about the run.';
comment on column public.import_jobs.errors_path is 'Path of the rejected rows as a CSV in the same bucket.';
comment on column public.import_jobs.output_path is 'Path of the normalised CSV in the same bucket.';
comment on column public.import_jobs.duplicate_of is
'The job that had imported the same file before, so that this one loaded nothing.';
comment on column public.import_jobs.source_deleted_at is 'When the file was deleted, on options.delete_source.';
comment on column public.import_jobs.undone_at is
'When an administrator took the job back out of the target; the counters still say what it had done.';
comment on column public.import_jobs.created_at is 'When the job was inserted.';
comment on column public.import_jobs.started_at is 'When a processor first took it.';
comment on column public.import_jobs.finished_at is 'When it ended.';
comment on column public.import_jobs.updated_at is 'When anything in the row last changed.';

-- Without a condition, so that ON CONFLICT (created_by, idempotency_key), which is all that the Data API can say, finds
-- it. A null owner equals no other, hence a second one for the service's own jobs.
create unique index import_jobs_idempotency on public.import_jobs (created_by, idempotency_key);
create unique index import_jobs_idempotency_unowned on public.import_jobs (idempotency_key) where created_by is null;
create index import_jobs_duplicate_of on public.import_jobs (duplicate_of);
create index import_jobs_file on public.import_jobs (file_sha256) where file_sha256 is not null;
create index import_jobs_pending on public.import_jobs (priority desc, created_at) where status = 'pending';
create index import_jobs_running on public.import_jobs (target) where status = 'running';
create index import_jobs_served on public.import_jobs (created_by, started_at);
create index import_jobs_owner on public.import_jobs (created_by, created_at desc);

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
