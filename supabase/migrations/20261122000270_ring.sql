-- A ring that cannot fail: whatever is wrong with pg_net or the settings becomes a warning, and the
-- sweep finds the job.
create function importer.ring(job_ids uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform importer.notify_process_import_jobs_async(job_ids);
exception when others then
  raise warning 'import-jobs could not ring the processor (%): %; the sweep will find the job', sqlstate, sqlerrm;
end
$$;

comment on function importer.ring(uuid[]) is 'Rings the processor; any error becomes a warning.';

revoke all on function importer.ring(uuid[]) from public, anon, authenticated, service_role;
