-- What a person must know before choosing a file: which targets there are, the types of their columns and which of them
-- are required, and the largest file that the bucket accepts. Clients can read neither the catalog nor the bucket.

-- Types and what is required come from the catalog, as the processor reads them (importer.describe_target). A setting
-- makes a column required as well, and a default in the settings makes it optional.
create function importer.columns_for_clients(target public.import_targets) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'name', c.name, 'type', c.type, 'labels', c.labels, 'aliases', coalesce(s.settings -> 'aliases', '[]'),
        'required', s.settings ->> 'default' is null
          and (c.required or s.settings -> 'required' is not distinct from 'true')
      ) order by c.place
    ), '[]'
  )
  from (
    select i.name, i.type, to_jsonb(i.labels) as labels, i.required, i.place::bigint as place
    from importer.target_columns(importer.registered_table(target), target.mode, target.key_columns) as i
    where target.mode <> 'none'
    union all
    select d.value ->> 'name', d.value ->> 'type', d.value -> 'labels', false, d.place
    from jsonb_array_elements(importer.declared_columns(target.columns)) with ordinality as d (value, place)
    where target.mode = 'none'
  ) as c
  cross join lateral (select target.columns -> c.name as settings) as s
  where target.columns ? c.name
$$;

comment on function importer.columns_for_clients(public.import_targets) is
'Returns the columns that a file may fill, in the order of the table: name, type, enum labels, aliases, required.';

revoke all on function importer.columns_for_clients(public.import_targets)
from public, anon, authenticated, service_role;

-- SECURITY DEFINER because clients may see neither the bucket nor the conditions of a target. A target whose condition
-- cannot be evaluated (IJ113) is left out: nobody can import into it, and the others are not to blame.
create function importer.list_import_targets() returns setof jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  owner constant uuid := auth.uid();
  -- Conditions hold for clients without an id, too: jobs of such a client are checked as well.
  is_bound constant boolean := owner is not null or exists (
    select from pg_catalog.pg_roles as r
    where r.rolname = coalesce(nullif(current_setting('role', true), 'none'), session_user)
      and not (r.rolsuper or r.rolbypassrls)
  );
  target public.import_targets;
  max_bytes bigint;
begin
  if to_regclass('storage.buckets') is not null then
    execute 'select b.file_size_limit from storage.buckets as b where b.id = ''imports''' into max_bytes;
  end if;
  for target in select * from public.import_targets as t order by t.name loop
    begin
      continue when is_bound
        and not importer.may_import_into(target.name, importer.current_identity(owner, target.claims));
    exception when sqlstate 'IJ113' then
      continue;
    end;
    return next jsonb_build_object(
      'name', target.name, 'mode', target.mode, 'key_columns', target.key_columns, 'options', target.options,
      'max_bytes', max_bytes, 'columns', importer.columns_for_clients(target),
      -- The other modes store no previous values, and rows are found by their provenance (importer.undo_obstacle).
      'undo_days', case
        when target.mode = 'replace' or (target.mode in ('insert', 'ignore') and target.provenance_column is not null)
          then target.undo_days
      end
    );
  end loop;
end
$$;

comment on function importer.list_import_targets() is
'For public.list_import_targets(): an object for each target into which the caller may import.';

revoke all on function importer.list_import_targets() from public, anon, authenticated, service_role;
grant execute on function importer.list_import_targets() to authenticated, service_role;

-- The body is parsed here and not at the call, so that clients need no right on the schema importer.
create function public.list_import_targets() returns table (
  name text, mode text, key_columns text[], options jsonb, undo_days integer, max_bytes bigint, columns jsonb
)
language sql stable security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select
    r.name,
    r.mode,
    r.key_columns,
    r.options,
    r.undo_days,
    r.max_bytes,
    r.columns
  from importer.list_import_targets() as t (target)
  cross join lateral jsonb_to_record(t.target) as r (
    name text, mode text, key_columns text[], options jsonb, undo_days integer, max_bytes bigint, columns jsonb
  );
end;

comment on function public.list_import_targets() is
'Returns the targets into which the caller may import, with what a person must know before choosing a file: mode, key,
default options, for how many days an import can be undone (null: not at all), the largest file that the bucket accepts
(null: no limit of its own), and the columns with name, type, enum labels, aliases, and whether they are required.';

revoke all on function public.list_import_targets() from public, anon, authenticated, service_role;
grant execute on function public.list_import_targets() to authenticated, service_role;
