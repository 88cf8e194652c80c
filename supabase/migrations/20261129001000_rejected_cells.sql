-- Rejections in bulk: a rejected record has a row of import_job_errors for each of its invalid columns, and the
-- processor hands over the rejections of a chunk as arrays, which are stored as they are until errors.csv has been
-- written. A row of JSON for each of them took 16 to 21 µs, twenty times as long as to load the record.

-- A constant default rewrites no row: those of 0.1.0 have position 1. Only the index of the key is built anew, in which
-- a job has 10,000 entries at most.
alter table public.import_job_errors add column position integer not null default 1;
alter table public.import_job_errors drop constraint import_job_errors_pkey;
alter table public.import_job_errors add primary key (job_id, record_number, position);

comment on table public.import_job_errors is
'Rejected rows of a job, with their lines and reasons: a row for each invalid column of a record.';
comment on column public.import_job_errors.position is
'Number of the invalid column within the record, from 1, in the order of the table.';
comment on column public.import_job_errors.raw is
'The record as it is in the file, cut at 8,192 bytes of UTF-8; null except at position 1.';

-- The rejected records of one chunk. Cells refer to records and reasons by their places, from 1.
create type importer.rejected_records as (
  records bigint[], -- noqa: LT01
  lines bigint[], -- noqa: LT01
  raw bytea,
  raw_ends integer[], -- noqa: LT01
  cell_places integer[], -- noqa: LT01
  cell_positions integer[], -- noqa: LT01
  cell_reasons integer[], -- noqa: LT01
  reasons jsonb
);

comment on type importer.rejected_records is
'Rejected records in columns: the number and the line of each, their texts in UTF-8 one after another and where each
ends; the cells, each with the place of its record, its position within the record and the place of its reason; and the
reasons, an array of objects with column, code, message, params, and the number of their cells.';

-- One row for each chunk with rejections holds all of them, so that errors.csv is written from here alone.
alter table importer.job_rejections rename to job_rejections_of_0_1_0;
alter table importer.job_rejections_of_0_1_0 rename constraint job_rejections_pkey to job_rejections_of_0_1_0_pkey;
alter table importer.job_rejections_of_0_1_0
rename constraint job_rejections_job_id_fkey to job_rejections_of_0_1_0_job_id_fkey;

create table importer.job_rejections (
  job_id uuid not null references public.import_jobs (id) on delete cascade,
  seq integer not null,
  part integer not null,
  records bigint[] not null,
  lines bigint[] not null,
  raw bytea not null,
  raw_ends integer[] not null,
  cell_places integer[] not null,
  cell_positions integer[] not null,
  cell_reasons integer[] not null,
  reasons jsonb not null,
  primary key (job_id, seq, part)
);
-- To compress takes 20 ms for each megabyte, of a row that is read once and deleted.
alter table importer.job_rejections
alter column records set storage external, alter column lines set storage external,
alter column raw set storage external, alter column raw_ends set storage external,
alter column cell_places set storage external, alter column cell_positions set storage external,
alter column cell_reasons set storage external;

comment on table importer.job_rejections is
'All rejections of the jobs that have not completed, for errors.csv: a row for each chunk that has some.';
comment on column importer.job_rejections.job_id is 'The job.';
comment on column importer.job_rejections.seq is 'Number of the chunk, from 0.';
comment on column importer.job_rejections.part is
'0 for what was rejected when the chunk was loaded; higher for what the end of the job has rejected.';
comment on column importer.job_rejections.records is 'Numbers of the rejected records in the file, from 1.';
comment on column importer.job_rejections.lines is 'Line on which each record starts, from 1.';
comment on column importer.job_rejections.raw is 'The whole records as in the file, in UTF-8, one after another.';
comment on column importer.job_rejections.raw_ends is 'Where each record ends in raw.';
comment on column importer.job_rejections.cell_places is 'For each rejected cell the place of its record, from 1.';
comment on column importer.job_rejections.cell_positions is 'For each cell its number within its record, from 1.';
comment on column importer.job_rejections.cell_reasons is 'For each cell the place of its reason, from 1.';
comment on column importer.job_rejections.reasons is
'The reasons: objects with column (null: the whole record), code, message, params, and the number of their cells.';

revoke all on importer.job_rejections from public, anon, authenticated, service_role;

-- Jobs that have not completed may go on, and their errors.csv has the rejections of all attempts.
do $$
begin
  with chunks as (
    select
      c.job_id, c.seq, c.next_record,
      lag(c.next_record, 1, 0::bigint) over (partition by c.job_id order by c.seq) as first_record
    from importer.job_chunks as c inner join public.import_jobs as j on j.id = c.job_id
    where j.status <> 'completed' and j.rows_rejected > 0
  ),

  rejected as (
    select
      l.job_id, l.seq, l.record_number, l.line_number, l.column_name, l.code, l.message,
      convert_to(coalesce(l.raw, ''), 'UTF8') as raw
    from (
      select
        c.job_id, c.seq, e.record_number, e.line_number, e.column_name, e.code, e.message,
        coalesce(r.raw, e.raw) as raw
      from chunks as c
      inner join public.import_job_errors as e
        on e.job_id = c.job_id and e.record_number >= c.first_record and e.record_number < c.next_record
      left join importer.job_rejections_of_0_1_0 as r on r.job_id = e.job_id and r.record_number = e.record_number
      union all
      select c.job_id, c.seq, r.record_number, r.line_number, r.column_name, r.code, r.message, r.raw
      from chunks as c
      inner join importer.job_rejections_of_0_1_0 as r
        on r.job_id = c.job_id and r.record_number >= c.first_record and r.record_number < c.next_record
      where not exists (
        select from public.import_job_errors as e where e.job_id = r.job_id and e.record_number = r.record_number
      )
    ) as l
  ),

  numbered as (
    select
      r.*, row_number() over (of_chunk order by r.record_number) as place,
      sum(octet_length(r.raw)) over (of_chunk order by r.record_number) as raw_end,
      dense_rank() over (of_chunk order by r.code, r.column_name, r.message) as reason
    from rejected as r
    window of_chunk as (partition by r.job_id, r.seq)
  ),

  reasons as (
    select
      c.job_id, c.seq,
      jsonb_agg(
        jsonb_build_object('column', c.column_name, 'code', c.code, 'message', c.message, 'cells', c.cells)
        order by c.reason
      ) as reasons
    from (
      select n.job_id, n.seq, n.reason, n.column_name, n.code, n.message, count(*) as cells
      from numbered as n group by n.job_id, n.seq, n.reason, n.column_name, n.code, n.message
    ) as c
    group by c.job_id, c.seq
  )

  insert into importer.job_rejections (
    job_id, seq, part, records, lines, raw, raw_ends, cell_places, cell_positions, cell_reasons, reasons
  )
  select
    n.job_id, n.seq, 0,
    array_agg(n.record_number order by n.place), array_agg(n.line_number order by n.place),
    string_agg(n.raw, '' order by n.place), array_agg(n.raw_end::integer order by n.place),
    array_agg(n.place::integer order by n.place), array_agg(1 order by n.place),
    array_agg(n.reason::integer order by n.place), r.reasons
  from numbered as n inner join reasons as r on r.job_id = n.job_id and r.seq = n.seq
  group by n.job_id, n.seq, r.reasons;
end
$$;

drop table importer.job_rejections_of_0_1_0;

-- The first records, cut to a length that people read, go to import_job_errors; all of them to job_rejections.
drop function importer.keep_rejections(uuid, jsonb, integer);

create function importer.keep_rejections(
  job_id uuid, seq integer, rejected importer.rejected_records, kept integer
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  insert into importer.job_rejections (
    job_id, seq, part, records, lines, raw, raw_ends, cell_places, cell_positions, cell_reasons, reasons
  )
  select
    keep_rejections.job_id, keep_rejections.seq, count(*), rejected.records, rejected.lines, rejected.raw,
    rejected.raw_ends, rejected.cell_places, rejected.cell_positions, rejected.cell_reasons, rejected.reasons
  from importer.job_rejections as r where r.job_id = keep_rejections.job_id and r.seq = keep_rejections.seq;

  if kept > 0 then
    insert into public.import_job_errors (
      job_id, record_number, position, line_number, column_name, code, message, error_params, raw
    )
    select
      keep_rejections.job_id, c.record, c.position, c.line, c.column_name, c.code, c.message, c.params,
      -- Calls first_bytes() only for long records: a call takes as long as the insert of the row.
      case when octet_length(c.raw) > 8192 then importer.first_bytes(c.raw, 8192) else c.raw end
    from importer.rejected_cells(rejected, kept) as c;
  end if;
end
$$;

comment on function importer.keep_rejections(uuid, integer, importer.rejected_records, integer) is
'Writes the first `kept` records to import_job_errors, cut at 8,192 bytes, and all of them to job_rejections.';

revoke all on function importer.keep_rejections(uuid, integer, importer.rejected_records, integer)
from public, anon, authenticated, service_role;

-- All arrays but the text's have elements of one size, so that an element is reached in one step.
create function importer.rejected_cells(rejected importer.rejected_records, first integer default null)
returns table (
  record bigint,
  "position" integer, -- noqa: RF06
  line bigint, column_name text, code text, message text, params jsonb, raw text
)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
  select
    rejected.records[c.place], c.position, rejected.lines[c.place], r."column", r.code, r.message, r.params,
    case when c.position = 1 then
      convert_from(
        substring(
          rejected.raw from coalesce(rejected.raw_ends[c.place - 1], 0) + 1
          for rejected.raw_ends[c.place] - coalesce(rejected.raw_ends[c.place - 1], 0)
        ), 'UTF8'
      )
    end
  from unnest(rejected.cell_places, rejected.cell_positions, rejected.cell_reasons) as c (place, position, reason)
  inner join rows from (
    jsonb_to_recordset(rejected.reasons) as ("column" text, code text, message text, params jsonb)
  ) with ordinality as r on r.ordinality = c.reason
  where rejected_cells.first is null or c.place <= rejected_cells.first;
end
$$;

comment on function importer.rejected_cells(importer.rejected_records, integer) is
'Returns the cells of the first records, or of all of them, in any order, with the text of each record at position 1.';

revoke all on function importer.rejected_cells(importer.rejected_records, integer)
from public, anon, authenticated, service_role;

drop function importer.list_rejections(uuid);

-- Goes chunk by chunk, so that memory holds one of them, and stops behind the last record that is asked for.
create function importer.list_rejections(job_id uuid, first bigint default null)
returns table (
  record_number bigint,
  "position" integer, -- noqa: RF06
  line_number bigint, column_name text, code text, message text, raw text
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  chunk record;
  listed bigint := 0;
begin
  for chunk in
    select r.seq, sum(cardinality(r.records)) as records from importer.job_rejections as r
    where r.job_id = list_rejections.job_id group by r.seq order by r.seq
  loop
    exit when listed >= list_rejections.first;
    return query
    select c.record, c.position, c.line, c.column_name, c.code, c.message, c.raw
    from importer.job_rejections as r
    cross join lateral importer.rejected_cells(
      row(
        r.records, r.lines, r.raw, r.raw_ends, r.cell_places, r.cell_positions, r.cell_reasons, r.reasons
      )::importer.rejected_records
    ) as c
    where r.job_id = list_rejections.job_id and r.seq = chunk.seq
    order by c.record, c.position;
    listed := listed + chunk.records;
  end loop;
  if listed = 0 then
    return query
    select e.record_number, e.position, e.line_number, e.column_name, e.code, e.message, e.raw
    from public.import_job_errors as e where e.job_id = list_rejections.job_id
    order by e.record_number, e.position;
  end if;
end
$$;

comment on function importer.list_rejections(uuid, bigint) is
'Returns the rejected cells of a job in the order of the file, at least those of the first records: all of a job that has
not completed, with whole records, and what import_job_errors holds of others.';

revoke all on function importer.list_rejections(uuid, bigint) from public, anon, authenticated, service_role;

drop function importer.read_rejections(uuid, uuid);

create function importer.read_rejections(job_id uuid, token uuid)
returns table (
  record_number bigint,
  "position" integer, -- noqa: RF06
  line_number bigint, column_name text, code text, message text, raw text
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform importer.check_token(read_rejections.job_id, read_rejections.token);
  return query
  select r.record_number, r.position, r.line_number, r.column_name, r.code, r.message, r.raw
  from importer.list_rejections(read_rejections.job_id) as r;
end
$$;

comment on function importer.read_rejections(uuid, uuid) is
'Returns all rejected cells of a job for the attempt that has its lease. Raises IJ103 without a valid lease.';

revoke all on function importer.read_rejections(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.read_rejections(uuid, uuid) to import_processor, import_uploader;

-- The arrays are returned as they are stored, so that a caller who takes row by row has one chunk in memory.
create function importer.read_rejected_chunks(job_id uuid, token uuid) returns setof importer.job_rejections
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_token(read_rejected_chunks.job_id, read_rejected_chunks.token);
  return query
  select r.* from importer.job_rejections as r where r.job_id = read_rejected_chunks.job_id order by r.seq, r.part;
end
$$;

comment on function importer.read_rejected_chunks(uuid, uuid) is
'Returns the rejections of a job chunk by chunk for the attempt that has its lease. Raises IJ103 without a valid lease.';

revoke all on function importer.read_rejected_chunks(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.read_rejected_chunks(uuid, uuid) to import_processor, import_uploader;

-- The reasons have the numbers of their cells, so nothing is counted one by one.
create or replace function importer.count_rejections_by_code(job_id uuid) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object('rejected_by_code', coalesce(jsonb_object_agg(c.code, c.cells), '{}'))
  from (
    select o.code, sum(o.cells) as cells
    from importer.job_rejections as r
    cross join lateral jsonb_to_recordset(r.reasons) as o (code text, cells bigint)
    where r.job_id = count_rejections_by_code.job_id
    group by o.code
  ) as c
$$;

comment on function importer.count_rejections_by_code(uuid) is
'Returns the part of a job''s report that counts the rejected cells of all attempts by code.';
