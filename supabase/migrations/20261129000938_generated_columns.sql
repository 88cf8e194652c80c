-- Postgres does not say which generated column has failed: "division by zero" may be about any of them, or about an
-- index or a trigger. The expressions are tried one by one for the rows that were refused without a column.

-- With the rights of `role`, as when the row is written. A value passes through the input function of its type, which
-- applies the modifier, as varchar(3), and the checks of a domain.
create function importer.failing_generated_columns(relation regclass, refused jsonb, role text)
returns table (place bigint, column_name text, state text)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  item record;
  generated record;
begin
  for item in
    select r.value as columns, r.ordinality - 1 as place
    from jsonb_array_elements(failing_generated_columns.refused) with ordinality as r
  loop
    for generated in
      select a.attname, format_type(a.atttypid, a.atttypmod) as type, pg_get_expr(d.adbin, d.adrelid) as expression
      from pg_catalog.pg_attribute as a
      inner join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = failing_generated_columns.relation and a.attgenerated <> '' and not a.attisdropped
      order by a.attnum
    loop
      begin
        perform set_config('role', coalesce(failing_generated_columns.role, 'none'), true);
        execute format(
          'select r.v from jsonb_populate_record(null::%s, $1) as s '
          'cross join lateral jsonb_to_record(jsonb_build_object(''v'', (%s)::text)) as r (v %s)',
          failing_generated_columns.relation, generated.expression, generated.type
        ) using item.columns;
      exception when assert_failure or others then
        place := item.place;
        column_name := generated.attname;
        state := sqlstate;
      end;
      if column_name is not null then
        return next;
        column_name := null;
        exit;
      end if;
    end loop;
  end loop;
  perform set_config('role', 'none', true);
end
$$;

comment on function importer.failing_generated_columns(regclass, jsonb, text) is
'Returns, for each of the refused rows (an array of objects, by place from 0) in which a generated column of the table
cannot be computed, the first such column and the SQLSTATE. The expressions are executed as `role`; null: that of the
session.';

revoke all on function importer.failing_generated_columns(regclass, jsonb, text)
from public, anon, authenticated, service_role;
grant execute on function importer.failing_generated_columns(regclass, jsonb, text)
to import_processor, import_uploader;
