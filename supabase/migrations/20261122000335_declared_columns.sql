-- Columns of a target without a table: names and types are those of the settings; where a file has no
-- header, they are in the order of their `position`.
create function importer.declared_columns(columns jsonb) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'name', d.key, 'type', d.type, 'base', format_type(importer.base_type(t.oid), null), 'kind', t.typtype,
        'not_null', t.typnotnull, 'required', false, 'labels', coalesce(
          (
            select jsonb_agg(e.enumlabel order by e.enumsortorder)
            from pg_catalog.pg_enum as e where e.enumtypid = t.oid
          ), '[]'
        )
      )
      order by (d.value ->> 'position')::numeric, d.key
    ), '[]'
  )
  from (
    select c.key, c.value, coalesce(c.value ->> 'type', 'text') as type from jsonb_each(declared_columns.columns) as c
  ) as d
  inner join pg_catalog.pg_type as t on t.oid = to_regtype(d.type)
$$;

comment on function importer.declared_columns(jsonb) is 'The columns of a target without a table, by their settings.';

revoke all on function importer.declared_columns(jsonb) from public, anon, authenticated, service_role;
