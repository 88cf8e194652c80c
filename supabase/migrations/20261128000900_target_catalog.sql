-- What the catalog says about a target: its columns, the privileges that an import needs, and which of them the
-- uploader does not have. The processor reads it all with importer.describe_target() at each claim, because the table
-- may have changed since it was registered.

-- A domain may be based on another domain.
create function importer.base_type(type_id oid) returns oid
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  based_on oid := base_type.type_id;
  below oid;
begin
  loop
    select t.typbasetype into below from pg_catalog.pg_type as t where t.oid = based_on;
    exit when coalesce(below, 0) = 0;
    based_on := below;
  end loop;
  return based_on;
end
$$;

comment on function importer.base_type(oid) is
'Returns the type on which a domain is finally based; any other type itself.';

revoke all on function importer.base_type(oid) from public, anon, authenticated, service_role;

-- Generated columns and identity columns that are GENERATED ALWAYS cannot be inserted into. This function and its
-- neighbours are in plpgsql, which caches plans for the session: as SQL functions they cost 3 ms of planning for each
-- job.
create function importer.insertable_columns(relation regclass)
returns table (
  name text, place smallint, type text, base text, kind text, not_null boolean, required boolean, labels text[]
)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
  select
    a.attname::text,
    a.attnum,
    format_type(a.atttypid, a.atttypmod),
    format_type(importer.base_type(t.oid), null),
    t.typtype::text,
    a.attnotnull or t.typnotnull,
    (a.attnotnull or t.typnotnull) and not a.atthasdef and a.attidentity = '' and t.typdefault is null,
    coalesce(
      (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_catalog.pg_enum as e where e.enumtypid = t.oid),
      '{}'
    )
  from pg_catalog.pg_attribute as a
  inner join pg_catalog.pg_type as t on t.oid = a.atttypid
  where a.attrelid = insertable_columns.relation
    and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity <> 'a'
  order by a.attnum;
end
$$;

comment on function importer.insertable_columns(regclass) is
'Returns the columns of a table that an import may write, with their types as Postgres spells them.';

revoke all on function importer.insertable_columns(regclass) from public, anon, authenticated, service_role;

-- Names and types come from the settings. If the file has no header, the columns are in the order of their `position`.
create function importer.declared_columns(columns jsonb) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp
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

comment on function importer.declared_columns(jsonb) is
'Returns the columns of a target without a table, from its settings.';

revoke all on function importer.declared_columns(jsonb) from public, anon, authenticated, service_role;

-- The owner column and the provenance column are written as well, though never from the file. Postgres requires SELECT
-- on the columns that ON CONFLICT DO UPDATE reads from `excluded`.
create function importer.target_privileges(target public.import_targets)
returns table (privilege text, column_name text)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
  with written as (
    select k.name from jsonb_object_keys(target.columns) as k (name)
    union
    select e.name from unnest(array[target.owner_column, target.provenance_column]) as e (name) where e.name is not null
  ),

  changed as (
    select w.name from written as w
    where not w.name = any (target.key_columns)
      and w.name is distinct from target.provenance_column and w.name is distinct from target.owner_column
      and (target.update_columns is null or w.name = any (target.update_columns))
  )

  select 'insert', w.name from written as w where target.mode in ('insert', 'upsert', 'ignore', 'replace')
  union all
  select p.name, c.name
  from changed as c inner join (values ('update', 'upsert'), ('update', 'update'), ('select', 'upsert')) as p (name, mode)
    on p.mode = target.mode
  union all
  select 'select', k.name from unnest(target.key_columns) as k (name) where target.mode in ('upsert', 'ignore', 'update')
  union all
  select 'select', target.owner_column
  where target.mode in ('upsert', 'update', 'replace') and target.owner_column is not null
    and not target.owner_column = any (coalesce(target.key_columns, '{}'))
  union all
  select 'delete', null where target.mode = 'replace';
end
$$;

comment on function importer.target_privileges(public.import_targets) is
'Returns the privileges that an import into the target needs, each on a column or, where the column is null, on the
table.';

revoke all on function importer.target_privileges(public.import_targets) from public, anon, authenticated, service_role;

-- An import must not do what the uploader could not do by hand. The check precedes the first row, because a missing
-- grant concerns all rows alike but has the same SQLSTATE as one row that violates a policy.
create function importer.missing_privileges(target public.import_targets, uploader text) returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_array(p.privilege, p.column_name)), '[]')
    from importer.target_privileges(target) as p
    inner join pg_catalog.pg_class as c on c.oid = to_regclass(target."table")
    inner join pg_catalog.pg_roles as r on r.rolname = uploader
    where not has_schema_privilege(r.oid, c.relnamespace, 'usage')
      or case
        when p.column_name is null then not has_table_privilege(r.oid, c.oid, p.privilege)
        -- By number, which gives null for a dropped column, whereas its name would raise an error.
        else not has_column_privilege(
          r.oid, c.oid,
          (select a.attnum from pg_catalog.pg_attribute as a where a.attrelid = c.oid and a.attname = p.column_name),
          p.privilege
        )
      end
  );
end
$$;

comment on function importer.missing_privileges(public.import_targets, text) is
'Returns the privileges that a role lacks for an import into a target: pairs of privilege and column (null: the
table).';

revoke all on function importer.missing_privileges(public.import_targets, text)
from public, anon, authenticated, service_role;

create function importer.has_unique_key(relation regclass, columns text[]) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_catalog.pg_index as i
    where i.indrelid = has_unique_key.relation and i.indisunique and i.indisvalid
      and i.indpred is null and i.indexprs is null
      and (
        select array_agg(a.attname::text order by a.attname::text)
        from pg_catalog.pg_attribute as a
        where a.attrelid = i.indrelid and a.attnum = any ((i.indkey::smallint[])[0 : i.indnkeyatts - 1])
      ) = (select array_agg(distinct c.name order by c.name) from unnest(has_unique_key.columns) as c (name))
  )
$$;

comment on function importer.has_unique_key(regclass, text[]) is
'Returns whether a unique index without a condition covers exactly these columns, so that ON CONFLICT can infer it.';

revoke all on function importer.has_unique_key(regclass, text[]) from public, anon, authenticated, service_role;

-- The condition is SQL that an administrator wrote; only administrators can write targets. It runs with the rights of
-- this function's owner, so that it can read tables of the application. Names in it must be qualified.
create function importer.condition_holds(condition text, claims jsonb) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  holds boolean;
begin
  if condition is null then
    return true;
  end if;
  execute format('select (%s) from (select $1 as claims) as c', condition) into holds using condition_holds.claims;
  return coalesce(holds, false);
exception when others then
  raise exception 'could not evaluate allowed_when (SQLSTATE %)', sqlstate using errcode = 'IJ113',
  hint = 'Write an SQL condition on the jsonb value claims, such as claims ->> ''aal'' = ''aal2'', with qualified names.';
end
$$;

comment on function importer.condition_holds(text, jsonb) is
'Returns whether a target''s allowed_when is true for the claims; raises IJ113 if it cannot be evaluated.';

revoke all on function importer.condition_holds(text, jsonb) from public, anon, authenticated, service_role;

create function importer.may_import_into(target_name text, identity jsonb) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select t.allowed_roles @> array[may_import_into.identity ->> 'role']
      and importer.condition_holds(t.allowed_when, may_import_into.identity -> 'claims')
    from public.import_targets as t where t.name = may_import_into.target_name
  );
end
$$;

comment on function importer.may_import_into(text, jsonb) is
'Returns whether an owner with this identity may import into a target; null if there is no such target.';

revoke all on function importer.may_import_into(text, jsonb) from public, anon, authenticated, service_role;

-- Everything that the processor needs to know about a target, in one value. `missing_privileges` lists what the role of
-- the job's owner may not do with the table; it is null if the processor's own rights apply.
create function importer.describe_target(target text, uploader text default null) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select jsonb_build_object(
      'name', t.name,
      'schema', n.nspname,
      'table', c.relname,
      'replaced', c.oid is null and to_regclass(t."table") is not null,
      'mode', t.mode,
      'key_columns', coalesce(t.key_columns, '{}'),
      'update_columns', t.update_columns,
      'on_duplicate_key', t.on_duplicate_key,
      'owner_column', t.owner_column,
      'provenance_column', t.provenance_column,
      'run_as', t.run_as,
      'row_security', coalesce(c.relrowsecurity, false),
      'has_triggers', exists (
        select from pg_catalog.pg_trigger as g where g.tgrelid = c.oid and not g.tgisinternal and g.tgenabled <> 'D'
      ),
      'on_duplicate_file', t.on_duplicate_file,
      'options', t.options,
      'settings', t.columns,
      'columns', case
        when t.mode = 'none' then importer.declared_columns(t.columns)
        else i.columns
      end,
      'types', i.types,
      'missing', (
        select coalesce(jsonb_agg(k.name order by k.name), '[]')
        from (
          select * from jsonb_object_keys(t.columns) as o (name)
          union all
          select * from unnest(array[t.owner_column, t.provenance_column]) as e (name) where e.name is not null
        ) as k
        where t.mode <> 'none' and k.name <> all (i.names)
      ),
      'missing_privileges', case
        when t.run_as = 'uploader' and t.mode <> 'none' then importer.missing_privileges(t, uploader)
      end
    )
    from importer.find_target(describe_target.target) as t
    left join pg_catalog.pg_class as c on c.oid = importer.registered_table(t)
    left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    -- Called once for all uses: each call takes 0.4 ms of a claim.
    cross join lateral (
      select
        coalesce(jsonb_agg(to_jsonb(a) order by a.place) filter (where t.columns ? a.name), '[]') as columns,
        jsonb_object_agg(a.name, a.type) filter (where a.name in (t.owner_column, t.provenance_column)) as types,
        coalesce(array_agg(a.name), '{}') as names
      from importer.insertable_columns(c.oid) as a
    ) as i
  );
end
$$;

comment on function importer.describe_target(text, text) is
'Returns a target with its columns as they are in the catalog now; null if there is no such target.';

revoke all on function importer.describe_target(text, text) from public, anon, authenticated, service_role;
