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

-- That of Supabase's own roles: triggers of the application find what they find when a client writes.
alter role import_processor set search_path = "$user", public, extensions; -- noqa: RF02

-- Jobs of users run under the user's own rights: set local role authenticated. And rows that go through row security or
-- into rows that are there are collected in a temporary table first.
do $$
begin
  grant authenticated to import_processor;
  execute format('grant temporary on database %I to import_processor', current_database());
exception when insufficient_privilege then
  raise warning 'import_processor could not be made a member of authenticated: jobs of users will fail with IJ603'
  using hint = 'As a role that may: grant authenticated to import_processor.';
end
$$;
