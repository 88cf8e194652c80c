-- The role the processor logs in as. It gets a password, and with it the right to log in, from an
-- administrator:
--   alter role import_processor login password '…';
-- BYPASSRLS lets it COPY into registered tables that have row security (COPY FROM is refused
-- otherwise). It owns nothing and reads nothing, so this opens no table: each grant is made by
-- importer.register_target(). A role that may not hand out BYPASSRLS (PostgreSQL 15 without
-- Supabase's supautils) creates it without.
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'import_processor') then
    begin
      create role import_processor nologin noinherit bypassrls;
    exception when insufficient_privilege then
      create role import_processor nologin noinherit;
    end;
  end if;
end
$$;

grant usage on schema importer to import_processor;
