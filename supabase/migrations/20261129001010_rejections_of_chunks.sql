-- The functions of chunks and of staged rows take their rejections as arrays (importer.rejected_records), one call for
-- all rejections of a chunk. The rest of them is as before.

drop function importer.commit_chunk(
  uuid, uuid, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, jsonb, integer, jsonb,
  bigint
);

create function importer.commit_chunk(
  job_id uuid, token uuid, seq integer, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint,
  rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, bytes_read bigint,
  rejected importer.rejected_records default null, kept integer default 10000, preview jsonb default null,
  chunk_bytes bigint default 0
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

  if cardinality(rejected.records) > 0 then
    perform importer.keep_rejections(commit_chunk.job_id, commit_chunk.seq, rejected, kept);
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
  uuid, uuid, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint,
  importer.rejected_records, integer, jsonb, bigint
) is
'Writes a chunk''s ledger entry and rejections, and adds its rows to the counters of the job. Raises IJ103 without a
valid lease, and 23505 if the chunk is in the ledger already.';

revoke all on function importer.commit_chunk(
  uuid, uuid, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint,
  importer.rejected_records, integer, jsonb, bigint
) from public, anon, authenticated, service_role;
grant execute on function importer.commit_chunk(
  uuid, uuid, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint,
  importer.rejected_records, integer, jsonb, bigint
) to import_processor, import_uploader;

drop function importer.reject_staged_rows(uuid, uuid, jsonb, integer);

-- The chunks that a job reads again at its end are those of the ledger unless it ended with a part of one before.
create function importer.rejected_part(
  rejected importer.rejected_records, first bigint, last bigint
) returns importer.rejected_records
language sql stable set search_path = pg_catalog, pg_temp
as $$
  with cells as (
    select c.place, c.position, c.reason, c.n
    from unnest(rejected.cell_places, rejected.cell_positions, rejected.cell_reasons)
      with ordinality as c (place, position, reason, n)
    where c.place between rejected_part.first and rejected_part.last
  ),

  start as (select coalesce(rejected.raw_ends[rejected_part.first - 1], 0) as raw)

  select row(
    rejected.records[first:last], rejected.lines[first:last],
    substring(rejected.raw from s.raw + 1 for rejected.raw_ends[last] - s.raw),
    array(
      select e.raw_end - s.raw from unnest(rejected.raw_ends[first:last]) with ordinality as e (raw_end, n) order by e.n
    ),
    array(select c.place - (rejected_part.first - 1)::integer from cells as c order by c.n),
    array(select c.position from cells as c order by c.n),
    array(select c.reason from cells as c order by c.n),
    (
      select jsonb_agg(
        o.reason || jsonb_build_object('cells', (select count(*) from cells as c where c.reason = o.n)) order by o.n
      )
      from jsonb_array_elements(rejected.reasons) with ordinality as o (reason, n)
    )
  )::importer.rejected_records
  from start as s
$$;

comment on function importer.rejected_part(importer.rejected_records, bigint, bigint) is
'Returns some of the rejected records: those from place `first` to place `last`, counted from 1.';

revoke all on function importer.rejected_part(importer.rejected_records, bigint, bigint)
from public, anon, authenticated, service_role;

-- Staged rows that the target rejects at the end of the job are moved from loaded to rejected, in the ledger and in the
-- counters.
create function importer.reject_staged_rows(
  job_id uuid, token uuid, rejected importer.rejected_records, kept integer
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  part record;
begin
  perform importer.check_lease(reject_staged_rows.job_id, reject_staged_rows.token);

  for part in
    select c.seq, min(r.place) as first, max(r.place) as last, count(*) as records
    from (
      select
        k.seq, k.next_record,
        lag(k.next_record, 1, 0::bigint) over (order by k.seq) as first_record
      from importer.job_chunks as k where k.job_id = reject_staged_rows.job_id
    ) as c
    inner join unnest(rejected.records) with ordinality as r (record, place)
      on r.record >= c.first_record and r.record < c.next_record
    where c.next_record > rejected.records[1] and c.first_record <= rejected.records[cardinality(rejected.records)]
    group by c.seq order by c.seq
  loop
    update importer.job_chunks as c
    set rows_loaded = c.rows_loaded - part.records, rows_rejected = c.rows_rejected + part.records
    where c.job_id = reject_staged_rows.job_id and c.seq = part.seq;
    perform importer.keep_rejections(
      job_id => reject_staged_rows.job_id, seq => part.seq,
      rejected => importer.rejected_part(rejected, part.first, part.last),
      kept => least(greatest(kept - (part.first - 1), 0), part.records)::integer
    );
  end loop;

  update public.import_jobs as j
  set
    rows_loaded = j.rows_loaded - cardinality(rejected.records),
    rows_rejected = j.rows_rejected + cardinality(rejected.records)
  where j.id = reject_staged_rows.job_id;
end
$$;

comment on function importer.reject_staged_rows(uuid, uuid, importer.rejected_records, integer) is
'Writes rejections of staged rows and counts the rows as rejected instead of loaded. Raises IJ103 without a valid
lease.';

revoke all on function importer.reject_staged_rows(uuid, uuid, importer.rejected_records, integer)
from public, anon, authenticated, service_role;
grant execute on function importer.reject_staged_rows(uuid, uuid, importer.rejected_records, integer)
to import_processor;
