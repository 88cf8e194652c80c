-- The last statement of a chunk's transaction: rejected rows, ledger entry, counters, and the check
-- of the lease. `errors` may hold fewer rows than were rejected: what is kept is limited, what is
-- counted is not. A ledger entry that is there already raises 23505 and with it takes the rows back
-- that were loaded twice.
create function importer.commit_chunk(
  job_id uuid, token uuid, seq integer, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint,
  rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, bytes_read bigint, errors jsonb
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into importer.job_chunks (
    job_id, seq, byte_start, byte_end, next_line, next_record,
    rows_read, rows_loaded, rows_rejected, rows_skipped, attempt
  )
  select
    commit_chunk.job_id, commit_chunk.seq, commit_chunk.byte_start, commit_chunk.byte_end, commit_chunk.next_line,
    commit_chunk.next_record, commit_chunk.rows_read, commit_chunk.rows_loaded, commit_chunk.rows_rejected,
    commit_chunk.rows_skipped, j.attempts
  from public.import_jobs as j where j.id = commit_chunk.job_id;

  if jsonb_array_length(errors) > 0 then
    insert into public.import_job_errors (job_id, record_number, line_number, column_name, code, message, raw)
    select commit_chunk.job_id, e.record, e.line, e.column, e.code, e.message, e.raw
    from jsonb_to_recordset(errors)
      as e (record bigint, line bigint, "column" text, code text, message text, raw text);
  end if;

  update public.import_jobs as j
  set
    bytes_read = greatest(j.bytes_read, commit_chunk.bytes_read),
    rows_read = j.rows_read + commit_chunk.rows_read,
    rows_loaded = j.rows_loaded + commit_chunk.rows_loaded,
    rows_rejected = j.rows_rejected + commit_chunk.rows_rejected,
    rows_skipped = j.rows_skipped + commit_chunk.rows_skipped,
    chunks_done = j.chunks_done + 1
  where j.id = commit_chunk.job_id and j.status = 'running';

  perform importer.hold_lease(commit_chunk.job_id, commit_chunk.token);
end
$$;

comment on function importer.commit_chunk(
  uuid, uuid, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, jsonb
) is 'Enters a chunk into the ledger, its rejected rows and the job''s counters; raises IJ103 when the lease is over.';

revoke all on function importer.commit_chunk(
  uuid, uuid, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, jsonb
) from public, anon, authenticated, service_role;
grant execute on function importer.commit_chunk(
  uuid, uuid, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, jsonb
) to import_processor;
