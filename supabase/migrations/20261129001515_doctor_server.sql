-- What is wrong with Storage's tables and the server: checks of importer.doctor(), as in the files before. And the
-- function itself, which calls them all.

create function importer.doctor_bucket() returns table (message text, hint text)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  is_public boolean;
  accepts_csv boolean;
begin
  if to_regclass('storage.buckets') is null then
    return;
  end if;
  execute 'select coalesce(b.public, false), coalesce(b.allowed_mime_types, ''{}'') = ''{}''
    or b.allowed_mime_types && array[''text/csv'', ''text/*'', ''*/*'']
    from storage.buckets as b where b.id = ''imports'''
  into is_public, accepts_csv;
  if is_public is null then
    message := 'Storage has no bucket imports';
    hint := 'Create a private bucket with the name imports, in the dashboard or with Storage''s API.';
    return next;
  elsif is_public then
    message := 'the bucket imports is public, so that anybody who knows a path reads the file';
    hint := 'Make it private: update storage.buckets set public = false where id = ''imports''.';
    return next;
  elsif not accepts_csv then
    message := 'the bucket imports does not accept files of the type text/csv';
    hint := 'Add text/csv to allowed_mime_types of the bucket; supabase/config.toml lists the types that clients send.';
    return next;
  end if;
end
$$;

comment on function importer.doctor_bucket() is
'Check of importer.doctor(): the bucket imports is missing, public, or accepts no CSV files.';

revoke all on function importer.doctor_bucket() from public, anon, authenticated, service_role;

create function importer.doctor_bucket_policies() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  with problems as (
    select
      'row security of storage.objects is off' as what,
      'Run as the owner of the table: alter table storage.objects enable row level security.' as remedy
    from pg_catalog.pg_class as c where c.oid = to_regclass('storage.objects') and not c.relrowsecurity
    union all
    select format('"%s" is missing', w.name), 'Create what is missing as supabase/migrations has it.'
    from unnest(array['import-jobs: users upload below their id', 'import-jobs: users read below their id']) as w (name)
    where to_regclass('storage.objects') is not null and not exists (
      select from pg_catalog.pg_policy as p where p.polrelid = to_regclass('storage.objects') and p.polname = w.name
    )
  )

  select
    'the policies of the bucket are not those of import-jobs: ' || string_agg(p.what, ', ' order by p.what),
    string_agg(distinct p.remedy, ' ' order by p.remedy)
  from problems as p
  having count(*) > 0
$$;

comment on function importer.doctor_bucket_policies() is
'Check of importer.doctor(): users may not upload to the bucket and read from it, or all files are open to them.';

revoke all on function importer.doctor_bucket_policies() from public, anon, authenticated, service_role;

create function importer.doctor_upload_trigger() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select
    'there are import folders, but uploads make no jobs: storage.objects lacks the trigger of import-jobs',
    'Run import-jobs doctor --fix, or in SQL: select importer.install_upload_trigger().'
  where exists (select from public.import_folders) and not exists (
    select from pg_catalog.pg_trigger as t
    where t.tgrelid = to_regclass('storage.objects') and t.tgname = 'import-jobs: import on upload'
      and t.tgenabled <> 'D'
  )
$$;

comment on function importer.doctor_upload_trigger() is
'Check of importer.doctor(): folders whose uploads are not imported, since the trigger of storage.objects is missing.';

revoke all on function importer.doctor_upload_trigger() from public, anon, authenticated, service_role;

create function importer.doctor_realtime() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select
    'Realtime is installed, but users may not receive the progress of their jobs',
    'Run import-jobs doctor --fix, or in SQL: select importer.install_realtime().'
  where to_regclass('realtime.messages') is not null and to_regprocedure('realtime.topic()') is not null
    and not exists (
      select from pg_catalog.pg_policy as p
      where p.polrelid = to_regclass('realtime.messages')
        and p.polname = 'import-jobs: owners receive the progress of their jobs'
    )
$$;

comment on function importer.doctor_realtime() is
'Check of importer.doctor(): Realtime came later than import-jobs, and its table lacks our policy.';

revoke all on function importer.doctor_realtime() from public, anon, authenticated, service_role;

-- Chunks are written without the statement time-out, but claims, sweeps, undos and the ends of jobs run under it. Of
-- several settings the one of the role in the database wins, then that of the role, then that of the database.
create function importer.doctor_time_outs() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  with settings as (
    select distinct on (r.rolname, split_part(c.setting, '=', 1))
      r.rolname as role, split_part(c.setting, '=', 1) as name, split_part(c.setting, '=', 2) as value
    from pg_catalog.pg_roles as r
    inner join pg_catalog.pg_db_role_setting as s on s.setrole in (0, r.oid)
    left join pg_catalog.pg_database as d on d.oid = s.setdatabase
    cross join lateral unnest(s.setconfig) as c (setting)
    where r.rolname in ('import_processor', 'import_uploader') and (s.setdatabase = 0 or d.datname = current_database())
      and split_part(c.setting, '=', 1) in ('statement_timeout', 'lock_timeout')
    order by r.rolname, split_part(c.setting, '=', 1), s.setrole = 0, s.setdatabase = 0
  ),

  short as (
    select s.role, s.name, s.value from settings as s
    where case when s.value ~ '^[0-9]+$' then s.value::bigint * interval '1 ms' else s.value::interval end
      between interval '1 ms' and interval '59 s'
  )

  select
    'time-outs end statements of the processor: ' || string_agg(format('%s = %s of %s', s.name, s.value, s.role), ', '
      order by s.role, s.name
    ),
    string_agg(format('Run: alter role %I set %s = 0.', s.role, s.name), ' ' order by s.role, s.name)
  from short as s
  having count(*) > 0
$$;

comment on function importer.doctor_time_outs() is
'Check of importer.doctor(): a statement_timeout or lock_timeout of less than a minute in sessions of the processor.';

revoke all on function importer.doctor_time_outs() from public, anon, authenticated, service_role;

create function importer.doctor_read_only() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select
    case when pg_is_in_recovery() then 'the database is a standby' else 'the database is read-only' end,
    case
      when pg_is_in_recovery() then 'Use the connection string of the primary.'
      else 'Make room on the disk, then set default_transaction_read_only to off: Supabase sets it when a disk is full.'
    end
  where pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on'
$$;

comment on function importer.doctor_read_only() is 'Check of importer.doctor(): no job can be claimed or loaded.';

revoke all on function importer.doctor_read_only() from public, anon, authenticated, service_role;

-- The least of what the server, the database and the role of the processor have left. A processor with default settings
-- opens up to 13; those that run have theirs already.
create function importer.doctor_connections() returns table (message text, hint text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  with limits as (
    select
      'server' as what, current_setting('max_connections')::bigint as connections,
      current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint
      - coalesce(current_setting('reserved_connections', true)::bigint, 0)
      - (select sum(s.numbackends) from pg_catalog.pg_stat_database as s) as free
    union all
    select 'database', d.datconnlimit, d.datconnlimit - pg_stat_get_db_numbackends(d.oid)
    from pg_catalog.pg_database as d where d.datname = current_database() and d.datconnlimit >= 0
    union all
    select 'role ' || r.rolname, r.rolconnlimit, r.rolconnlimit - (
      select count(*) from pg_catalog.pg_stat_activity as a where a.usesysid = r.oid
    )
    from pg_catalog.pg_roles as r
    where r.rolname in ('import_processor', 'import_uploader') and r.rolconnlimit >= 0
  )

  select
    format('only %s of %s connections of the %s are free', greatest(l.free, 0), l.connections, l.what),
    'Close connections that are not needed, lower IMPORT_JOBS_MAX_JOBS or IMPORT_JOBS_CONNECTIONS, or raise the limit.'
  from limits as l
  where l.free < 5
  order by l.free
  limit 1
$$;

comment on function importer.doctor_connections() is
'Check of importer.doctor(): fewer than five connections of the server, the database or a role are free.';

revoke all on function importer.doctor_connections() from public, anon, authenticated, service_role;

-- The order is that in which people should look: what is the cause of others comes first.
create function importer.doctor_checks() returns table (name text, severity text)
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  values
  ('read_only', 'error'),
  ('connections', 'warning'),
  ('triggers', 'error'),
  ('search_paths', 'error'),
  ('definers', 'error'),
  ('open_functions', 'error'),
  ('row_security', 'error'),
  ('processor_rights', 'error'),
  ('time_outs', 'warning'),
  ('targets', 'error'),
  ('target_rights', 'error'),
  ('bucket', 'error'),
  ('bucket_policies', 'error'),
  ('upload_trigger', 'error'),
  ('realtime', 'note'),
  ('pg_net', 'warning'),
  ('pg_net_worker', 'warning'),
  ('processor_url', 'warning'),
  ('wake_token', 'warning'),
  ('processor', 'error'),
  ('listener', 'warning'),
  ('rings', 'warning'),
  ('pause', 'note'),
  ('sweep', 'warning'),
  ('leases', 'error'),
  ('bloat', 'warning')
$$;

comment on function importer.doctor_checks() is
'Returns the checks of importer.doctor() and how bad it is if one finds something: error, warning or note.';

revoke all on function importer.doctor_checks() from public, anon, authenticated, service_role;

-- A check that fails, for example because the owner of the functions may not read a catalog of the platform, must not
-- hide the others, so its error is its result.
create function importer.doctor() returns table (name text, severity text, message text, hint text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller constant name := coalesce(nullif(current_setting('role', true), 'none'), session_user);
  examined record;
begin
  -- Projects have roles of their own for clients, which are members of authenticated and may not use the schema either.
  if caller <> 'service_role'
    and (caller in ('anon', 'authenticated') or not has_schema_privilege(caller, 'importer', 'usage'))
    and not importer.is_supervisor()
  then
    raise exception 'only supervisors may examine the installation' using errcode = 'IJ601',
    hint = 'Ask an administrator to make you a supervisor, by the setting supervisor_when.';
  end if;
  for examined in select c.name, c.severity from importer.doctor_checks() as c loop
    name := examined.name;
    severity := examined.severity;
    message := null;
    hint := null;
    begin
      execute format('select d.message, d.hint from importer.%I() as d', 'doctor_' || examined.name) into message, hint;
    exception when others then
      severity := 'warning';
      message := format('this could not be checked: %s', sqlerrm);
      hint := 'Remove the cause, then examine the installation again.';
    end;
    return next;
  end loop;
end
$$;

comment on function importer.doctor() is
'Examines the installation. Returns each check with how bad a problem is (error, warning or note); message and hint are
null where nothing is wrong. Raises IJ601 for users who are not supervisors.';

revoke all on function importer.doctor() from public, anon, authenticated, service_role;
grant execute on function importer.doctor() to import_processor, authenticated, service_role;

-- For supervisors, over the Data API.
create function public.import_doctor() returns table (name text, severity text, message text, hint text)
language sql stable security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select
    d.name,
    d.severity,
    d.message,
    d.hint
  from importer.doctor() as d;
end;

comment on function public.import_doctor() is
'Examines the installation, for supervisors: returns each check; message and hint are null where nothing is wrong.';

revoke all on function public.import_doctor() from public, anon, authenticated, service_role;
grant execute on function public.import_doctor() to authenticated, service_role;
