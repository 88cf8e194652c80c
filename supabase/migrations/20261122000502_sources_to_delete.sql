-- Files of completed jobs with options.delete_source. A deletion that failed is found again here, for a
-- week; it never fails the job.
create function importer.sources_to_delete() returns table (job_id uuid, bucket_id text, object_path text)
language sql stable security definer set search_path = ''
as $$
  select j.id, j.bucket_id, j.object_path
  from public.import_jobs as j
  where j.status = 'completed' and j.source_deleted_at is null
    and j.options -> 'delete_source' = 'true' and coalesce(j.options -> 'dry_run', 'false') <> 'true'
    and j.finished_at > now() - interval '7 days'
    -- A user's job deletes what is in the user's own folder alone.
    and (j.created_by is null or (j.bucket_id = 'imports' and starts_with(j.object_path, j.created_by || '/')))
  order by j.finished_at
  limit 100
$$;

comment on function importer.sources_to_delete() is
'Files that completed jobs asked to be deleted and that have not been, the oldest first.';

revoke all on function importer.sources_to_delete() from public, anon, authenticated, service_role;
grant execute on function importer.sources_to_delete() to import_processor;

create index import_jobs_sources_to_delete on public.import_jobs (finished_at)
where status = 'completed' and source_deleted_at is null and options -> 'delete_source' = 'true';
