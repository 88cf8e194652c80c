-- The end of a job that went through. The ledger, the counters and the processor's own count of
-- records must agree.
create function importer.finish_job(
  job_id uuid, token uuid, records bigint, file_sha256 text, report jsonb,
  errors_path text default null, output_path text default null
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  ledger record;
  job public.import_jobs;
begin
  perform importer.hold_lease(finish_job.job_id, finish_job.token);
  select j.* into job from public.import_jobs as j where j.id = finish_job.job_id;
  select
    coalesce(sum(c.rows_read), 0) as rows_read, count(*) as chunks,
    coalesce(bool_and(c.byte_start = c.expected), true) as gapless
  into ledger
  from (
    select
      k.rows_read, k.byte_start, lag(k.byte_end, 1, k.byte_start) over (order by k.seq) as expected
    from importer.job_chunks as k where k.job_id = finish_job.job_id
  ) as c;
  if job.rows_read <> finish_job.records or ledger.rows_read <> finish_job.records or not ledger.gapless then
    raise exception 'the ledger has % records, the job %, the file %', ledger.rows_read, job.rows_read, finish_job.records
    using errcode = 'IJ902', hint = 'This is a defect of import-jobs: please report it with the file''s dialect.';
  end if;
  update public.import_jobs as j
  set
    status = 'completed', bytes_read = coalesce(j.bytes_total, j.bytes_read), total_chunks = ledger.chunks,
    file_sha256 = coalesce(finish_job.file_sha256, j.file_sha256),
    report = finish_job.report || case
      when j.rows_rejected > 0 then importer.rejected_by_code(finish_job.job_id) else '{}'
    end,
    errors_path = finish_job.errors_path, output_path = finish_job.output_path
  where j.id = finish_job.job_id;
  -- Not for jobs of users: who may choose an id could use a sequence up for everybody.
  perform importer.advance_sequences(to_regclass(t."table"))
  from importer.target_of(job.target) as t
  where (job.created_by is null or t.run_as = 'processor') and job.options -> 'dry_run' is distinct from 'true';
  delete from importer.job_rejects as r where r.job_id = finish_job.job_id;
  update importer.job_chunks as c set figures = null where c.job_id = finish_job.job_id and c.figures is not null;
end
$$;

comment on function importer.finish_job(uuid, uuid, bigint, text, jsonb, text, text) is
'Completes a job; raises IJ902 unless ledger, counters and the given number of records agree, IJ103 without a lease.';

revoke all on function importer.finish_job(uuid, uuid, bigint, text, jsonb, text, text)
from public, anon, authenticated, service_role;
grant execute on function importer.finish_job(uuid, uuid, bigint, text, jsonb, text, text) to import_processor;
