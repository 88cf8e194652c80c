-- Children before their parents. A row that refers to a row of its own table, by a foreign key, may come before that
-- row in the file. Where Postgres refuses it for that reason, it waits: the ledger entry of its chunk is committed
-- without it, and it is in no counter. When all chunks are loaded, the processor tries the waiting rows again, in
-- rounds, until nothing more loads; what is left is rejected in the order of the file. Each step is a transaction that
-- moves rows from here into the ledger and the counters, so that a crash at any moment changes nothing. The rows
-- themselves are read from the file again: 8 bytes for each are kept here.

create table importer.waiting_records (
  job_id uuid not null,
  seq integer not null,
  line bigint not null,
  record bigint not null,
  records bigint[] not null check (cardinality(records) > 0),
  primary key (job_id, seq),
  foreign key (job_id, seq) references importer.job_chunks (job_id, seq) on delete cascade
);

comment on table importer.waiting_records is
'Rows of committed chunks that wait for the row to which they refer, a line for each chunk that has some.';
comment on column importer.waiting_records.job_id is 'The job.';
comment on column importer.waiting_records.seq is 'Number of the chunk in the file, from 0.';
comment on column importer.waiting_records.line is 'Line on which the chunk starts.';
comment on column importer.waiting_records.record is 'Number of the first record of the chunk.';
comment on column importer.waiting_records.records is 'Numbers of the records that wait, in order.';

revoke all on importer.waiting_records from public, anon, authenticated, service_role;

create function importer.takes_rows_as_they_are(relation regclass) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select c.relkind = 'r' and not c.relispartition and not importer.has_planned_code(c.oid)
    and not exists (select from pg_catalog.pg_rewrite as r where r.ev_class = c.oid and r.ev_type = '3')
    and not exists (
      select from pg_catalog.pg_trigger as g
      where g.tgrelid = c.oid and not g.tgisinternal and g.tgtype & 7 = 7 and g.tgenabled in ('O', 'A')
    )
  from pg_catalog.pg_class as c where c.oid = takes_rows_as_they_are.relation
$$;

comment on function importer.takes_rows_as_they_are(regclass) is
'Returns whether a table is a plain one, and no rule or trigger changes the rows that are inserted into it.';

revoke all on function importer.takes_rows_as_they_are(regclass) from public, anon, authenticated, service_role;

-- A partition reports the constraint of its own, which has the name of its parent's or another.
create function importer.self_references(job_id uuid, token uuid)
returns table (name text, columns text[], referenced text[], id oid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  relation regclass;
begin
  perform importer.check_token(self_references.job_id, self_references.token);
  select importer.registered_table(t) into relation
  from public.import_jobs as j cross join lateral importer.find_target(j.target) as t
  where j.id = self_references.job_id;
  return query
  with family as (
    select relation::oid as oid
    union
    select p.relid::oid from pg_catalog.pg_partition_tree(relation) as p
  )

  select
    c.conname::text,
    array(
      select a.attname::text from unnest(c.conkey) with ordinality as k (number, place)
      inner join pg_catalog.pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.number order by k.place
    ),
    array(
      select a.attname::text from unnest(c.confkey) with ordinality as k (number, place)
      inner join pg_catalog.pg_attribute as a on a.attrelid = c.confrelid and a.attnum = k.number order by k.place
    ),
    case
      when importer.takes_rows_as_they_are(relation)
      then (select f.id from importer.table_references(relation) as f where f.id = c.oid and f.is_plain)
    end
  from pg_catalog.pg_constraint as c
  where c.contype = 'f' and c.conrelid in (select f.oid from family as f)
    and c.confrelid in (select f.oid from family as f)
  order by c.conrelid = relation desc, c.conname;
end
$$;

comment on function importer.self_references(uuid, uuid) is
'Returns the foreign keys by which rows of a job''s table refer to rows of the same table, with their columns, and with
their OIDs where sets can look parents up. Raises IJ103 without a valid lease.';

revoke all on function importer.self_references(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.self_references(uuid, uuid) to import_processor, import_uploader;

-- The last statement of a chunk's transaction, after importer.commit_chunk(), which has checked the lease.
create function importer.keep_waiting(
  job_id uuid, token uuid, seq integer, line bigint, record bigint, records bigint[]
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_lease(keep_waiting.job_id, keep_waiting.token);
  insert into importer.waiting_records (job_id, seq, line, record, records)
  values (keep_waiting.job_id, keep_waiting.seq, keep_waiting.line, keep_waiting.record, keep_waiting.records);
end
$$;

comment on function importer.keep_waiting(uuid, uuid, integer, bigint, bigint, bigint[]) is
'Notes the records of a committed chunk that wait for others. Raises IJ103 without a valid lease.';

revoke all on function importer.keep_waiting(uuid, uuid, integer, bigint, bigint, bigint[])
from public, anon, authenticated, service_role;
grant execute on function importer.keep_waiting(uuid, uuid, integer, bigint, bigint, bigint[])
to import_processor, import_uploader;

create function importer.waiting_chunks(job_id uuid, token uuid)
returns table (
  seq integer, byte_start bigint, byte_end bigint, line bigint, record bigint, records bigint[]
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_token(waiting_chunks.job_id, waiting_chunks.token);
  return query
  select w.seq, c.byte_start, c.byte_end, w.line, w.record, w.records
  from importer.waiting_records as w inner join importer.job_chunks as c using (job_id, seq)
  where w.job_id = waiting_chunks.job_id
  order by w.seq;
end
$$;

comment on function importer.waiting_chunks(uuid, uuid) is
'Returns the chunks of a job with waiting records, in order. Raises IJ103 without a valid lease.';

revoke all on function importer.waiting_chunks(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.waiting_chunks(uuid, uuid) to import_processor, import_uploader;

-- The last statement of a transaction that has tried waiting rows: those that no longer wait are loaded, rejected or
-- skipped by the mode of the target.
create function importer.settle_waiting(
  job_id uuid, token uuid, seq integer, waiting bigint[], rows_loaded bigint, rows_rejected bigint,
  rows_skipped bigint, kept integer, rejected importer.rejected_records default null
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  settled bigint;
begin
  perform importer.check_lease(settle_waiting.job_id, settle_waiting.token);
  select cardinality(w.records) - cardinality(settle_waiting.waiting) into settled
  from importer.waiting_records as w
  where w.job_id = settle_waiting.job_id and w.seq = settle_waiting.seq;
  if settled is distinct from
    settle_waiting.rows_loaded + settle_waiting.rows_rejected + settle_waiting.rows_skipped
  then
    raise exception '% waiting rows of a chunk have become % rows', settled,
      settle_waiting.rows_loaded + settle_waiting.rows_rejected + settle_waiting.rows_skipped
    using errcode = 'IJ902', hint = 'This is a defect of import-jobs. Report it with the file''s dialect.';
  end if;
  if cardinality(settle_waiting.waiting) = 0 then
    delete from importer.waiting_records as w
    where w.job_id = settle_waiting.job_id and w.seq = settle_waiting.seq;
  else
    update importer.waiting_records as w set records = settle_waiting.waiting
    where w.job_id = settle_waiting.job_id and w.seq = settle_waiting.seq;
  end if;
  if settle_waiting.rows_rejected > 0 then
    perform importer.keep_rejections(settle_waiting.job_id, settle_waiting.seq, settle_waiting.rejected, kept);
  end if;
  update importer.job_chunks as c
  set
    rows_read = c.rows_read + settled, rows_loaded = c.rows_loaded + settle_waiting.rows_loaded,
    rows_rejected = c.rows_rejected + settle_waiting.rows_rejected,
    rows_skipped = c.rows_skipped + settle_waiting.rows_skipped
  where c.job_id = settle_waiting.job_id and c.seq = settle_waiting.seq;
  update public.import_jobs as j
  set
    rows_read = j.rows_read + settled, rows_loaded = j.rows_loaded + settle_waiting.rows_loaded,
    rows_rejected = j.rows_rejected + settle_waiting.rows_rejected,
    rows_skipped = j.rows_skipped + settle_waiting.rows_skipped
  where j.id = settle_waiting.job_id and j.status = 'running';
end
$$;

comment on function importer.settle_waiting(
  uuid, uuid, integer, bigint[], bigint, bigint, bigint, integer, importer.rejected_records
) is
'Enters waiting rows of a chunk that were tried into the ledger and the counters of the job; `waiting` are the records
that still wait. Raises IJ902 unless the counts add up, and IJ103 without a valid lease.';

revoke all on function importer.settle_waiting(
  uuid, uuid, integer, bigint[], bigint, bigint, bigint, integer, importer.rejected_records
) from public, anon, authenticated, service_role;
grant execute on function importer.settle_waiting(
  uuid, uuid, integer, bigint[], bigint, bigint, bigint, integer, importer.rejected_records
) to import_processor, import_uploader;
