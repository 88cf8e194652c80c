-- The result of an inspection: how it is completed, how its values get the form in which the table would show them, and
-- how the samples of the file in it are deleted after a day.

create function importer.finish_inspection(
  job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb, inspection jsonb
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_lease(finish_inspection.job_id, finish_inspection.token);
  update public.import_jobs as j
  set
    status = 'completed', total_chunks = 0, file_etag = finish_inspection.file_etag,
    bytes_total = finish_inspection.bytes_total, dialect = finish_inspection.dialect,
    report = jsonb_build_object('inspection', finish_inspection.inspection)
  where j.id = finish_inspection.job_id and j.inspects;
end
$$;

comment on function importer.finish_inspection(uuid, uuid, text, bigint, jsonb, jsonb) is
'Completes an inspection with its result. Raises IJ103 without a valid lease.';

revoke all on function importer.finish_inspection(uuid, uuid, text, bigint, jsonb, jsonb)
from public, anon, authenticated, service_role;
grant execute on function importer.finish_inspection(uuid, uuid, text, bigint, jsonb, jsonb)
to import_processor, import_uploader;

-- As importer.invalid_values(), it runs with the processor's rights, and the names of types come from the catalog. All
-- texts of a column are read at once, as the literal of an array; for a type that is an array itself, one by one.
create function importer.typed_values(columns jsonb) returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  result jsonb := '[]'::jsonb;
  item record;
  typed jsonb;
begin
  for item in
    select c.value ->> 'type' as type_name, c.value -> 'texts' as texts
    from jsonb_array_elements(columns) with ordinality as c (value, place)
    order by c.place
  loop
    begin
      if item.type_name like '%[]' then
        execute format(
          'select jsonb_agg(to_jsonb(r.v::text) order by t.place)
          from jsonb_array_elements($1) with ordinality as t (value, place)
          cross join lateral jsonb_to_record(jsonb_build_object(''v'', t.value)) as r (v %s)', item.type_name
        ) into typed using item.texts;
      else
        execute format(
          'select jsonb_agg(to_jsonb(u.v::text) order by u.place)
          from jsonb_to_record(jsonb_build_object(''v'', $1)) as r (v %s[])
          cross join lateral unnest(r.v) with ordinality as u (v, place)', item.type_name
        ) into typed using (
          select '{' || string_agg(
            coalesce('"' || replace(replace(t.value, E'\\', E'\\\\'), '"', E'\\"') || '"', 'NULL'), ',' order by t.place
          ) || '}'
          from jsonb_array_elements_text(item.texts) with ordinality as t (value, place)
        );
      end if;
    exception when others then
      typed := null; -- a text of this column is not valid, and the texts are shown as they are in the file
    end;
    result := result || jsonb_build_array(coalesce(typed, item.texts));
  end loop;
  return result;
end
$$;

comment on function importer.typed_values(jsonb) is
'Returns texts as the type of their column spells them, such as 2026-01-05 for a date: for an array of objects with type
and texts, an array of arrays. The texts of a column with an invalid text are returned as they are.';

revoke all on function importer.typed_values(jsonb) from public, anon, authenticated, service_role;
grant execute on function importer.typed_values(jsonb) to import_processor, import_uploader;

create index import_jobs_samples on public.import_jobs (finished_at)
where inspects and status = 'completed' and report #> '{inspection,rows}' is not null;

create function importer.forget_samples() returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  forgotten integer;
begin
  update public.import_jobs as j
  set report = jsonb_set(
    j.report #- '{inspection,rows}', '{inspection,headers}',
    (
      select coalesce(jsonb_agg(h.value - 'samples' order by h.place), '[]')
      from jsonb_array_elements(j.report #> '{inspection,headers}') with ordinality as h (value, place)
    )
  )
  where j.id in (
    select s.id from public.import_jobs as s
    where s.inspects and s.status = 'completed' and s.report #> '{inspection,rows}' is not null
      and s.finished_at < now() - interval '1 day'
    order by s.finished_at
    limit 1000
    for update skip locked
  );
  get diagnostics forgotten = row_count;
  return forgotten;
end
$$;

comment on function importer.forget_samples() is
'Deletes rows and samples from inspections a day after they ended, at most 1,000 at a time; returns their number.';

revoke all on function importer.forget_samples() from public, anon, authenticated, service_role;
