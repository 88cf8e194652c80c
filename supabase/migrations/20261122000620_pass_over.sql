-- Staged rows count as loaded until the end, when their keys turn out to be there (ignore) or not
-- (update): from loaded to skipped, in the ledger and the counters. Which chunk a row was in is not
-- known then; the last chunks give theirs up first.
create function importer.pass_over(job_id uuid, token uuid, passed bigint) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  moved bigint;
begin
  perform importer.hold_lease(pass_over.job_id, pass_over.token);
  with counted as (
    select c.seq, c.rows_loaded, sum(c.rows_loaded) over (order by c.seq desc) - c.rows_loaded as behind
    from importer.job_chunks as c where c.job_id = pass_over.job_id
  ),

  given as (
    update importer.job_chunks as c
    set rows_loaded = c.rows_loaded - g.rows, rows_skipped = c.rows_skipped + g.rows
    from (
      select k.seq, least(k.rows_loaded, pass_over.passed - k.behind)::bigint as rows
      from counted as k where k.behind < pass_over.passed
    ) as g
    where c.job_id = pass_over.job_id and c.seq = g.seq
    returning g.rows
  )

  select coalesce(sum(g.rows), 0) into moved from given as g;
  if moved <> pass_over.passed then
    raise exception '% rows are to be passed over, and the ledger has % loaded', pass_over.passed, moved
    using errcode = 'IJ902', hint = 'This is a defect of import-jobs: please report it with the file''s dialect.';
  end if;
  update public.import_jobs as j
  set rows_loaded = j.rows_loaded - pass_over.passed, rows_skipped = j.rows_skipped + pass_over.passed
  where j.id = pass_over.job_id;
end
$$;

comment on function importer.pass_over(uuid, uuid, bigint) is
'Counts so many staged rows as skipped instead of loaded; raises IJ902 when there are fewer, IJ103 without a lease.';

revoke all on function importer.pass_over(uuid, uuid, bigint) from public, anon, authenticated, service_role;
grant execute on function importer.pass_over(uuid, uuid, bigint) to import_processor;
