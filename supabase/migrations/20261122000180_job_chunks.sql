-- The ledger: a chunk's entry commits with its rows, so that a chunk is in the target exactly when
-- it is here.
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

comment on table importer.job_chunks is 'Chunks of a job that have been committed, with the bytes they cover.';
comment on column importer.job_chunks.job_id is 'The job.';
comment on column importer.job_chunks.seq is 'Number of the chunk in the file, from 0.';
comment on column importer.job_chunks.byte_start is 'First byte of the chunk in the text stream.';
comment on column importer.job_chunks.byte_end is 'First byte after the chunk.';
comment on column importer.job_chunks.next_line is 'Line on which the next chunk starts.';
comment on column importer.job_chunks.next_record is 'Number of the next chunk''s first record.';
comment on column importer.job_chunks.rows_read is 'Records of the chunk.';
comment on column importer.job_chunks.rows_loaded is 'Records in the target.';
comment on column importer.job_chunks.rows_rejected is 'Records refused.';
comment on column importer.job_chunks.rows_skipped is 'Records passed over.';
comment on column importer.job_chunks.chunk_bytes is
'The size by which the file is cut: a later attempt cuts it alike, so that it finds what is in.';
comment on column importer.job_chunks.attempt is 'The attempt that committed it.';
comment on column importer.job_chunks.figures is
'What the report had of the chunks that are named in it, for an attempt that resumes; in one entry of a job at most.';
comment on column importer.job_chunks.committed_at is 'When, by the database''s clock.';

revoke all on importer.job_chunks from public, anon, authenticated, service_role;
