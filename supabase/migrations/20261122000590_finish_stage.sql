-- The last step of an all-or-nothing job, in the transaction that has copied its rows into the target.
create function importer.finish_stage(job_id uuid, token uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform importer.hold_lease(finish_stage.job_id, finish_stage.token);
  execute format('drop table importer.%I', importer.stage_name(finish_stage.job_id));
end
$$;

comment on function importer.finish_stage(uuid, uuid) is
'Drops the staging table of a job, once its rows are in the target; raises IJ103 without a lease.';

revoke all on function importer.finish_stage(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.finish_stage(uuid, uuid) to import_processor;
