-- Registration: administrators write targets, best with importer.register_target(), and the processor's grants follow
-- from them. All functions run with the rights of the caller, so nobody can register a table on which they may not
-- grant privileges.

-- The processor gets what the targets of the table need and nothing else: the privileges for their modes, and USAGE on
-- the sequences of the table's defaults and on the schemas of the table and its types. The function revokes everything
-- first, so that a privilege that no target needs any more is gone.
create function importer.grant_target(relation regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  statement text;
begin
  execute format('revoke all on %s from import_processor', relation);
  for statement in
    select format('revoke all (%I) on %s from import_processor', a.attname, relation)
    from pg_catalog.pg_attribute as a
    where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attacl is not null
    union all
    select format('revoke all on sequence %s from import_processor', d.objid::regclass)
    from pg_catalog.pg_depend as d inner join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
    where d.refobjid = relation and d.deptype = 'a'
  loop
    execute statement;
  end loop;
  for statement in
    with needed as (
      select p.privilege, p.column_name
      from public.import_targets as t cross join lateral importer.target_privileges(t) as p
      where to_regclass(t."table") = relation
        -- Each job reports a dropped column (IJ503); an error here would prevent every change of the target.
        and (p.column_name is null or exists (
          select from pg_catalog.pg_attribute as a
          where a.attrelid = relation and a.attname = p.column_name and not a.attisdropped
        ))
    )

    select format('grant usage on schema %I to import_processor', s.nspname)
    from pg_catalog.pg_namespace as s
    where s.nspname <> 'pg_catalog' and s.oid in (
      select c.relnamespace from pg_catalog.pg_class as c where c.oid = relation
      union
      select t.typnamespace
      from pg_catalog.pg_attribute as a inner join pg_catalog.pg_type as t on t.oid = a.atttypid
      where a.attrelid = relation and a.attname in (select n.column_name from needed as n)
    )
    and not has_schema_privilege('import_processor', s.oid, 'usage') and exists (select from needed)
    union all
    select format('grant %s (%s) on %s to import_processor', n.privilege, string_agg(format('%I', n.column_name), ', '), relation)
    from (select distinct d.privilege, d.column_name from needed as d) as n
    where n.column_name is not null
    group by n.privilege
    union all
    select distinct format('grant %s on %s to import_processor', n.privilege, relation)
    from needed as n where n.column_name is null
    union all
    select format('grant usage on sequence %s to import_processor', d.objid::regclass)
    from pg_catalog.pg_depend as d inner join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
    where d.refobjid = relation and d.deptype = 'a' and exists (select from needed)
  loop
    execute statement;
  end loop;
end
$$;

comment on function importer.grant_target(regclass) is
'Grants the processor exactly what the targets of a table need, with the rights of the administrator who calls it.';

revoke all on function importer.grant_target(regclass) from public, anon, authenticated, service_role;

-- A target is checked when it is written, so that an invalid one is not discovered by its first job.
create function importer.check_import_target() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  relation regclass := to_regclass(new."table");
  known text[];
  invalid text;
begin
  perform importer.check_import_options(new.options);
  if jsonb_typeof(new.columns) <> 'object'
    or jsonb_path_exists(new.columns, 'strict $.* ? (@.type() != "object")')
    or jsonb_path_exists(new.columns, 'lax $.*.aliases ? (@.type() != "string")')
    or jsonb_path_exists(new.columns, 'strict $.* ? (exists (@.aliases) && @.aliases.type() != "array")')
    or jsonb_path_exists(new.columns, 'strict $.* ? (exists (@.required) && @.required.type() != "boolean")')
    or jsonb_path_exists(new.columns, 'strict $.* ? (exists (@.default) && @.default.type() != "string")')
    or jsonb_path_exists(new.columns, 'strict $.* ? (exists (@.position) && @.position.type() != "number")')
  then
    raise exception 'invalid settings of a column' using errcode = 'IJ102',
    hint = 'Write each column as an object, such as {"phone": {"aliases": ["Celular"]}}.';
  end if;
  select format('%s of %s', s.key, c.key) into invalid
  from jsonb_each(new.columns) as c cross join lateral jsonb_object_keys(c.value) as s (key)
  where s.key not in (
    'aliases', 'required', 'default', 'type', 'position', 'normalise', 'case', 'null_values', 'trim', 'locale', 'decimal',
    'thousands', 'date_formats', 'timestamp_formats', 'true_values', 'false_values', 'time_zone'
  )
  limit 1;
  if found then
    raise exception 'unknown column setting "%"', left(invalid, 100) using errcode = 'IJ102',
    hint = 'See docs/reference/targets.md for the settings of a column.';
  end if;
  -- Staging tables have columns of these names.
  if new.columns ?| array['#record', '#line'] then
    raise exception 'a column cannot be named #record or #line' using errcode = 'IJ113',
    hint = 'Rename the column in the table.';
  end if;
  if new.mode = 'none' and exists (
    select from jsonb_each(new.columns) as c where to_regtype(coalesce(c.value ->> 'type', 'text')) is null
  ) then
    raise exception 'the type of a column does not exist' using errcode = 'IJ113',
    hint = 'Set the type in the settings of the column, such as {"amount": {"type": "numeric(12,2)"}}; the default is text.';
  end if;
  if (tg_op = 'INSERT' or new."table" is distinct from old."table")
    and (select c.relkind from pg_catalog.pg_class as c where c.oid = relation) not in ('r', 'p')
  then
    raise exception 'the table of a target must be a table' using errcode = 'IJ113',
    hint = 'Name a table or a partitioned table.';
  end if;
  if relation is not null then
    select array_agg(i.name) into known from importer.insertable_columns(relation) as i;
    select c.name into invalid
    from unnest(new.key_columns || new.update_columns || array[new.owner_column, new.provenance_column]) as c (name)
    where c.name is not null and not c.name = any (known);
    if found then
      raise exception 'the table has no writable column "%"', invalid using errcode = 'IJ113',
      hint = format('Choose from these columns: %s.', array_to_string(known, ', '));
    end if;
    if new.mode in ('upsert', 'update', 'ignore') and new.key_columns is not null
      and not importer.has_unique_key(relation, new.key_columns)
    then
      raise exception 'key_columns are not a unique key of the table' using errcode = 'IJ113',
      hint = 'Set them to exactly the columns of the primary key or of a unique constraint without a condition.';
    end if;
  end if;
  if exists (
    select from unnest(new.key_columns || new.update_columns) as c (name)
    where not new.columns ? c.name and c.name is distinct from new.owner_column
  ) then
    raise exception 'a key or update column is not among the columns of the target' using errcode = 'IJ113',
    hint = 'Choose key_columns and update_columns from the columns of the target and its owner_column.';
  end if;
  -- A file never fills the owner column and the provenance column.
  new.columns := new.columns - coalesce(new.owner_column, '') - coalesce(new.provenance_column, '');
  perform importer.condition_holds(new.allowed_when, '{}');
  new.updated_at := now();
  return new;
end
$$;

comment on function importer.check_import_target() is
'Trigger function: rejects invalid default options or column settings (IJ102) and definitions that cannot work
(IJ113).';

revoke all on function importer.check_import_target() from public, anon, authenticated, service_role;

create trigger check_import_target before insert or update on public.import_targets
for each row execute function importer.check_import_target();

-- The grants follow the allow-list, whoever changes it. Which table a target means changes only with the name of the
-- table, or when the target is registered again. A table that was renamed in the meantime is found by grants to the
-- processor that no target needs.
create function importer.follow_import_target() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  relation regclass;
begin
  if tg_op = 'INSERT' or (tg_op = 'UPDATE' and new."table" is distinct from old."table") then
    perform importer.keep_target_table(new.name);
  end if;
  if tg_op in ('INSERT', 'UPDATE') and importer.registered_table(new) is not null then
    perform importer.grant_target(importer.registered_table(new));
  end if;
  if tg_op in ('UPDATE', 'DELETE') then
    for relation in
      select distinct c.oid
      from pg_catalog.pg_class as c
      inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and a.attacl is not null
      cross join lateral (
        select r.grantee from aclexplode(c.relacl) as r union all select k.grantee from aclexplode(a.attacl) as k
      ) as g
      where c.relkind in ('r', 'p') and n.nspname <> 'importer' and g.grantee = 'import_processor'::regrole
        and (
          c.oid = to_regclass(old."table")
          or not exists (select from public.import_targets as t where to_regclass(t."table") = c.oid)
        )
    loop
      perform importer.grant_target(relation);
    end loop;
  end if;
  return null;
end
$$;

comment on function importer.follow_import_target() is
'Trigger function: keeps which table a target means, and grants and revokes the privileges that the processor needs for
the targets of a table.';

revoke all on function importer.follow_import_target() from public, anon, authenticated, service_role;

create trigger follow_import_target after insert or update or delete on public.import_targets
for each row execute function importer.follow_import_target();

-- One call derives the target from the catalog: its columns, and the key if the mode needs one. A parameter that is not
-- given keeps the value that was registered before.
create function importer.register_target(
  relation regclass, name text default null, columns text[] default null, mode text default null,
  key_columns text[] default null, update_columns text[] default null, owner_column text default null,
  provenance_column text default null, run_as text default null
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
  select array_agg(i.name order by i.place) into insertable from importer.insertable_columns(relation) as i;
  chosen := coalesce(register_target.columns, insertable);
  if chosen is null or not chosen <@ insertable or chosen = '{}' then
    raise exception 'some columns cannot be imported into' using errcode = 'IJ503',
    hint = format('Choose from these columns: %s.', array_to_string(insertable, ', '));
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
    -- Settings that an administrator has made for a column stay.
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
  -- The trigger function has kept the table already, unless another one has taken its place since then.
  if importer.target_relation(target_name) is distinct from relation then
    perform importer.keep_target_table(target_name);
    perform importer.grant_target(relation);
  end if;
  return target_name;
end
$$;

comment on function importer.register_target(regclass, text, text[], text, text[], text[], text, text, text) is
'Registers a table as a target and returns the name of the target. Defaults: the name of the table, all insertable
columns, and the primary key if the mode needs a key. Call it again after the table has changed; a parameter that is not
given keeps its registered value. For administrators.';

revoke all on function importer.register_target(regclass, text, text[], text, text[], text[], text, text, text)
from public, anon, authenticated, service_role;

create function importer.unregister_target(name text) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  delete from public.import_targets as t where t.name = unregister_target.name;
  return found;
end
$$;

comment on function importer.unregister_target(text) is
'Removes a target and the processor''s grants that no other target of the table needs; returns false if there is no such
target. For administrators.';

revoke all on function importer.unregister_target(text) from public, anon, authenticated, service_role;
