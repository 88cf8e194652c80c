create function importer.limit_of(name text, otherwise bigint) returns bigint
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select coalesce(
      (select s.value::bigint from importer.settings as s where s.name = limit_of.name and s.value ~ '^[0-9]{1,18}$'),
      limit_of.otherwise
    )
  );
end
$$;

comment on function importer.limit_of(text, bigint) is
'A setting that is a whole number; the other value where it is not set, or no number.';

revoke all on function importer.limit_of(text, bigint) from public, anon, authenticated, service_role;
