-- One call that derives everything from the catalog. It runs with the caller's rights: who may not
-- grant on the table cannot register it.
create function importer.register_target(relation regclass, name text default null, columns text[] default null)
returns text
language plpgsql set search_path = ''
as $$
declare
  insertable text[];
  chosen text[];
  target_name text;
begin
  if (select c.relkind from pg_catalog.pg_class as c where c.oid = relation) not in ('r', 'p') then
    raise exception '% is not a table', relation using errcode = 'IJ503', hint = 'Register a table or a partitioned table.';
  end if;
  select array_agg(i.name order by i.place) into insertable from importer.insertable_columns(relation) as i;
  chosen := coalesce(register_target.columns, insertable);
  if chosen is null or not chosen <@ insertable or chosen = '{}' then
    raise exception 'not every column can be imported into' using errcode = 'IJ503',
    hint = format('Choose among: %s.', array_to_string(insertable, ', '));
  end if;
  target_name := coalesce(register_target.name, (select c.relname from pg_catalog.pg_class as c where c.oid = relation));
  perform importer.grant_target(relation, chosen);
  insert into public.import_targets (name, table_name, columns)
  values (
    target_name,
    (
      select format('%I.%I', n.nspname, c.relname)
      from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where c.oid = relation
    ),
    (select jsonb_object_agg(c.name, '{}'::jsonb) from unnest(chosen) as c (name))
  )
  on conflict on constraint import_targets_pkey
  do update set table_name = excluded.table_name, columns = (
    -- What an administrator has set for a column stays.
    select jsonb_object_agg(c.key, coalesce(import_targets.columns -> c.key, '{}'))
    from jsonb_each(excluded.columns) as c
  );
  return target_name;
end
$$;

comment on function importer.register_target(regclass, text, text[]) is
'Makes a table a target: under its own name unless one is given, with all insertable columns unless some are given.
Returns the name. Call it again after the table has changed. For administrators.';

revoke all on function importer.register_target(regclass, text, text[])
from public, anon, authenticated, service_role;
