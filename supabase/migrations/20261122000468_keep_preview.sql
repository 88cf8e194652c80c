-- The preview grows with the first chunks (importer.commit_chunk), and loses rows that the target
-- refuses at the end of an all-or-nothing job.
create function importer.keep_preview(job_id uuid, token uuid, preview jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform importer.hold_lease(keep_preview.job_id, keep_preview.token);
  update public.import_jobs as j set preview = keep_preview.preview where j.id = keep_preview.job_id;
end
$$;

comment on function importer.keep_preview(uuid, uuid, jsonb) is
'Writes a job''s preview in place of the one that it has; raises IJ103 without a lease.';

revoke all on function importer.keep_preview(uuid, uuid, jsonb) from public, anon, authenticated, service_role;
grant execute on function importer.keep_preview(uuid, uuid, jsonb) to import_processor;
