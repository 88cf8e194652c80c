-- Where everything lives, and who the processor is. Clients use the schema `public`; everything else is in the schema
-- `importer`, which the Data API does not expose. The processor logs in with roles of its own, which own nothing and
-- can reach only what a grant names: import_processor, and import_uploader for the sessions that write as a user.

create schema importer;

comment on schema importer is
'Internal objects of import-jobs: leases, the chunk ledger, settings and the functions that the processor calls.';

revoke all on schema importer from public;

-- An administrator gives the role its password, and with it the right to log in:
--   alter role import_processor login password '…';
-- BYPASSRLS lets the role COPY into registered tables that have row security, since Postgres refuses COPY FROM
-- otherwise. The role owns no table and has no privilege on one until importer.register_target() grants it, so
-- BYPASSRLS alone opens nothing. An administrator who may not grant BYPASSRLS (PostgreSQL 15 without Supabase's
-- supautils) creates the role without it.
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

-- The search path of Supabase's own roles, so that the application's triggers resolve names as they do when a client
-- writes.
alter role import_processor set search_path = "$user", public, extensions; -- noqa: RF02

-- Jobs of users run under the user's rights (set local role authenticated). Rows that are subject to row security, or
-- that update existing rows, are first collected in a temporary table.
do $$
begin
  grant authenticated to import_processor;
  execute format('grant temporary on database %I to import_processor', current_database());
exception when insufficient_privilege then
  raise warning 'could not make import_processor a member of authenticated: jobs of users will fail with IJ603'
  using hint = 'Run "grant authenticated to import_processor" as a role with admin option on authenticated.';
end
$$;

-- A trigger of a user's table can leave the user's role (set local role none) and has the rights of the role that
-- logged in. So the rows of users are written in sessions of a role that has nothing: it is a member of authenticated,
-- and it may execute the functions that demand the token of a valid lease, which no statement of its sessions shows. An
-- administrator gives it a password, and the processor its connection string (IMPORT_JOBS_UPLOADER_DATABASE_URL).
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'import_uploader') then
    create role import_uploader nologin noinherit;
  end if;
end
$$;

do $$
begin
  grant authenticated to import_uploader;
  execute format('grant temporary on database %I to import_uploader', current_database());
exception when insufficient_privilege then
  raise warning 'could not make import_uploader a member of authenticated'
  using hint = 'Run "grant authenticated to import_uploader", or do not set IMPORT_JOBS_UPLOADER_DATABASE_URL.';
end
$$;

grant usage on schema importer to import_uploader;

alter role import_uploader set search_path = "$user", public, extensions; -- noqa: RF02
