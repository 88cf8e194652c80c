-- Under whose rights a job runs: a snapshot of the owner's claims, taken when the job was inserted. A
-- job without one was inserted by an administrator or the service, and runs under the processor's own
-- rights.
create table importer.job_identities (
  job_id uuid primary key references public.import_jobs (id) on delete cascade,
  role text not null,
  claims jsonb not null check (jsonb_typeof(claims) = 'object')
);

comment on table importer.job_identities is 'Role and claims of the owners of jobs, as they were at the insert.';
comment on column importer.job_identities.job_id is 'The job.';
comment on column importer.job_identities.role is 'The role that writes the rows, usually authenticated.';
comment on column importer.job_identities.claims is 'sub, role, aal, is_anonymous, and what the target lists.';

revoke all on importer.job_identities from public, anon, authenticated, service_role;
