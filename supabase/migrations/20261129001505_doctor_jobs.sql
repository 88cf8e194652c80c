-- What is wrong with targets, jobs and tables: checks of importer.doctor(), each as in the file before. And what puts
-- the sweep into the schedule of pg_cron.

create function importer.doctor_targets() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select
    'the table of these targets is gone, or another has taken its place: ' || string_agg(t.name, ', ' order by t.name),
    'Run import-jobs doctor --fix to accept tables of the same name and owner, as after a restore; register the others '
    || 'again with importer.register_target(), or remove them with importer.unregister_target().'
  from public.import_targets as t
  where importer.registered_table(t) is null
  having count(*) > 0
$$;

comment on function importer.doctor_targets() is
'Check of importer.doctor(): targets whose table is not the one that was registered.';

revoke all on function importer.doctor_targets() from public, anon, authenticated, service_role;

create function importer.doctor_target_rights() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select
    'import_processor may not write the tables of these targets: ' || string_agg(distinct t.name, ', ' order by t.name),
    'Register these targets again with importer.register_target(), which grants what is missing.'
  from public.import_targets as t
  inner join pg_catalog.pg_class as c on c.oid = importer.registered_table(t)
  cross join lateral importer.target_privileges(t) as p
  left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname = p.column_name and not a.attisdropped
  where not has_schema_privilege('import_processor', c.relnamespace, 'usage')
    or case
      when p.column_name is null then not has_table_privilege('import_processor', c.oid, p.privilege)
      else not has_column_privilege('import_processor', c.oid, a.attnum, p.privilege)
    end
  having count(*) > 0
$$;

comment on function importer.doctor_target_rights() is
'Check of importer.doctor(): targets for whose mode import_processor lacks a privilege.';

revoke all on function importer.doctor_target_rights() from public, anon, authenticated, service_role;

-- A sweep takes such jobs back after the expiry of their lease: each processor's within 15 s, that of pg_cron within a
-- minute.
create function importer.doctor_leases() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select
    format('%s running jobs have had no valid lease for more than a minute', count(*)),
    'Start a processor, or run import-jobs doctor --fix, which sweeps: the jobs become pending again.'
  from public.import_jobs as j left join importer.job_leases as l on l.job_id = j.id
  where j.status = 'running' and coalesce(l.expires_at, j.updated_at) < clock_timestamp() - interval '1 minute'
  having count(*) > 0
$$;

comment on function importer.doctor_leases() is
'Check of importer.doctor(): running jobs whose lease has expired and that no sweep has taken back.';

revoke all on function importer.doctor_leases() from public, anon, authenticated, service_role;

-- The tables of single jobs are dropped with them, so that only the others can stay large.
create function importer.doctor_bloat() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select
    'tables have more dead rows than live ones: ' || string_agg(
      format('%s (%s dead, %s live)', s.relid::regclass, s.n_dead_tup, s.n_live_tup), ', ' order by s.n_dead_tup desc
    ),
    format(
      'Run: vacuum analyze %s. If they grow again, end transactions that stay open, and check that autovacuum is on.',
      string_agg(s.relid::regclass::text, ', ' order by s.n_dead_tup desc)
    )
  from pg_catalog.pg_stat_user_tables as s
  inner join importer.own_objects() as o on o.classid = 'pg_class'::regclass and o.objid = s.relid
  where s.n_dead_tup > 10000 and s.n_dead_tup > s.n_live_tup and s.relname !~ '^(staging|keys|replaced)_[0-9a-f]{32}$'
  having count(*) > 0
$$;

comment on function importer.doctor_bloat() is
'Check of importer.doctor(): tables of import-jobs with more than 10,000 dead rows, and more dead rows than live ones.';

revoke all on function importer.doctor_bloat() from public, anon, authenticated, service_role;

-- With pg_cron the database sweeps by itself. Without it processors do, unless they sleep until they are rung.
create function importer.doctor_sweep() returns table (message text, hint text)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  scheduled boolean;
begin
  if to_regclass('cron.job') is null then
    if (select h.processor_sleeps from importer.import_queue_health() as h) then
      message := 'no sweep runs while the processors sleep: pg_cron is not installed';
      hint := 'Run: create extension pg_cron. Then run import-jobs doctor --fix.';
      return next;
    end if;
    return;
  end if;
  -- Releases of pg_cron before 1.3 have no column active.
  execute 'select exists (select from cron.job as j where strpos(j.command, ''importer.sweep_import_jobs'') > 0
    and coalesce((to_jsonb(j) ->> ''active'')::boolean, true))'
  into scheduled;
  if not scheduled then
    message := 'pg_cron is installed, but the sweep is not scheduled';
    hint := 'Run import-jobs doctor --fix, or in SQL: select importer.schedule_sweep().';
    return next;
  end if;
end
$$;

comment on function importer.doctor_sweep() is
'Check of importer.doctor(): a sweep that pg_cron does not run.';

revoke all on function importer.doctor_sweep() from public, anon, authenticated, service_role;

-- pg_cron may come into the database later than import-jobs. A schedule that was deactivated is replaced.
create function importer.schedule_sweep() returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regclass('cron.job') is null then
    return false;
  end if;
  execute 'select cron.unschedule(j.jobid) from cron.job as j where j.jobname = ''import-jobs-sweep''';
  execute 'select cron.schedule(''import-jobs-sweep'', ''* * * * *'', ''select importer.sweep_import_jobs()'')';
  return true;
end
$$;

comment on function importer.schedule_sweep() is
'Lets pg_cron run the sweep once a minute; returns whether pg_cron is there. For administrators.';

revoke all on function importer.schedule_sweep() from public, anon, authenticated, service_role;
