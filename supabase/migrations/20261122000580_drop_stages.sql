-- Staging tables, and those of keys, outlive their jobs only until the next sweep. A table that a
-- transaction still uses is left for the sweep after: waiting for it would hold up everything behind the
-- lock.
create function importer.drop_stages() returns integer
language plpgsql security definer set search_path = '' set lock_timeout = '100ms'
as $$
declare
  stage record;
  dropped integer := 0;
begin
  for stage in
    select c.relname
    from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'importer' and c.relkind = 'r' and c.relname ~ '^(stage|keys)_[0-9a-f]{32}$'
      and not exists (
        select from public.import_jobs as j
        where j.id = right(c.relname, 32)::uuid and (
          j.status in ('pending', 'running')
          -- A retry by hand goes on with the keys that it has met.
          or (c.relname like 'keys%' and j.status in ('failed', 'cancelled') and j.updated_at > now() - interval '7 days')
        )
      )
  loop
    begin
      execute format('drop table if exists importer.%I', stage.relname);
      dropped := dropped + 1;
    exception when lock_not_available or deadlock_detected then
      raise debug 'staging table % is in use', stage.relname;
    end;
  end loop;
  return dropped;
end
$$;

comment on function importer.drop_stages() is
'Drops the staging tables of jobs that have ended; those in use are left for the next call. Returns how many.';

revoke all on function importer.drop_stages() from public, anon, authenticated, service_role;
