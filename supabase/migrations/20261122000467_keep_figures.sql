-- The report's figures so far, so that an attempt that resumes need not read again what they cover.
-- They stand in the ledger: what clears that clears them.
create function importer.keep_figures(job_id uuid, token uuid, seq integer, figures jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform importer.hold_lease(keep_figures.job_id, keep_figures.token);
  update importer.job_chunks as c
  set figures = case when c.seq = keep_figures.seq then keep_figures.figures end
  where c.job_id = keep_figures.job_id and (c.seq = keep_figures.seq or c.figures is not null);
end
$$;

comment on function importer.keep_figures(uuid, uuid, integer, jsonb) is
'Keeps the report''s figures with a chunk that they cover, in place of former ones; raises IJ103 without a lease.';

revoke all on function importer.keep_figures(uuid, uuid, integer, jsonb)
from public, anon, authenticated, service_role;
grant execute on function importer.keep_figures(uuid, uuid, integer, jsonb) to import_processor;
