-- Rows that were staged and that the target refused at the end: from loaded to rejected, in the
-- ledger and the counters.
create function importer.reject_staged(job_id uuid, token uuid, errors jsonb, kept integer) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform importer.hold_lease(reject_staged.job_id, reject_staged.token);

  perform importer.keep_errors(reject_staged.job_id, errors, kept);

  update importer.job_chunks as c
  set rows_loaded = c.rows_loaded - r.refused, rows_rejected = c.rows_rejected + r.refused
  from (
    select
      (
        select min(k.seq) from importer.job_chunks as k
        where k.job_id = reject_staged.job_id and k.next_record > (e.error ->> 'record')::bigint
      ) as seq,
      count(*) as refused
    from jsonb_array_elements(errors) as e (error)
    group by 1
  ) as r
  where c.job_id = reject_staged.job_id and c.seq = r.seq;

  update public.import_jobs as j
  set
    rows_loaded = j.rows_loaded - jsonb_array_length(errors),
    rows_rejected = j.rows_rejected + jsonb_array_length(errors)
  where j.id = reject_staged.job_id;
end
$$;

comment on function importer.reject_staged(uuid, uuid, jsonb, integer) is
'Counts staged rows that the target refused as rejected; raises IJ103 without a lease.';

revoke all on function importer.reject_staged(uuid, uuid, jsonb, integer)
from public, anon, authenticated, service_role;
grant execute on function importer.reject_staged(uuid, uuid, jsonb, integer) to import_processor;
