-- The job's log: every transition, retry, resume, cancellation and lost lease.
create table public.import_job_events (
  id bigint generated always as identity primary key,
  job_id uuid not null references public.import_jobs (id) on delete cascade,
  happened_at timestamptz not null default clock_timestamp(),
  event text not null,
  attempt integer not null,
  detail jsonb not null default '{}'
);

comment on table public.import_job_events is 'What happened to a job, in order.';
comment on column public.import_job_events.id is 'Order of the events.';
comment on column public.import_job_events.job_id is 'The job.';
comment on column public.import_job_events.happened_at is 'When, by the database''s clock.';
comment on column public.import_job_events.event is
'A status the job went into, or: retry_scheduled, given_back, postponed, resumed, lease_lost, undone.';
comment on column public.import_job_events.attempt is 'The attempt during which it happened.';
comment on column public.import_job_events.detail is 'What else there is to say; never a value of a row.';

create index import_job_events_job on public.import_job_events (job_id, id);

alter table public.import_job_events enable row level security;

revoke all on public.import_job_events from public, anon, authenticated, service_role;
revoke all on sequence public.import_job_events_id_seq from public, anon, authenticated, service_role;
grant select on public.import_job_events to authenticated, service_role;

create policy "owners see what happened to their jobs" on public.import_job_events
for select to authenticated using (
  exists (
    select from public.import_jobs
    where import_jobs.id = import_job_events.job_id and import_jobs.created_by = (select auth.uid())
  )
);
