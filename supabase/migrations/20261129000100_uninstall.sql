-- Removal: importer.uninstall() leaves the catalog as it was before the installation. Objects of ours in schema public
-- are listed by name, because a user's own table may have a name like ours; everything else of ours is in schema
-- importer, or has a prefix that nobody else uses. Tables of users and files in Storage stay.

-- A migration that adds an object to schema public replaces this list; a test compares it with the catalog.
create function importer.public_objects() returns setof text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select unnest(array[
    'public.import_folders', 'public.import_job_chains', 'public.import_job_errors', 'public.import_job_events',
    'public.import_job_status', 'public.import_jobs', 'public.import_mappings', 'public.import_targets',
    'public.cancel_import_job(uuid)',
    'public.check_planned_import(text,bigint,text,jsonb)',
    'public.create_import_job(text,text,jsonb,text,smallint,timestamp with time zone,text,uuid,text,uuid)',
    'public.execute_import_job(uuid)',
    'public.import_doctor()',
    'public.import_job_statistics(timestamp with time zone,timestamp with time zone,text)',
    'public.import_queue(uuid)',
    'public.import_queue_health()',
    'public.list_import_targets()',
    'public.list_import_jobs(public.import_job_status,text,text,integer,uuid)',
    'public.retry_import_job(uuid,jsonb)',
    'public.undo_import_job(uuid)'
  ])
$$;

comment on function importer.public_objects() is
'Returns the names of the tables, views, types and functions of import-jobs in schema public.';

revoke all on function importer.public_objects() from public, anon, authenticated, service_role;

create function importer.own_objects() returns table (classid oid, objid oid)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  with relations as (
    select c.oid, c.reltype from pg_catalog.pg_class as c
    where c.relnamespace = 'importer'::regnamespace or c.oid in (
      select to_regclass(o.name) from importer.public_objects() as o (name) where o.name not like '%(%'
    )
  )

  select 'pg_class'::regclass::oid, r.oid from relations as r
  union all
  select 'pg_type'::regclass::oid, a.oid
  from pg_catalog.pg_type as t cross join lateral unnest(array[t.oid, nullif(t.typarray, 0)]) as a (oid)
  where a.oid is not null and (
    t.typnamespace = 'importer'::regnamespace or t.oid in (select r.reltype from relations as r) or t.oid in (
      select to_regtype(o.name) from importer.public_objects() as o (name) where o.name not like '%(%'
    )
  )
  union all
  select 'pg_proc'::regclass::oid, p.oid from pg_catalog.pg_proc as p
  where p.pronamespace = 'importer'::regnamespace or p.oid in (
    select to_regprocedure(o.name) from importer.public_objects() as o (name) where o.name like '%(%'
  )
$$;

comment on function importer.own_objects() is
'Returns the tables, views, types and functions of import-jobs, as pg_depend refers to them.';

revoke all on function importer.own_objects() from public, anon, authenticated, service_role;

-- A view, a foreign key or a function of a user that needs one of our objects would be dropped with it. Triggers and
-- indexes of users on our own tables are no loss, because they are of no use without the table.
create function importer.dependent_objects() returns setof text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select distinct
    case
      when r.oid is null then pg_describe_object(d.classid, d.objid, d.objsubid)
      else pg_describe_object('pg_class'::regclass, r.ev_class, 0)
    end
  from pg_catalog.pg_depend as d
  inner join importer.own_objects() as o on d.refclassid = o.classid and d.refobjid = o.objid
  left join pg_catalog.pg_rewrite as r on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
  left join pg_catalog.pg_index as i on d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
  left join pg_catalog.pg_constraint as c on d.classid = 'pg_constraint'::regclass and d.objid = c.oid
  left join pg_catalog.pg_attrdef as a on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid
  left join pg_catalog.pg_policy as p on d.classid = 'pg_policy'::regclass and d.objid = p.oid
  where d.deptype = 'n' and d.classid <> 'pg_trigger'::regclass
    and (
      p.polname is null or p.polname not like 'import-jobs: %' or p.polrelid not in (
        select t.oid from pg_catalog.pg_class as t
        where t.relnamespace in (to_regnamespace('storage'), to_regnamespace('realtime'))
      )
    )
    and (d.classid, d.objid) not in (select own.classid, own.objid from importer.own_objects() as own)
    and coalesce(r.ev_class, i.indrelid, c.conrelid, a.adrelid, p.polrelid, 0) not in (
      select own.objid from importer.own_objects() as own where own.classid = 'pg_class'::regclass
    )
$$;

comment on function importer.dependent_objects() is
'Returns the descriptions of objects that are not of import-jobs and would be dropped with it.';

revoke all on function importer.dependent_objects() from public, anon, authenticated, service_role;

-- Triggers on tables of Storage need no statement: they are dropped with the function that they call. A policy, a
-- schedule or a secret of the application may begin with our name too; it stays.
create function importer.remove_from_platform() returns setof text
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  step record;
begin
  for step in
    select
      format('policy %I on %I.%I', p.policyname, p.schemaname, p.tablename) as object,
      format('drop policy %I on %I.%I', p.policyname, p.schemaname, p.tablename) as statement
    from pg_catalog.pg_policies as p
    where p.policyname like 'import-jobs: %' and p.schemaname in ('storage', 'realtime')
    union all
    select
      'schedules of pg_cron',
      'select cron.unschedule(j.jobid) from cron.job as j
      where starts_with(j.jobname, ''import-jobs-'') and strpos(j.command, ''importer.'') > 0'
    where to_regclass('cron.job') is not null
    union all
    select
      'secrets of Vault',
      'delete from vault.secrets as s where s.name in (''import_jobs_processor_url'', ''import_jobs_wake_token'')'
    where to_regclass('vault.secrets') is not null
  loop
    begin
      execute step.statement;
    exception when insufficient_privilege then
      return next format('%s: %s', step.object, sqlerrm);
    end;
  end loop;
end
$$;

comment on function importer.remove_from_platform() is
'Removes our policies on tables of Storage and Realtime, our schedules and our secrets. Returns what the caller''s rights
do not allow.';

revoke all on function importer.remove_from_platform() from public, anon, authenticated, service_role;

-- The privileges go although the role may have to stay, for example because another database of the server has
-- import-jobs too. DROP OWNED is only allowed to members, and takes the privileges on other databases as well.
create function importer.remove_role(role_name name) returns setof text
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  others name[];
  other name;
  detail text;
begin
  if to_regrole(quote_ident(role_name)) is null then
    return;
  end if;
  others := array(
    select d.datname from pg_catalog.pg_database as d cross join lateral aclexplode(d.datacl) as g
    where g.grantee = to_regrole(quote_ident(role_name)) and g.privilege_type = 'TEMPORARY'
      and d.datname <> current_database()
  );
  begin
    execute format('grant %I to %I', role_name, current_user);
    execute format('drop owned by %I', role_name);
    execute format('revoke %I from %I', role_name, current_user);
    foreach other in array others loop
      execute format('grant temporary on database %I to %I', other, role_name);
    end loop;
  exception when insufficient_privilege then
    return next format('privileges of %s: %s', role_name, sqlerrm);
  end;
  begin
    execute format('drop role %I', role_name);
  exception when insufficient_privilege or dependent_objects_still_exist then
    get stacked diagnostics detail = pg_exception_detail;
    return next concat_ws(': ', 'role ' || role_name, sqlerrm, nullif(detail, ''));
  end;
end
$$;

comment on function importer.remove_role(name) is
'Takes all privileges from a role of the processor and drops it. Returns what the caller''s rights do not allow.';

revoke all on function importer.remove_role(name) from public, anon, authenticated, service_role;

create function importer.uninstall() returns setof text
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  others text;
  statement text;
begin
  lock table public.import_jobs in access exclusive mode; -- so that no processor claims a job meanwhile
  if exists (select from public.import_jobs as j where j.status = 'running') then
    raise exception 'jobs are running' using errcode = 'IJ133',
    hint = 'Wait until they have ended, or cancel them, then call importer.uninstall() again.';
  end if;
  select string_agg(d.description, ', ' order by d.description) into others
  from importer.dependent_objects() as d (description);
  if others is not null then
    raise exception 'other objects need those of import-jobs: %', others using errcode = 'IJ133',
    hint = 'Drop them, or change them so that they do not, then call importer.uninstall() again.';
  end if;
  perform set_config('client_min_messages', 'warning', true); -- of each object that goes with another
  return query select r.kept from importer.remove_from_platform() as r (kept);
  return query select r.kept from importer.remove_role('import_processor') as r (kept);
  return query select r.kept from importer.remove_role('import_uploader') as r (kept);
  for statement in
    select format(
      'drop %s if exists %s cascade',
      case
        when o.name like '%(%' then 'function'
        when to_regclass(o.name) is null then 'type'
        when (select c.relkind from pg_catalog.pg_class as c where c.oid = to_regclass(o.name)) = 'v' then 'view'
        else 'table'
      end, o.name
    )
    from importer.public_objects() as o (name)
  loop
    execute statement;
  end loop;
  drop schema importer cascade;
  notify pgrst, 'reload schema';
end
$$;

comment on function importer.uninstall() is
'Removes import-jobs from the database: schema, tables, functions, roles, grants, policies, schedules and secrets. Tables
of users and files stay. Returns what the caller''s rights did not allow; raises IJ133 while jobs run, and if objects of
others would be dropped.';

revoke all on function importer.uninstall() from public, anon, authenticated, service_role;
