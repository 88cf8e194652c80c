-- Functions for clients that list jobs, start a waiting one now, and count. They are SECURITY INVOKER: a user counts
-- and starts the user's own jobs, a supervisor and the service all of them. Inspections and dry runs import nothing, so
-- statistics leave them out. One job and its log are plain selects of import_jobs and import_job_events.

-- Pages by key: the next page begins behind the last job of the page before, however many jobs are inserted meanwhile.
-- Only a supervisor's list has jobs of more than one owner, so the owner is compared as row security does it.
create function public.list_import_jobs(
  status public.import_job_status default null, target text default null, name text default null,
  page_size integer default 50, after uuid default null
) returns setof public.import_jobs
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  last_time timestamptz;
begin
  if list_import_jobs.after is not null then
    select j.created_at into last_time from public.import_jobs as j where j.id = list_import_jobs.after;
    if not found then
      raise exception 'the job in after does not exist' using errcode = 'IJ108',
      hint = 'Give the id of the last job of a page, or begin again without after.';
    end if;
  end if;
  return query
  select j.*
  from public.import_jobs as j
  where (list_import_jobs.status is null or j.status = list_import_jobs.status)
    and (list_import_jobs.target is null or j.target = list_import_jobs.target)
    and (
      list_import_jobs.name is null
      or strpos(lower(coalesce(j.file_name, j.object_path)), lower(list_import_jobs.name)) > 0
    )
    and not j.options @> '{"inspect": true}'
    and (list_import_jobs.after is null or (j.created_at, j.id) < (last_time, list_import_jobs.after))
  order by j.created_at desc, j.id desc
  limit least(greatest(list_import_jobs.page_size, 1), 1000);
end
$$;

comment on function public.list_import_jobs(public.import_job_status, text, text, integer, uuid) is
'Returns jobs, the newest first, without inspections: of a status, of a target as the jobs name it, with a text in
file_name (or, without one, in object_path), whatever the case. At most 1,000 a page; after is the last id of the page
before. Raises IJ108 if there is no such job.';

revoke all on function public.list_import_jobs(public.import_job_status, text, text, integer, uuid)
from public, anon, authenticated, service_role;
grant execute on function public.list_import_jobs(public.import_job_status, text, text, integer, uuid)
to authenticated, service_role;

-- Clients may update the status of a job only, so the request reaches the trigger by a setting, as the options of a
-- retry do. The ring is that of the statement trigger, which is replaced below.
create function importer.execute_pending_import_job() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('import_jobs.execute', true) = new.id::text then
    new.run_after := least(new.run_after, now());
  end if;
  return new;
end
$$;

comment on function importer.execute_pending_import_job() is
'Trigger function: makes a pending job due for which public.execute_import_job() was called.';

revoke all on function importer.execute_pending_import_job() from public, anon, authenticated, service_role;

create trigger execute_pending_import_job before update on public.import_jobs
for each row when (old.status = 'pending' and new.status = 'pending')
execute function importer.execute_pending_import_job();

create function public.execute_import_job(id uuid) returns public.import_jobs
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  job public.import_jobs;
begin
  perform set_config('import_jobs.execute', execute_import_job.id::text, true);
  update public.import_jobs as j set status = 'pending'
  where j.id = execute_import_job.id and j.status = 'pending' returning j.* into job;
  perform set_config('import_jobs.execute', '', true);
  if job.id is not null then
    return job;
  end if;
  select j.* into job from public.import_jobs as j where j.id = execute_import_job.id;
  if job.id is null then
    raise exception 'the job does not exist' using errcode = 'IJ108',
    hint = 'Check the id, and that the job belongs to you.';
  end if;
  raise exception 'a % job cannot be executed', job.status using errcode = 'IJ101',
  hint = 'Only a pending job waits for its time; retry a failed or cancelled one.';
end
$$;

comment on function public.execute_import_job(uuid) is
'Lets a pending job run now: ends the delay of run_after and of a back-off, and rings. Limits and turns apply. Raises
IJ101 for a job in any other state.';

revoke all on function public.execute_import_job(uuid) from public, anon, authenticated, service_role;
grant execute on function public.execute_import_job(uuid) to authenticated, service_role;

-- Rings also for a pending job that an update has made due.
create or replace function importer.trigger_import_job_processing() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  due uuid[];
begin
  if tg_op = 'INSERT' then
    select array_agg(n.id) into due from new_rows as n where n.status = 'pending' and n.run_after <= now();
  else
    select array_agg(n.id) into due
    from new_rows as n inner join old_rows as o using (id)
    where n.status = 'pending' and (
      o.status in ('failed', 'cancelled') or o.status = 'pending' and o.run_after > n.run_after and n.run_after <= now()
    );
  end if;
  if due is not null then
    perform importer.ring_processor(due);
  end if;
  return null;
exception when others then
  raise warning 'import-jobs could not ring the processor (%): %', sqlstate, sqlerrm
  using hint = 'No action is needed for the job: the sweep will find it.';
  return null;
end
$$;

-- One row for each target and day, with the statuses side by side, and the rows that sum these up. The rate is that of
-- the jobs that ended by themselves; a cancelled one says nothing about the file. The median is of completed jobs, from
-- their first start to their end.
create function public.import_job_statistics(
  since timestamptz default now() - interval '30 days', until timestamptz default now(), only_target text default null
) returns table (
  day date, target text, jobs bigint, pending bigint, running bigint, completed bigint, failed bigint, cancelled bigint,
  success_rate numeric, median_seconds numeric, rows_read bigint, rows_loaded bigint, rows_rejected bigint,
  rows_skipped bigint
)
language sql stable security invoker set search_path = pg_catalog, pg_temp
as $$
  select
    c.day, c.target, count(*), count(*) filter (where c.status = 'pending'),
    count(*) filter (where c.status = 'running'), count(*) filter (where c.status = 'completed'),
    count(*) filter (where c.status = 'failed'), count(*) filter (where c.status = 'cancelled'),
    round(
      count(*) filter (where c.status = 'completed')::numeric
      / nullif(count(*) filter (where c.status in ('completed', 'failed')), 0), 4
    ),
    round((
      percentile_cont(0.5) within group (order by extract(epoch from c.finished_at - c.started_at))
      filter (where c.status = 'completed')
    )::numeric, 3),
    coalesce(sum(c.rows_read), 0)::bigint, coalesce(sum(c.rows_loaded), 0)::bigint,
    coalesce(sum(c.rows_rejected), 0)::bigint, coalesce(sum(c.rows_skipped), 0)::bigint
  from (
    select (j.created_at at time zone 'UTC')::date as day, j.*
    from public.import_jobs as j
    where j.created_at >= import_job_statistics.since and j.created_at <= import_job_statistics.until
      and (import_job_statistics.only_target is null or j.target = import_job_statistics.only_target)
      and not j.options @> '{"inspect": true}' and not j.options @> '{"dry_run": true}'
  ) as c
  group by cube (c.day, c.target)
  order by c.day nulls first, c.target nulls first
$$;

comment on function public.import_job_statistics(timestamptz, timestamptz, text) is
'Returns figures about the jobs that were inserted in a span of time, by default the last 30 days, without inspections and
dry runs: a row for each day (UTC) and target, one for each day with target null, one for each target with day null, and
the first one, with both null, for all. success_rate is the share of completed jobs in those that completed or failed,
from 0 to 1; null if none did.';

revoke all on function public.import_job_statistics(timestamptz, timestamptz, text)
from public, anon, authenticated, service_role;
grant execute on function public.import_job_statistics(timestamptz, timestamptz, text) to authenticated, service_role;
