-- All rejected rows of a job, in file order, whole: what errors.csv is written from.
create function importer.rejected_rows(job_id uuid)
returns table (record_number bigint, line_number bigint, column_name text, code text, message text, raw text)
language sql stable security definer set search_path = ''
as $$
  select e.record_number, e.line_number, e.column_name, e.code, e.message, coalesce(r.raw, e.raw)
  from public.import_job_errors as e
  left join importer.job_rejects as r on r.job_id = e.job_id and r.record_number = e.record_number
  where e.job_id = rejected_rows.job_id
  union all
  select r.record_number, r.line_number, r.column_name, r.code, r.message, r.raw
  from importer.job_rejects as r
  where r.job_id = rejected_rows.job_id and not exists (
    select from public.import_job_errors as e
    where e.job_id = r.job_id and e.record_number = r.record_number
  )
  order by 1
$$;

comment on function importer.rejected_rows(uuid) is 'All rejected rows of a job with their whole records, in file order.';

revoke all on function importer.rejected_rows(uuid) from public, anon, authenticated, service_role;
grant execute on function importer.rejected_rows(uuid) to import_processor;
