-- Registration with the two settings of targets that are new: for how many days owners may undo, and whether their
-- mappings are remembered. A function cannot get another parameter, so it is dropped and created again.

drop function importer.register_target(regclass, text, text[], text, text[], text[], text, text, text);

create function importer.register_target(
  relation regclass, name text default null, columns text[] default null, mode text default null,
  key_columns text[] default null, update_columns text[] default null, owner_column text default null,
  provenance_column text default null, run_as text default null, undo_days integer default null,
  remember_mappings boolean default null
) returns text
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  old public.import_targets;
  insertable text[];
  chosen text[];
  key text[] := register_target.key_columns;
  target_name text;
begin
  if (select c.relkind from pg_catalog.pg_class as c where c.oid = relation) not in ('r', 'p') then
    raise exception '% is not a table', relation using errcode = 'IJ503',
    hint = 'Register a table or a partitioned table.';
  end if;
  target_name := coalesce(register_target.name, (select c.relname from pg_catalog.pg_class as c where c.oid = relation));
  select t.* into old from public.import_targets as t where t.name = target_name;
  if key is null and coalesce(register_target.mode, old.mode) in ('upsert', 'update') and old.key_columns is null then
    select array_agg(a.attname::text order by a.attnum) into key
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid
      and a.attnum = any ((i.indkey::smallint[])[0 : i.indnkeyatts - 1]) -- without INCLUDE columns
    where i.indrelid = relation and i.indisprimary;
  end if;
  key := coalesce(key, old.key_columns);
  -- A key that is always generated does not outlive the mode update.
  if coalesce(register_target.mode, old.mode, 'insert') not in ('update', 'upsert')
    and register_target.key_columns is null and exists (
      select from pg_catalog.pg_attribute as a
      where a.attrelid = relation and a.attname = any (key) and (a.attgenerated <> '' or a.attidentity = 'a')
    )
  then
    key := null;
  end if;
  select array_agg(i.name order by i.place) into insertable
  from importer.target_columns(relation, coalesce(register_target.mode, old.mode), key) as i;
  chosen := coalesce(register_target.columns, insertable);
  if chosen is null or not chosen <@ insertable or chosen = '{}' then
    raise exception 'some columns cannot be imported into' using errcode = 'IJ503',
    hint = format('Choose from these columns: %s.', array_to_string(insertable, ', '));
  end if;
  insert into public.import_targets as t (
    name, "table", columns, mode, key_columns, update_columns, owner_column, provenance_column, run_as,
    undo_days, remember_mappings
  )
  values (
    target_name,
    (
      select format('%I.%I', n.nspname, c.relname)
      from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where c.oid = relation
    ),
    -- Settings that an administrator has made for a column stay.
    (select jsonb_object_agg(c.name, coalesce(old.columns -> c.name, '{}')) from unnest(chosen) as c (name)),
    coalesce(register_target.mode, nullif(old.mode, 'none'), 'insert'),
    key,
    coalesce(register_target.update_columns, old.update_columns),
    coalesce(register_target.owner_column, old.owner_column),
    coalesce(register_target.provenance_column, old.provenance_column),
    coalesce(register_target.run_as, old.run_as, 'uploader'),
    -- 0 takes the permission back, because null keeps what was registered.
    nullif(coalesce(register_target.undo_days, old.undo_days), 0),
    coalesce(register_target.remember_mappings, old.remember_mappings, true)
  )
  on conflict on constraint import_targets_pkey do update set
    "table" = excluded."table", columns = excluded.columns, mode = excluded.mode, key_columns = excluded.key_columns,
    update_columns = excluded.update_columns, owner_column = excluded.owner_column,
    provenance_column = excluded.provenance_column, run_as = excluded.run_as, undo_days = excluded.undo_days,
    remember_mappings = excluded.remember_mappings;
  -- The trigger function has kept the table already, unless another one has taken its place since then.
  if importer.target_relation(target_name) is distinct from relation then
    perform importer.keep_target_table(target_name);
    perform importer.grant_target(relation);
  end if;
  return target_name;
end
$$;

comment on function importer.register_target(
  regclass, text, text[], text, text[], text[], text, text, text, integer, boolean
) is
'Registers a table as a target and returns the name of the target. Defaults: the name of the table, all insertable
columns, and the primary key if the mode needs a key. Call it again after the table has changed; a parameter that is not
given keeps its registered value, and undo_days => 0 takes that permission back. For administrators.';

revoke all on function importer.register_target(
  regclass, text, text[], text, text[], text[], text, text, text, integer, boolean
) from public, anon, authenticated, service_role;
