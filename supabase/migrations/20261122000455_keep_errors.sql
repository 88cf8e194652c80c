-- Rejected rows go to two places: what people look at, limited in number and length, and the rest of
-- what errors.csv will need.
create function importer.keep_errors(job_id uuid, errors jsonb, kept integer) returns void
language sql security definer set search_path = ''
as $$
  with rejected as (
    select e.record, e.line, e."column", e.code, e.message, e.raw, row_number() over (order by e.record) as place
    from jsonb_to_recordset(keep_errors.errors)
      as e (record bigint, line bigint, "column" text, code text, message text, raw text)
  ),

  shown as (
    insert into public.import_job_errors (job_id, record_number, line_number, column_name, code, message, raw)
    -- Only where it must: a call takes as long as the row's insert.
    select
      keep_errors.job_id, r.record, r.line, r."column", r.code, r.message,
      case when octet_length(r.raw) > 8192 then importer.first_bytes(r.raw, 8192) else r.raw end
    from rejected as r where r.place <= keep_errors.kept
  )

  insert into importer.job_rejects (job_id, record_number, line_number, column_name, code, message, raw)
  select keep_errors.job_id, r.record, r.line, r."column", r.code, r.message, r.raw
  from rejected as r where r.place > keep_errors.kept or octet_length(r.raw) > 8192
$$;

comment on function importer.keep_errors(uuid, jsonb, integer) is
'Writes rejected rows: the first `kept` to import_job_errors, cut at 8,192 bytes; the others, and long ones whole, aside.';

revoke all on function importer.keep_errors(uuid, jsonb, integer) from public, anon, authenticated, service_role;
