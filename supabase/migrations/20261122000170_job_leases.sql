-- Who works on a job, until when. The token fences: each commit of data checks it in the same
-- transaction.
create table importer.job_leases (
  job_id uuid primary key references public.import_jobs (id) on delete cascade,
  token uuid not null default gen_random_uuid(),
  worker text not null,
  attempt integer not null,
  claimed_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);

comment on table importer.job_leases is 'One row for each running job: the processor that holds it and for how long.';
comment on column importer.job_leases.job_id is 'The job; a job has one lease or none.';
comment on column importer.job_leases.token is 'Fencing token, new with every claim.';
comment on column importer.job_leases.worker is 'Name of the processor, for people.';
comment on column importer.job_leases.attempt is 'The attempt this lease belongs to.';
comment on column importer.job_leases.claimed_at is 'When it was taken, by the database''s clock.';
comment on column importer.job_leases.expires_at is 'Until when it holds, by the database''s clock.';

revoke all on importer.job_leases from public, anon, authenticated, service_role;
