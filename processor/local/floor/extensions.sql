-- The extensions that Supabase installs in every project, as far as this server has them.
do $$
declare
  wanted text;
begin
  for wanted in
    select name from pg_catalog.pg_available_extensions
    where name in ('pgcrypto', 'uuid-ossp') and installed_version is null
  loop
    execute format('create extension %I with schema extensions', wanted);
  end loop;
end;
$$;
