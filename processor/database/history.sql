-- The history of our migrations in a database, in a table of our own: rows of ours in supabase_migrations would make the
-- Supabase CLI refuse every push from a project that has no files of these versions. The table is created as soon as
-- the first migration has created the schema. A database whose versions stand in the history of the CLI, as earlier
-- releases and a push from our own checkout leave it, is used as it is: the versions are copied once.
do $history$
begin
  if to_regnamespace('importer') is null or to_regrole('import_processor') is null -- a schema of somebody else
    or to_regclass('importer.migrations') is not null
  then
    return;
  end if;
  create table importer.migrations (
    version text primary key,
    name text not null,
    sha256 text,
    release text,
    applied_at timestamptz not null default now()
  );
  comment on table importer.migrations is 'The migrations of import-jobs that this database has.';
  comment on column importer.migrations.version is 'Version of the migration: 14 digits, with which its file begins.';
  comment on column importer.migrations.name is 'Name of the migration.';
  comment on column importer.migrations.sha256 is
  'SHA-256 of the text that was applied; null if the version comes from the history of the Supabase CLI.';
  comment on column importer.migrations.release is
  'Release of import-jobs that applied it; null if the version comes from the history of the Supabase CLI.';
  comment on column importer.migrations.applied_at is 'When it was applied, or copied from the history of the CLI.';
  revoke all on importer.migrations from public, anon, authenticated, service_role;
  grant select on importer.migrations to import_processor;
  if to_regclass('public.import_jobs') is not null
    and exists (
      select from pg_catalog.pg_attribute as a
      where a.attrelid = to_regclass('supabase_migrations.schema_migrations') and a.attname = 'name'
    )
  then
    insert into importer.migrations (version, name)
    select m.version, m.name from supabase_migrations.schema_migrations as m
    where m.version || '_' || m.name in (:migrations);
  end if;
end
$history$;
