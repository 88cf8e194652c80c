-- Asked again when the job runs: the target may be newer than the job, and the allow-list may have changed.
create function importer.admit_job(job_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (
    select from public.import_jobs as j inner join importer.job_identities as i on i.job_id = j.id
    where j.id = admit_job.job_id
      and not importer.may_use(
        importer.describe_target(j.target) ->> 'name', jsonb_build_object('role', i.role, 'claims', i.claims)
      )
  ) then
    raise exception 'this target is not for the job''s owner' using errcode = 'IJ601',
    hint = 'An administrator decides who may import into it: import_targets.allowed_roles and allowed_when.';
  end if;
end
$$;

comment on function importer.admit_job(uuid) is 'Raises IJ601 when the owner of a job may not import into its target.';

revoke all on function importer.admit_job(uuid) from public, anon, authenticated, service_role;
grant execute on function importer.admit_job(uuid) to import_processor;
