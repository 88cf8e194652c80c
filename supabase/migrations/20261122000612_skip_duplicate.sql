-- A duplicate completes without having loaded anything. The first job may have been deleted since it was found.
create function importer.skip_duplicate(job_id uuid, token uuid, duplicate_of uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform importer.hold_lease(skip_duplicate.job_id, skip_duplicate.token);
  update public.import_jobs as j
  set
    status = 'completed', total_chunks = 0, bytes_read = coalesce(j.bytes_total, j.bytes_read),
    duplicate_of = (select e.id from public.import_jobs as e where e.id = skip_duplicate.duplicate_of),
    report = jsonb_build_object('duplicate_of', skip_duplicate.duplicate_of)
  where j.id = skip_duplicate.job_id;
end
$$;

comment on function importer.skip_duplicate(uuid, uuid, uuid) is
'Completes a job whose file another job has imported; raises IJ103 without a lease.';

revoke all on function importer.skip_duplicate(uuid, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.skip_duplicate(uuid, uuid, uuid) to import_processor;
