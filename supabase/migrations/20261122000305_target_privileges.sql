-- What of a target the processor may write, and for which modes it must look at it. The owner's and
-- the provenance column are written, too, though never from the file. Postgres asks for SELECT on
-- what ON CONFLICT DO UPDATE takes from `excluded`.
create function importer.target_privileges(target public.import_targets)
returns table (privilege text, column_name text)
language plpgsql stable set search_path = ''
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
'The privileges that an import into the target needs: a column each, or the whole table where it is null.';

revoke all on function importer.target_privileges(public.import_targets) from public, anon, authenticated, service_role;
