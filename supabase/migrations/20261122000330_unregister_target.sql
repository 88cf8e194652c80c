create function importer.unregister_target(name text) returns boolean
language plpgsql set search_path = ''
as $$
begin
  delete from public.import_targets as t where t.name = unregister_target.name;
  return found;
end
$$;

comment on function importer.unregister_target(text) is
'Removes a target, and with it the processor''s grants on its table that no other target needs; false when there was none.
For administrators.';

revoke all on function importer.unregister_target(text) from public, anon, authenticated, service_role;
