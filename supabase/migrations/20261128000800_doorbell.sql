-- The doorbell: an HTTP request through pg_net that tells the processor to look at the queue. A ring may be lost,
-- delayed or doubled without harm, because the job's row holds everything and the sweep finds jobs that no ring
-- announced. No error in a ring may ever fail the insert of a job.

-- The request names jobs and nothing else, and its token is good for ringing only. 1,000 ids are 39 kB, below the 64 kB
-- that the processor reads; it looks at the whole queue anyway, so it also finds the jobs that are not named. The lock
-- time-out keeps a locked schema `net` (while the extension is upgraded) from delaying an insert.
create function importer.notify_process_import_jobs_async(job_ids uuid[] default '{}') returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '200ms'
as $$
declare
  processor_url text := importer.setting('import_jobs_processor_url');
  wake_token text := importer.setting('import_jobs_wake_token');
begin
  if processor_url is null or wake_token is null then
    raise exception 'no processor is configured' using errcode = 'IJ109',
    hint = 'Run "import-jobs configure --processor-url <url>".';
  end if;
  return net.http_post(
    url := rtrim(processor_url, '/') || '/process-import-jobs',
    body := jsonb_build_object('job_ids', job_ids[1:1000]),
    headers := jsonb_build_object('Content-Type', 'application/json', 'Authorization', 'Bearer ' || wake_token),
    timeout_milliseconds := 300000
  );
end
$$;

comment on function importer.notify_process_import_jobs_async(uuid[]) is
'Rings the processor through pg_net when the transaction commits; returns pg_net''s request id. Raises IJ109 if no
processor is configured.';

revoke all on function importer.notify_process_import_jobs_async(uuid[])
from public, anon, authenticated, service_role;

create function importer.ring_processor(job_ids uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.notify_process_import_jobs_async(job_ids);
exception when others then
  raise warning 'import-jobs could not ring the processor (%): %', sqlstate, sqlerrm
  using hint = 'No action is needed for the job: the sweep will find it.';
end
$$;

comment on function importer.ring_processor(uuid[]) is
'Rings the processor; an error becomes a warning, since the sweep finds the jobs anyway.';

revoke all on function importer.ring_processor(uuid[]) from public, anon, authenticated, service_role;

-- One ring for each statement, for any number of rows. Jobs that are not due yet are left to the sweep.
create function importer.trigger_import_job_processing() returns trigger
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
    where n.status = 'pending' and o.status in ('failed', 'cancelled');
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

comment on function importer.trigger_import_job_processing() is
'Trigger function: rings the processor once for the pending jobs of a statement; it never fails the statement.';

revoke all on function importer.trigger_import_job_processing() from public, anon, authenticated, service_role;

create trigger trigger_process_import_jobs after insert on public.import_jobs
referencing new table as new_rows
for each statement execute function importer.trigger_import_job_processing();

-- A manual retry rings, too. It needs a second trigger, because a trigger with transition tables may have neither a
-- column list nor several events.
create trigger trigger_process_import_jobs_retry after update on public.import_jobs
referencing old table as old_rows new table as new_rows
for each statement execute function importer.trigger_import_job_processing();
