-- The roles that every Supabase project has. The caller sets the passwords.
do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('postgres', 'login createdb createrole replication bypassrls'),
      ('anon', 'nologin noinherit'),
      ('authenticated', 'nologin noinherit'),
      ('service_role', 'nologin noinherit bypassrls'),
      ('authenticator', 'login noinherit'),
      ('supabase_auth_admin', 'login noinherit createrole'),
      ('supabase_storage_admin', 'login noinherit createrole')
    ) as roles (name, attributes)
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
      execute format('create role %I %s', wanted.name, wanted.attributes);
    end if;
  end loop;
end;
$$;

grant anon to authenticator;
grant authenticated to authenticator;
grant service_role to authenticator;
grant anon to postgres with admin option;
grant authenticated to postgres with admin option;
grant service_role to postgres with admin option;
grant authenticator to postgres;

-- The Storage API switches to the role of each request's caller.
grant authenticator to supabase_storage_admin;

-- On the platform an extension (supautils) lets postgres create policies and triggers on tables of schema storage.
-- Here membership does, which also allows more: postgres could drop the tables.
grant supabase_storage_admin to postgres;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role postgres set statement_timeout = '2min';
alter role supabase_auth_admin set search_path = auth;
alter role supabase_storage_admin set search_path = storage;
alter role postgres set search_path = "$user", public, extensions; -- noqa: RF02
alter role anon set search_path = "$user", public, extensions; -- noqa: RF02
alter role authenticated set search_path = "$user", public, extensions; -- noqa: RF02
alter role service_role set search_path = "$user", public, extensions; -- noqa: RF02
alter role authenticator set search_path = "$user", public, extensions; -- noqa: RF02
