-- The doorbell. It names jobs and nothing else; the token is good for ringing only. 1,000 ids are
-- 39 kB, below the 64 kB that the processor reads; a ring is about the queue, so the rest is found
-- all the same. The lock time-out keeps a locked `net` schema (an upgrade of the extension) from
-- holding up somebody's insert.
create function importer.notify_process_import_jobs_async(job_ids uuid[] default '{}') returns bigint
language plpgsql security definer set search_path = '' set lock_timeout = '200ms'
as $$
declare
  processor_url text := importer.setting('import_jobs_processor_url');
  wake_token text := importer.setting('import_jobs_wake_token');
begin
  if processor_url is null or wake_token is null then
    raise exception 'no processor is configured' using errcode = 'IJ109',
    hint = 'Run import-jobs configure --processor-url …';
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
'Rings the processor through pg_net, at commit; returns pg_net''s request id. Raises IJ109 when nothing is configured.';

revoke all on function importer.notify_process_import_jobs_async(uuid[])
from public, anon, authenticated, service_role;
