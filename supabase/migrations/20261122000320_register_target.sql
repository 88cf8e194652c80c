-- One call that derives everything from the catalog: columns, and the key where the mode needs one.
-- What is not given stays as it was registered before. It runs with the caller's rights: who may not
-- grant on the table cannot register it.
create function importer.register_target(
  relation regclass, name text default null, columns text[] default null, mode text default null,
  key_columns text[] default null, update_columns text[] default null, owner_column text default null,
  provenance_column text default null, run_as text default null
) returns text
language plpgsql set search_path = ''
as $$
declare
  old public.import_targets;
  insertable text[];
  chosen text[];
  key text[] := register_target.key_columns;
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
  select t.* into old from public.import_targets as t where t.name = target_name;
  if key is null and coalesce(register_target.mode, old.mode) in ('upsert', 'update') and old.key_columns is null then
    select array_agg(a.attname::text order by a.attnum) into key
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid
      and a.attnum = any ((i.indkey::smallint[])[0 : i.indnkeyatts - 1]) -- without what it INCLUDEs
    where i.indrelid = relation and i.indisprimary;
  end if;
  insert into public.import_targets as t (
    name, "table", columns, mode, key_columns, update_columns, owner_column, provenance_column, run_as
  )
  values (
    target_name,
    (
      select format('%I.%I', n.nspname, c.relname)
      from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where c.oid = relation
    ),
    -- What an administrator has set for a column stays.
    (select jsonb_object_agg(c.name, coalesce(old.columns -> c.name, '{}')) from unnest(chosen) as c (name)),
    coalesce(register_target.mode, nullif(old.mode, 'none'), 'insert'),
    coalesce(key, old.key_columns),
    coalesce(register_target.update_columns, old.update_columns),
    coalesce(register_target.owner_column, old.owner_column),
    coalesce(register_target.provenance_column, old.provenance_column),
    coalesce(register_target.run_as, old.run_as, 'uploader')
  )
  on conflict on constraint import_targets_pkey do update set
    "table" = excluded."table", columns = excluded.columns, mode = excluded.mode, key_columns = excluded.key_columns,
    update_columns = excluded.update_columns, owner_column = excluded.owner_column,
    provenance_column = excluded.provenance_column, run_as = excluded.run_as;
  return target_name;
end
$$;

comment on function importer.register_target(regclass, text, text[], text, text[], text[], text, text, text) is
'Makes a table a target: under its own name unless one is given, with all insertable columns unless some are given, with
the primary key where the mode needs a key and none is given. Returns the name. Call it again after the table has changed:
what is not given stays. For administrators.';

revoke all on function importer.register_target(regclass, text, text[], text, text[], text[], text, text, text)
from public, anon, authenticated, service_role;
