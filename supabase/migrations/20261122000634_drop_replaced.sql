-- Replaced rows are kept for a week, unless the settings say otherwise (keep_replaced_days), or until they are back.
create function importer.drop_replaced() returns integer
language plpgsql security definer set search_path = '' set lock_timeout = '100ms'
as $$
declare
  kept record;
  dropped integer := 0;
begin
  for kept in
    select c.relname
    from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'importer' and c.relkind = 'r' and c.relname ~ '^replaced_[0-9a-f]{32}$'
      and not exists (
        select from public.import_jobs as j
        where j.id = right(c.relname, 32)::uuid and j.undone_at is null and coalesce(
          j.finished_at > now() - make_interval(days => least(importer.limit_of('keep_replaced_days', 7), 36500)::integer),
          true
        )
      )
  loop
    begin
      execute format('drop table if exists importer.%I', kept.relname);
      dropped := dropped + 1;
    exception when lock_not_available or deadlock_detected then
      raise debug 'table % is in use', kept.relname;
    end;
  end loop;
  return dropped;
end
$$;

comment on function importer.drop_replaced() is
'Drops replaced rows that have been kept long enough, or whose job is gone; those in use are left for the next call.
Returns how many tables that were.';

revoke all on function importer.drop_replaced() from public, anon, authenticated, service_role;
