create function importer.source_deleted(job_id uuid) returns void
language sql security definer set search_path = ''
as $$
  update public.import_jobs as j set source_deleted_at = clock_timestamp()
  where j.id = source_deleted.job_id and j.status = 'completed' and j.source_deleted_at is null
$$;

comment on function importer.source_deleted(uuid) is 'Notes that the file of a completed job has been deleted.';

revoke all on function importer.source_deleted(uuid) from public, anon, authenticated, service_role;
grant execute on function importer.source_deleted(uuid) to import_processor;
