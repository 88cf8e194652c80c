-- A domain may be over another one.
create function importer.base_type(type_id oid) returns oid
language plpgsql stable set search_path = ''
as $$
declare
  below oid := type_id;
begin
  loop
    select t.typbasetype into below from pg_catalog.pg_type as t where t.oid = base_type.type_id;
    if coalesce(below, 0) = 0 then
      return type_id;
    end if;
    type_id := below;
  end loop;
end
$$;

comment on function importer.base_type(oid) is 'The type that a domain is over in the end; any other type itself.';

revoke all on function importer.base_type(oid) from public, anon, authenticated, service_role;
