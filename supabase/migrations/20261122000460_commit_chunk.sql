-- The last statement of a chunk's transaction: the check of the lease, ledger entry, rejected rows,
-- counters. The check comes first, and holds until the commit: one who comes too late is told so
-- (IJ103), and does not run into what the job's new holder has written. A ledger entry that is there
-- already raises 23505 and with it takes the rows back that were loaded twice.
create function importer.commit_chunk(
  job_id uuid, token uuid, seq integer, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint,
  rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, bytes_read bigint, errors jsonb,
  kept integer default 10000, preview jsonb default null, chunk_bytes bigint default 0
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform importer.hold_lease(commit_chunk.job_id, commit_chunk.token);

  insert into importer.job_chunks (
    job_id, seq, byte_start, byte_end, next_line, next_record,
    rows_read, rows_loaded, rows_rejected, rows_skipped, chunk_bytes, attempt
  )
  select
    commit_chunk.job_id, commit_chunk.seq, commit_chunk.byte_start, commit_chunk.byte_end, commit_chunk.next_line,
    commit_chunk.next_record, commit_chunk.rows_read, commit_chunk.rows_loaded, commit_chunk.rows_rejected,
    commit_chunk.rows_skipped, commit_chunk.chunk_bytes, j.attempts
  from public.import_jobs as j where j.id = commit_chunk.job_id;

  if jsonb_array_length(errors) > 0 then
    perform importer.keep_errors(commit_chunk.job_id, errors, kept);
  end if;

  update public.import_jobs as j
  set
    bytes_read = greatest(j.bytes_read, commit_chunk.bytes_read),
    rows_read = j.rows_read + commit_chunk.rows_read,
    rows_loaded = j.rows_loaded + commit_chunk.rows_loaded,
    rows_rejected = j.rows_rejected + commit_chunk.rows_rejected,
    rows_skipped = j.rows_skipped + commit_chunk.rows_skipped,
    chunks_done = j.chunks_done + 1,
    preview = coalesce(commit_chunk.preview, j.preview)
  where j.id = commit_chunk.job_id and j.status = 'running';
end
$$;

comment on function importer.commit_chunk(
  uuid, uuid, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, jsonb, integer, jsonb,
  bigint
) is 'Enters a chunk into the ledger, its rejected rows and the job''s counters; raises IJ103 when the lease is over.';

revoke all on function importer.commit_chunk(
  uuid, uuid, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, jsonb, integer, jsonb,
  bigint
) from public, anon, authenticated, service_role;
grant execute on function importer.commit_chunk(
  uuid, uuid, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, jsonb, integer, jsonb,
  bigint
) to import_processor;
