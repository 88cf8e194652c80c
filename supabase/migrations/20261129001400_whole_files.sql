-- A small file in one transaction. Most of the work on a file of some rows is that on its job's row: opening the file,
-- committing its only chunk and completing the job are three updates, each with its triggers and index entries, and two
-- commits that wait for the disk. Where nothing of the file is rejected, one function does all of it, as the last
-- statement of the transaction that has written the rows.

create function importer.commit_file(
  job_id uuid, token uuid, file_etag text, file_bytes bigint, dialect jsonb, byte_start bigint, byte_end bigint,
  next_line bigint, next_record bigint, rows_loaded bigint, rows_skipped bigint, chunk_bytes bigint, preview jsonb,
  file_sha256 text, report jsonb
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  job public.import_jobs;
begin
  perform importer.check_lease(commit_file.job_id, commit_file.token);

  insert into importer.job_chunks (
    job_id, seq, byte_start, byte_end, next_line, next_record,
    rows_read, rows_loaded, rows_rejected, rows_skipped, chunk_bytes, attempt
  )
  select
    commit_file.job_id, 0, commit_file.byte_start, commit_file.byte_end, commit_file.next_line,
    commit_file.next_record, commit_file.rows_loaded + commit_file.rows_skipped, commit_file.rows_loaded, 0,
    commit_file.rows_skipped, commit_file.chunk_bytes, l.attempt
  from importer.job_leases as l where l.job_id = commit_file.job_id;

  -- A job that an earlier attempt has opened has an ETag, a ledger, or a report to be kept.
  update public.import_jobs as j
  set
    status = 'completed', file_etag = commit_file.file_etag, bytes_total = commit_file.file_bytes,
    bytes_read = commit_file.file_bytes, dialect = commit_file.dialect,
    rows_read = commit_file.rows_loaded + commit_file.rows_skipped, rows_loaded = commit_file.rows_loaded,
    rows_skipped = commit_file.rows_skipped, chunks_done = 1, total_chunks = 1, preview = commit_file.preview,
    file_sha256 = coalesce(commit_file.file_sha256, j.file_sha256), report = commit_file.report
  where j.id = commit_file.job_id and j.file_etag is null and j.bytes_total is null and j.chunks_done = 0
  returning j.* into job;
  if not found then
    raise exception 'an earlier attempt has opened the file of job %', commit_file.job_id using errcode = 'IJ902',
    hint = 'This is a defect of import-jobs. Report it with the file''s dialect.';
  end if;

  -- Not for jobs of users: a user who may choose ids could exhaust the sequence for everybody.
  perform importer.advance_sequences(importer.registered_table(t))
  from importer.find_target(job.target) as t
  where job.created_by is null or t.run_as = 'processor';
end
$$;

comment on function importer.commit_file(
  uuid, uuid, text, bigint, jsonb, bigint, bigint, bigint, bigint, bigint, bigint, bigint, jsonb, text, jsonb
) is
'Writes the ledger entry of a file''s only chunk and completes the job, for a file that no earlier attempt has opened and
of which nothing is rejected. Raises IJ103 without a valid lease, 23505 or IJ902 if there was an earlier attempt.';

revoke all on function importer.commit_file(
  uuid, uuid, text, bigint, jsonb, bigint, bigint, bigint, bigint, bigint, bigint, bigint, jsonb, text, jsonb
) from public, anon, authenticated, service_role;
grant execute on function importer.commit_file(
  uuid, uuid, text, bigint, jsonb, bigint, bigint, bigint, bigint, bigint, bigint, bigint, jsonb, text, jsonb
) to import_processor, import_uploader;
