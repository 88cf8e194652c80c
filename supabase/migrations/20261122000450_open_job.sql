-- What the processor found on opening the file. The first attempt writes the file's identity, later
-- ones must find it.
create function importer.open_job(
  job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  job public.import_jobs;
  resumes jsonb;
begin
  -- The commit need not wait for the disk: what a crash of the server takes back here, the next attempt
  -- finds out again, and as the log is written in order, no chunk is in without it.
  perform set_config('synchronous_commit', 'off', true);
  perform importer.hold_lease(open_job.job_id, open_job.token);
  select j.* into job from public.import_jobs as j where j.id = open_job.job_id;
  if job.file_etag is distinct from open_job.file_etag and job.file_etag is not null
    or job.bytes_total <> open_job.bytes_total
  then
    raise exception 'the file changed while it was being imported' using errcode = 'IJ204',
    hint = 'Upload the file under a new path and insert a new job; what was loaded before stays counted here.';
  end if;
  update public.import_jobs as j
  set
    phase = 'loading', file_etag = open_job.file_etag, bytes_total = open_job.bytes_total,
    dialect = open_job.dialect
  where j.id = open_job.job_id;
  select jsonb_agg(to_jsonb(c) - 'job_id' order by c.seq) into resumes
  from importer.job_chunks as c where c.job_id = open_job.job_id;
  if resumes is not null then
    insert into public.import_job_events (job_id, event, attempt, detail)
    values (job.id, 'resumed', job.attempts, jsonb_build_object('chunks', jsonb_array_length(resumes)));
  end if;
  return coalesce(resumes, '[]');
end
$$;

comment on function importer.open_job(uuid, uuid, text, bigint, jsonb) is
'Writes the file''s ETag, size and dialect and sets the phase to loading; raises IJ204 if they differ from the first
attempt''s. Returns the ledger of the job, in order.';

revoke all on function importer.open_job(uuid, uuid, text, bigint, jsonb)
from public, anon, authenticated, service_role;
grant execute on function importer.open_job(uuid, uuid, text, bigint, jsonb) to import_processor;
