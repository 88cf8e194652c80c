-- Takes back what registration granted, unless another target uses the same table.
create function importer.unregister_target(name text) returns boolean
language plpgsql set search_path = ''
as $$
declare
  removed text;
begin
  delete from public.import_targets as t where t.name = unregister_target.name returning t.table_name into removed;
  if removed is null then
    return false;
  end if;
  if to_regclass(removed) is not null
    and not exists (select from public.import_targets as t where to_regclass(t.table_name) = to_regclass(removed))
  then
    execute format('revoke all on %s from import_processor', to_regclass(removed));
    execute (
      select coalesce(string_agg(format('revoke insert (%I) on %s from import_processor', a.attname, removed), '; '), 'select 1')
      from pg_catalog.pg_attribute as a
      where a.attrelid = to_regclass(removed) and a.attnum > 0 and not a.attisdropped
    );
  end if;
  return true;
end
$$;

comment on function importer.unregister_target(text) is
'Removes a target and takes back the processor''s grants on its table; false when there was none. For administrators.';

revoke all on function importer.unregister_target(text) from public, anon, authenticated, service_role;
