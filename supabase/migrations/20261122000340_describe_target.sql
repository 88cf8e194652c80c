-- All that the processor must know of a target, in one value, read afresh at every claim: the table
-- may have changed. A job may name the target or its table, so that 'people' and 'public.people'
-- both work.
create function importer.describe_target(target text) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'name', t.name,
    'schema', n.nspname,
    'table', c.relname,
    'options', t.options,
    'settings', t.columns,
    'columns', coalesce(
      (
        select jsonb_agg(to_jsonb(i) order by i.place)
        from importer.insertable_columns(c.oid) as i where t.columns ? i.name
      ), '[]'
    ),
    'missing', (
      select coalesce(jsonb_agg(k.name order by k.name), '[]')
      from jsonb_object_keys(t.columns) as k (name)
      where k.name not in (select i.name from importer.insertable_columns(c.oid) as i)
    )
  )
  from public.import_targets as t
  left join pg_catalog.pg_class as c on c.oid = to_regclass(t.table_name)
  left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where t.name = describe_target.target or t.table_name = describe_target.target
  order by t.name = describe_target.target desc, t.name
  limit 1
$$;

comment on function importer.describe_target(text) is
'A registered target with its columns as the catalog has them now; null when there is none of that name.';

revoke all on function importer.describe_target(text) from public, anon, authenticated, service_role;
