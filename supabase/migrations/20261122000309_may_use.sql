create function importer.may_use(target_name text, identity jsonb) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select t.allowed_roles @> array[may_use.identity ->> 'role']
      and importer.condition_holds(t.allowed_when, may_use.identity -> 'claims')
    from public.import_targets as t where t.name = may_use.target_name
  );
end
$$;

comment on function importer.may_use(text, jsonb) is
'Whether an owner of this identity may import into a target; null when there is no such target.';

revoke all on function importer.may_use(text, jsonb) from public, anon, authenticated, service_role;
