-- The role postgres owns the database, and so schema public, which belongs to the database's owner.
do $$
begin
  execute format('alter database %I owner to postgres', pg_catalog.current_database());
end;
$$;

alter schema public owner to pg_database_owner;
grant usage on schema public to postgres, anon, authenticated, service_role;

create schema if not exists extensions authorization postgres;
grant usage on schema extensions to public;
