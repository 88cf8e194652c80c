-- What import_job_errors does not hold of rejected rows, for the errors.csv of the job: rows beyond
-- those kept there, and records too long for it. Emptied when the file has been written.
create table importer.job_rejects (
  job_id uuid not null references public.import_jobs (id) on delete cascade,
  record_number bigint not null,
  line_number bigint not null,
  column_name text,
  code text not null,
  message text not null,
  raw text,
  primary key (job_id, record_number)
);

comment on table importer.job_rejects is 'Rejected rows on their way into errors.csv.';
comment on column importer.job_rejects.job_id is 'The job.';
comment on column importer.job_rejects.record_number is 'Data record of the file, from 1.';
comment on column importer.job_rejects.line_number is 'Line on which it starts, from 1.';
comment on column importer.job_rejects.column_name is 'Column at fault; null: the row as a whole.';
comment on column importer.job_rejects.code is 'Stable code, see docs/errors.md.';
comment on column importer.job_rejects.message is 'The reason in a sentence.';
comment on column importer.job_rejects.raw is 'The whole record as it stands in the file.';

revoke all on importer.job_rejects from public, anon, authenticated, service_role;
