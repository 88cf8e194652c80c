-- Rejected rows, one row each; the key makes a record's rejection exactly-once, like its load.
create table public.import_job_errors (
  job_id uuid not null references public.import_jobs (id) on delete cascade,
  record_number bigint not null,
  line_number bigint not null,
  column_name text,
  code text not null,
  message text not null,
  raw text,
  primary key (job_id, record_number)
);

comment on table public.import_job_errors is 'Rejected rows of a job, with the line, the column and the reason.';
comment on column public.import_job_errors.job_id is 'The job.';
comment on column public.import_job_errors.record_number is 'Data record of the file, counted from 1 below the header.';
comment on column public.import_job_errors.line_number is 'Line of the file on which the record starts, from 1.';
comment on column public.import_job_errors.column_name is 'Column of the target at fault; null: the row as a whole.';
comment on column public.import_job_errors.code is 'Stable code, see docs/errors.md.';
comment on column public.import_job_errors.message is 'The reason in a sentence; it never repeats the value.';
comment on column public.import_job_errors.raw is 'The record as it stands in the file, cut at 8,192 bytes of UTF-8.';

alter table public.import_job_errors enable row level security;

revoke all on public.import_job_errors from public, anon, authenticated, service_role;
grant select on public.import_job_errors to authenticated, service_role;

create policy "owners see their rejected rows" on public.import_job_errors
for select to authenticated using (
  exists (
    select from public.import_jobs
    where import_jobs.id = import_job_errors.job_id and import_jobs.created_by = (select auth.uid())
  )
);
