-- What is wrong with an installation, as far as SQL can see it. Each check is a function doctor_<name>() that returns a
-- row with a message and a hint if something is wrong, and no row if not; importer.doctor() calls them all. This file
-- looks at our own objects: triggers, functions, rights, targets, jobs and tables.

-- A trigger function of ours that no trigger calls has lost its trigger. The trigger on Storage's table has a check of
-- its own, since Storage may be missing. Two triggers call the same function, so those are named.
create function importer.doctor_triggers() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  with existing as (
    select t.tgname, t.tgrelid, t.tgenabled, p.oid as function
    from pg_catalog.pg_trigger as t inner join pg_catalog.pg_proc as p on p.oid = t.tgfoid
    where p.pronamespace = 'importer'::regnamespace and not t.tgisinternal
  ),

  problems as (
    select
      format('%s is disabled', e.tgname) as what,
      format('Run: alter table %s enable trigger %I.', e.tgrelid::regclass, e.tgname) as remedy
    from existing as e where e.tgenabled in ('D', 'R') and e.tgrelid is distinct from to_regclass('storage.objects')
    union all
    select format('%s is missing', w.name), 'Create what is missing as supabase/schema.sql has it.'
    from unnest(array['trigger_process_import_jobs', 'trigger_process_import_jobs_retry']) as w (name)
    where not exists (
      select from existing as e where e.tgname = w.name and e.tgrelid = to_regclass('public.import_jobs')
    )
    union all
    select format('that of %s() is missing', p.proname), 'Create what is missing as supabase/schema.sql has it.'
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'importer'::regnamespace and p.prorettype = 'trigger'::regtype
      and p.proname not in ('follow_upload', 'trigger_import_job_processing')
      and not exists (select from existing as e where e.function = p.oid)
  )

  select
    'triggers do not fire: ' || string_agg(p.what, ', ' order by p.what),
    string_agg(distinct p.remedy, ' ' order by p.remedy)
  from problems as p
  having count(*) > 0
$$;

comment on function importer.doctor_triggers() is
'Check of importer.doctor(): triggers of import-jobs that are disabled or missing.';

revoke all on function importer.doctor_triggers() from public, anon, authenticated, service_role;

create function importer.doctor_search_paths() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select
    'functions have another search_path than pg_catalog, pg_temp: '
    || string_agg(p.oid::regprocedure::text, ', ' order by p.oid::regprocedure::text),
    string_agg(
      format('Run: alter function %s set search_path = pg_catalog, pg_temp.', p.oid::regprocedure), ' '
      order by p.oid::regprocedure::text
    )
  from pg_catalog.pg_proc as p
  inner join importer.own_objects() as o on o.classid = 'pg_proc'::regclass and o.objid = p.oid
  where not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)
  having count(*) > 0
$$;

comment on function importer.doctor_search_paths() is
'Check of importer.doctor(): functions whose search_path was changed, so that they may run foreign code.';

revoke all on function importer.doctor_search_paths() from public, anon, authenticated, service_role;

-- A SECURITY DEFINER function has the rights of its owner: with another owner than the tables it can do too little or
-- too much. A function without it has lost it if it names one of our tables or functions to which its caller has no
-- right. Triggers of a user's statement are called with the rights of that user, all others by the processor.
create function importer.doctor_definers() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  with own as (
    select
      p.oid, p.proname, p.prosrc, p.prosecdef, p.proowner, n.nspowner,
      case when p.prorettype = 'trigger'::regtype then 'authenticated' else 'import_processor' end as caller
    from pg_catalog.pg_proc as p inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where n.nspname = 'importer'
  ),

  parts as (
    select c.caller, 'importer.' || o.proname || '(' as name
    from own as o cross join (values ('authenticated'), ('import_processor')) as c (caller)
    where not has_function_privilege(c.caller, o.oid, 'execute')
    union all
    select c.caller, t.oid::regclass::text
    from pg_catalog.pg_class as t cross join (values ('authenticated'), ('import_processor')) as c (caller)
    where t.oid in (select o.objid from importer.own_objects() as o where o.classid = 'pg_class'::regclass)
      and t.relkind = 'r' and not has_table_privilege(c.caller, t.oid, 'select')
  ),

  problems as (
    select
      format('%s belongs to %s', o.oid::regprocedure, pg_get_userbyid(o.proowner)) as what,
      format('Run: alter function %s owner to %I.', o.oid::regprocedure, pg_get_userbyid(o.nspowner)) as remedy
    from own as o where o.proowner <> o.nspowner
    union all
    select
      format('%s is not security definer', o.oid::regprocedure),
      format('Run: alter function %s security definer.', o.oid::regprocedure)
    from own as o
    where not o.prosecdef
      and case o.caller
        when 'authenticated' then exists (
          select from pg_catalog.pg_trigger as t
          where t.tgfoid = o.oid and (
            has_any_column_privilege('authenticated', t.tgrelid, 'insert')
            or has_any_column_privilege('authenticated', t.tgrelid, 'update')
          )
        )
        else has_function_privilege('import_processor', o.oid, 'execute')
      end
      and exists (select from parts as n where n.caller = o.caller and strpos(o.prosrc, n.name) > 0)
  )

  select
    'functions do not have the rights that they need: ' || string_agg(p.what, ', ' order by p.what),
    string_agg(p.remedy, ' ' order by p.remedy)
  from problems as p
  having count(*) > 0
$$;

comment on function importer.doctor_definers() is
'Check of importer.doctor(): functions that belong to another role than the schema, or are no longer SECURITY DEFINER.';

revoke all on function importer.doctor_definers() from public, anon, authenticated, service_role;

create function importer.doctor_open_functions() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  with problems as (
    select
      format('%s may be executed by everybody', p.oid::regprocedure) as what,
      format('Run: revoke execute on function %s from public, anon.', p.oid::regprocedure) as remedy
    from pg_catalog.pg_proc as p
    inner join importer.own_objects() as o on o.classid = 'pg_proc'::regclass and o.objid = p.oid
    where has_function_privilege('anon', p.oid, 'execute')
    union all
    select
      format('%s may use schema importer', r.name),
      format('Run: revoke all on schema importer from %s, public.', r.name)
    from unnest(array['anon', 'authenticated']) as r (name)
    where has_schema_privilege(r.name, 'importer', 'usage')
  )

  select
    'clients have rights that are not for them: ' || string_agg(p.what, ', ' order by p.what),
    string_agg(p.remedy, ' ' order by p.remedy)
  from problems as p
  having count(*) > 0
$$;

comment on function importer.doctor_open_functions() is
'Check of importer.doctor(): functions that anon may execute, and clients that may use the schema importer.';

revoke all on function importer.doctor_open_functions() from public, anon, authenticated, service_role;

create function importer.doctor_row_security() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select
    'row security is off, so that clients see the jobs of all: '
    || string_agg(t.oid::regclass::text, ', ' order by t.relname),
    string_agg(format('Run: alter table %s enable row level security.', t.oid::regclass), ' ' order by t.relname)
  from pg_catalog.pg_class as t
  inner join importer.own_objects() as o on o.classid = 'pg_class'::regclass and o.objid = t.oid
  where t.relnamespace = 'public'::regnamespace and t.relkind = 'r' and not t.relrowsecurity
  having count(*) > 0
$$;

comment on function importer.doctor_row_security() is
'Check of importer.doctor(): tables of clients whose row security was switched off.';

revoke all on function importer.doctor_row_security() from public, anon, authenticated, service_role;

create function importer.doctor_processor_rights() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  with roles as (
    select r.oid, r.rolname as name from pg_catalog.pg_roles as r
    where r.rolname in ('import_processor', 'import_uploader')
  ),

  problems as (
    select
      format('%s is no member of authenticated', r.name) as what,
      format('grant authenticated to %I', r.name) as remedy
    from roles as r where not pg_has_role(r.oid, 'authenticated', 'member')
    union all
    select format('%s may not use schema importer', r.name), format('grant usage on schema importer to %I', r.name)
    from roles as r where not has_schema_privilege(r.oid, 'importer', 'usage')
    union all
    select
      format('%s may not create temporary tables', r.name),
      format('grant temporary on database %I to %I', current_database(), r.name)
    from roles as r where not has_database_privilege(r.oid, current_database(), 'temporary')
    union all
    select
      'import_processor may not claim jobs',
      'grant execute on function importer.claim_jobs(text, integer, integer, integer) to import_processor'
    from roles as r
    where r.name = 'import_processor'
      and not has_function_privilege(r.oid, 'importer.claim_jobs(text, integer, integer, integer)', 'execute')
  )

  select
    'roles of the processor lack rights: ' || string_agg(p.what, ', ' order by p.what),
    string_agg(format('Run: %s.', p.remedy), ' ' order by p.remedy)
  from problems as p
  having count(*) > 0
$$;

comment on function importer.doctor_processor_rights() is
'Check of importer.doctor(): what the roles import_processor and import_uploader may no longer do.';

revoke all on function importer.doctor_processor_rights() from public, anon, authenticated, service_role;
