-- Rejections and events: what became of each bad row, and what happened to each job. Clients read import_job_errors and
-- import_job_events; importer.job_rejections holds the rest of the rejections until errors.csv is written.

-- The primary key makes the rejection of a record exactly-once, like the load of a row.
create table public.import_job_errors (
  job_id uuid not null references public.import_jobs (id) on delete cascade,
  record_number bigint not null,
  line_number bigint not null,
  column_name text,
  code text not null,
  message text not null,
  raw text,
  primary key (job_id, record_number)
);

comment on table public.import_job_errors is 'Rejected rows of a job, each with its line, its column and the reason.';
comment on column public.import_job_errors.job_id is 'The job.';
comment on column public.import_job_errors.record_number is
'Number of the record in the file; the first one below the header is 1.';
comment on column public.import_job_errors.line_number is
'Line of the file on which the record starts, counted from 1.';
comment on column public.import_job_errors.column_name is
'Column of the target whose value is invalid; null: the whole row.';
comment on column public.import_job_errors.code is 'Stable code, see docs/reference/errors.md.';
comment on column public.import_job_errors.message is 'The reason in words; it never contains the value.';
comment on column public.import_job_errors.raw is 'The record as it is in the file, cut at 8,192 bytes of UTF-8.';

alter table public.import_job_errors enable row level security;

revoke all on public.import_job_errors from public, anon, authenticated, service_role;
grant select on public.import_job_errors to authenticated, service_role;

create policy "owners see their rejected rows" on public.import_job_errors
for select to authenticated using (
  exists (
    select from public.import_jobs
    where import_jobs.id = import_job_errors.job_id and import_jobs.created_by = (select auth.uid())
  )
);

-- What errors.csv needs besides import_job_errors: the rejections beyond those that import_job_errors keeps, and the
-- records that are too long for it. The rows are deleted when errors.csv has been written.
create table importer.job_rejections (
  job_id uuid not null references public.import_jobs (id) on delete cascade,
  record_number bigint not null,
  line_number bigint not null,
  column_name text,
  code text not null,
  message text not null,
  raw text,
  primary key (job_id, record_number)
);

comment on table importer.job_rejections is
'Rejections that import_job_errors does not hold in full, kept for errors.csv.';
comment on column importer.job_rejections.job_id is 'The job.';
comment on column importer.job_rejections.record_number is 'Number of the record in the file, from 1.';
comment on column importer.job_rejections.line_number is 'Line on which the record starts, from 1.';
comment on column importer.job_rejections.column_name is 'Column whose value is invalid; null: the whole row.';
comment on column importer.job_rejections.code is 'Stable code, see docs/reference/errors.md.';
comment on column importer.job_rejections.message is 'The reason in words.';
comment on column importer.job_rejections.raw is 'The whole record as it is in the file.';

revoke all on importer.job_rejections from public, anon, authenticated, service_role;

-- The job's log: every transition, retry, resume, cancellation and lost lease.
create table public.import_job_events (
  id bigint generated always as identity primary key,
  job_id uuid not null references public.import_jobs (id) on delete cascade,
  happened_at timestamptz not null default clock_timestamp(),
  event text not null,
  attempt integer not null,
  detail jsonb not null default '{}'
);

comment on table public.import_job_events is 'The log of a job, in order.';
comment on column public.import_job_events.id is 'Position in the order of events.';
comment on column public.import_job_events.job_id is 'The job.';
comment on column public.import_job_events.happened_at is 'When the event happened, by the clock of the database.';
comment on column public.import_job_events.event is
'The new status of the job, or: retry_scheduled, released, postponed, resumed, lease_lost, attempt_restored, undone.';
comment on column public.import_job_events.attempt is 'The attempt during which the event happened.';
comment on column public.import_job_events.detail is 'Further details; never a value of a row.';

create index import_job_events_job on public.import_job_events (job_id, id);

alter table public.import_job_events enable row level security;

revoke all on public.import_job_events from public, anon, authenticated, service_role;
revoke all on sequence public.import_job_events_id_seq from public, anon, authenticated, service_role;
grant select on public.import_job_events to authenticated, service_role;

create policy "owners see what happened to their jobs" on public.import_job_events
for select to authenticated using (
  exists (
    select from public.import_jobs
    where import_jobs.id = import_job_events.job_id and import_jobs.created_by = (select auth.uid())
  )
);

-- The limit is in bytes, as file sizes are, whereas left() counts characters. A cut splits no character if the byte
-- behind it starts one. In UTF-8 these are all bytes except 10xxxxxx, and at least one of any four bytes in a row is
-- such a byte.
create function importer.first_bytes(value text, bytes integer) returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select case
    when octet_length(first_bytes.value) <= first_bytes.bytes then first_bytes.value
    else (
      select convert_from(substring(w.whole from 1 for n.place), 'UTF8')
      from (select convert_to(first_bytes.value, 'UTF8') as whole) as w
      cross join lateral generate_series(first_bytes.bytes, first_bytes.bytes - 3, -1) as n (place)
      where get_byte(w.whole, n.place) & 192 <> 128
      order by n.place desc
      limit 1
    )
  end
$$;

comment on function importer.first_bytes(text, integer) is
'Returns as many whole characters from the start of a text as fit into the given number (at least 4) of bytes of
UTF-8.';

revoke all on function importer.first_bytes(text, integer) from public, anon, authenticated, service_role;

-- Rejections go to two places: the first ones, cut to a length that people read, to import_job_errors; what errors.csv
-- needs besides to job_rejections.
create function importer.keep_rejections(job_id uuid, rejections jsonb, kept integer) returns void
language sql security definer set search_path = pg_catalog, pg_temp
as $$
  with rejected as (
    select e.record, e.line, e."column", e.code, e.message, e.raw, row_number() over (order by e.record) as place
    from jsonb_to_recordset(keep_rejections.rejections)
      as e (record bigint, line bigint, "column" text, code text, message text, raw text)
  ),

  shown as (
    insert into public.import_job_errors (job_id, record_number, line_number, column_name, code, message, raw)
    -- Calls first_bytes() only for long records: a call takes as long as the insert of the row.
    select
      keep_rejections.job_id, r.record, r.line, r."column", r.code, r.message,
      case when octet_length(r.raw) > 8192 then importer.first_bytes(r.raw, 8192) else r.raw end
    from rejected as r where r.place <= keep_rejections.kept
  )

  insert into importer.job_rejections (job_id, record_number, line_number, column_name, code, message, raw)
  select keep_rejections.job_id, r.record, r.line, r."column", r.code, r.message, r.raw
  from rejected as r where r.place > keep_rejections.kept or octet_length(r.raw) > 8192
$$;

comment on function importer.keep_rejections(uuid, jsonb, integer) is
'Writes the first `kept` rejections to import_job_errors, cut at 8,192 bytes, and the others, as well as long records in
full, to job_rejections.';

revoke all on function importer.keep_rejections(uuid, jsonb, integer) from public, anon, authenticated, service_role;

-- The planner does not know how many rejections a running job has, and nested loops over them would be quadratic (3
-- minutes for 262,144 of them).
create function importer.list_rejections(job_id uuid)
returns table (record_number bigint, line_number bigint, column_name text, code text, message text, raw text)
language sql stable security definer set search_path = pg_catalog, pg_temp set enable_nestloop = off
as $$
  select e.record_number, e.line_number, e.column_name, e.code, e.message, coalesce(r.raw, e.raw)
  from public.import_job_errors as e
  left join importer.job_rejections as r on r.job_id = e.job_id and r.record_number = e.record_number
  where e.job_id = list_rejections.job_id
  union all
  select r.record_number, r.line_number, r.column_name, r.code, r.message, r.raw
  from importer.job_rejections as r
  where r.job_id = list_rejections.job_id and not exists (
    select from public.import_job_errors as e
    where e.job_id = r.job_id and e.record_number = r.record_number
  )
  order by 1
$$;

comment on function importer.list_rejections(uuid) is
'Returns all rejections of a job with their whole records, in the order of the file; errors.csv is written from it.';

revoke all on function importer.list_rejections(uuid) from public, anon, authenticated, service_role;

-- Counts the stored rejections, because one attempt has seen only those of its own chunks.
create function importer.count_rejections_by_code(job_id uuid) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object('rejected_by_code', coalesce(jsonb_object_agg(c.code, c.rows), '{}'))
  from (
    select r.code, count(*) as rows from importer.list_rejections(count_rejections_by_code.job_id) as r group by r.code
  ) as c
$$;

comment on function importer.count_rejections_by_code(uuid) is
'Returns the part of a job''s report that counts the rejections of all attempts by code.';

revoke all on function importer.count_rejections_by_code(uuid) from public, anon, authenticated, service_role;
