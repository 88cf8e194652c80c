-- Chunks: what the processor asks and tells the database while it loads a file. Each chunk commits in one transaction
-- with its rows, its rejections, its ledger entry and the counters of the job.

-- Postgres decides which texts are valid input for a type, where the processor cannot. The function runs with the
-- processor's rights; the name of the type comes from the catalog (format_type), not from a client.
create function importer.invalid_values(type_name text, candidates text[])
returns table (candidate text, code text)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  -- A cast would truncate texts that are too long. jsonb_to_record() passes a text to the input function of the type
  -- with its modifier, as COPY does. As the element of an array, a JSON text arrives there unquoted as well.
  is_array constant boolean := type_name like '%[]';
  statement constant text := format(
    'select r.v from jsonb_to_record(jsonb_build_object(''v'', $1)) as r (v %s)',
    type_name || case when is_array then '' else '[]' end
  );
  error_info constant regproc := to_regproc('pg_catalog.pg_input_error_info'); -- since PostgreSQL 16
  invalid jsonb;
begin
  perform type_name::regtype; -- raises 42704 for a missing type, which would otherwise make each text invalid
  if error_info is not null then
    begin
      execute format(
        'select jsonb_agg(jsonb_build_array(c, e.sql_error_code))
        from unnest($1) as c, %s(c, $2) as e where e.sql_error_code is not null', error_info
      ) into invalid using candidates, type_name;
      return query select r.value ->> 0, r.value ->> 1 from jsonb_array_elements(invalid) as r;
      return;
    exception when others then
      invalid := null; -- the check of a domain raised an error: test the texts one by one, as before PostgreSQL 16
    end;
  end if;
  foreach candidate in array candidates loop
    begin
      execute statement using case
        when is_array then candidate
        else '{"' || replace(replace(candidate, E'\\', E'\\\\'), '"', E'\\"') || '"}'
      end;
    exception when others then
      code := sqlstate;
      return next;
    end;
  end loop;
end
$$;

comment on function importer.invalid_values(text, text[]) is
'Returns the texts that are not valid input for the type, each with the SQLSTATE that Postgres gives.';

revoke all on function importer.invalid_values(text, text[]) from public, anon, authenticated, service_role;
grant execute on function importer.invalid_values(text, text[]) to import_processor, import_uploader;

-- The first statement of a transaction that writes rows, for as long as the table is the registered one. It does not
-- lock the job's row, as importer.check_lease() does, because a cancellation would wait for the whole chunk.
create function importer.hold_target(job_id uuid, token uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_token(hold_target.job_id, hold_target.token);
  perform importer.lock_target(t.name)
  from public.import_jobs as j cross join lateral importer.find_target(j.target) as t
  where j.id = hold_target.job_id and t.mode <> 'none';
end
$$;

comment on function importer.hold_target(uuid, uuid) is
'Keeps the table of a job''s target in its place until the end of the transaction. Raises IJ503 if it is not the table
that was registered, and IJ103 without a valid lease.';

revoke all on function importer.hold_target(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.hold_target(uuid, uuid) to import_processor, import_uploader;

-- The last statement of a chunk's transaction. It checks the lease first, and the check holds until the commit: a
-- processor that comes too late gets IJ103 and cannot run into what the new holder of the job has written. If the
-- ledger has the entry already, 23505 is raised, and the rows that were loaded twice are rolled back with it.
create function importer.commit_chunk(
  job_id uuid, token uuid, seq integer, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint,
  rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, bytes_read bigint, rejections jsonb,
  kept integer default 10000, preview jsonb default null, chunk_bytes bigint default 0
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_lease(commit_chunk.job_id, commit_chunk.token);

  insert into importer.job_chunks (
    job_id, seq, byte_start, byte_end, next_line, next_record,
    rows_read, rows_loaded, rows_rejected, rows_skipped, chunk_bytes, attempt
  )
  select
    commit_chunk.job_id, commit_chunk.seq, commit_chunk.byte_start, commit_chunk.byte_end, commit_chunk.next_line,
    commit_chunk.next_record, commit_chunk.rows_read, commit_chunk.rows_loaded, commit_chunk.rows_rejected,
    commit_chunk.rows_skipped, commit_chunk.chunk_bytes, l.attempt
  from importer.job_leases as l where l.job_id = commit_chunk.job_id;

  if jsonb_array_length(rejections) > 0 then
    perform importer.keep_rejections(commit_chunk.job_id, rejections, kept);
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
) is
'Writes a chunk''s ledger entry and rejections, and adds its rows to the counters of the job. Raises IJ103 without a
valid lease, and 23505 if the chunk is in the ledger already.';

revoke all on function importer.commit_chunk(
  uuid, uuid, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, jsonb, integer, jsonb,
  bigint
) from public, anon, authenticated, service_role;
grant execute on function importer.commit_chunk(
  uuid, uuid, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, jsonb, integer, jsonb,
  bigint
) to import_processor, import_uploader;

create function importer.read_rejections(job_id uuid, token uuid)
returns table (record_number bigint, line_number bigint, column_name text, code text, message text, raw text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform importer.check_token(read_rejections.job_id, read_rejections.token);
  return query
  select r.record_number, r.line_number, r.column_name, r.code, r.message, r.raw
  from importer.list_rejections(read_rejections.job_id) as r;
end
$$;

comment on function importer.read_rejections(uuid, uuid) is
'Returns all rejections of a job for the attempt that has its lease. Raises IJ103 without a valid lease.';

revoke all on function importer.read_rejections(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.read_rejections(uuid, uuid) to import_processor, import_uploader;

-- An attempt that resumes starts from these figures and need not read the chunks that they cover again. They are in the
-- ledger, so whatever clears the ledger clears them.
create function importer.keep_figures(job_id uuid, token uuid, seq integer, figures jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_lease(keep_figures.job_id, keep_figures.token);
  update importer.job_chunks as c
  set figures = case when c.seq = keep_figures.seq then keep_figures.figures end
  where c.job_id = keep_figures.job_id and (c.seq = keep_figures.seq or c.figures is not null);
end
$$;

comment on function importer.keep_figures(uuid, uuid, integer, jsonb) is
'Stores the figures of the report with a chunk that they cover, in place of earlier ones. Raises IJ103 without a valid
lease.';

revoke all on function importer.keep_figures(uuid, uuid, integer, jsonb)
from public, anon, authenticated, service_role;
grant execute on function importer.keep_figures(uuid, uuid, integer, jsonb) to import_processor, import_uploader;

-- The preview grows with the first chunks (see importer.commit_chunk()). At the end of an all-or-nothing job it loses
-- the rows that the target rejects.
create function importer.keep_preview(job_id uuid, token uuid, preview jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_lease(keep_preview.job_id, keep_preview.token);
  update public.import_jobs as j set preview = keep_preview.preview where j.id = keep_preview.job_id;
end
$$;

comment on function importer.keep_preview(uuid, uuid, jsonb) is
'Replaces the preview of a job. Raises IJ103 without a valid lease.';

revoke all on function importer.keep_preview(uuid, uuid, jsonb) from public, anon, authenticated, service_role;
grant execute on function importer.keep_preview(uuid, uuid, jsonb) to import_processor, import_uploader;
