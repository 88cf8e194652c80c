-- The same file again. Claims of one file are serialised, so that of two jobs at the same moment one
-- gets it. A job that has rows in the target goes on: it has got the file before. One that is told to
-- wait gives its claim up, so that two never wait for each other. A duplicate has imported nothing, and
-- its report says so even when the first job has been deleted.
create function importer.claim_file(job_id uuid, token uuid, sha256 text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  job public.import_jobs;
  rules jsonb;
  found_job jsonb;
begin
  perform importer.hold_lease(claim_file.job_id, claim_file.token);
  select j.* into job from public.import_jobs as j where j.id = claim_file.job_id;
  rules := importer.describe_target(job.target);
  perform pg_advisory_xact_lock(hashtextextended(
    concat_ws(' ', 'importer.claim_file', job.created_by, claim_file.sha256, rules ->> 'name'), 0
  ));
  if rules ->> 'on_duplicate_file' <> 'load' and job.chunks_done = 0
    and coalesce(job.options -> 'force', rules -> 'options' -> 'force', 'false') <> 'true'
    and coalesce(job.options -> 'dry_run', 'false') <> 'true'
  then
    select jsonb_build_object('duplicate_of', e.id, 'status', case e.status when 'completed' then 'completed' else 'running' end)
    into found_job
    from public.import_jobs as e
    cross join lateral importer.target_of(e.target) as t
    where e.file_sha256 = claim_file.sha256 and e.id <> job.id and e.created_by is not distinct from job.created_by
      and t.name = rules ->> 'name' and coalesce(e.options -> 'dry_run', 'false') <> 'true'
      and case e.status
        when 'completed' then e.undone_at is null and not coalesce(e.report ? 'duplicate_of', false)
        when 'pending' then e.chunks_done > 0
        else e.status = 'running'
      end
    order by e.status = 'completed' desc, e.created_at, e.id
    limit 1;
  end if;
  update public.import_jobs as j
  set file_sha256 = case when found_job ->> 'status' = 'running' then null else claim_file.sha256 end
  where j.id = claim_file.job_id;
  return found_job;
end
$$;

comment on function importer.claim_file(uuid, uuid, text) is
'Says whether a job may load its file: null, or the job of the same owner that has imported it into this target
({"duplicate_of", "status": "completed"}) or is about to ("running"). Raises IJ103 without a lease.';

revoke all on function importer.claim_file(uuid, uuid, text) from public, anon, authenticated, service_role;
grant execute on function importer.claim_file(uuid, uuid, text) to import_processor;
