-- Replace and undo: mode replace saves the rows that it is about to delete, and an administrator can take a job back
-- out of its target.

-- Saves the rows in the transaction that replaces them. The function is SECURITY DEFINER because the processor may
-- neither create a table nor read the target, and should not: reading a plain table executes no code of its owner. That
-- it is one, and the registered one, is certain only if it is read by its OID. The view does that: it executes nothing
-- when it is created, and a schema that is renamed a moment later does not change it. Generated columns are left out.
-- Where row security would hide rows from this function's owner, row_security = off raises an error instead of leaving
-- a gap.
create function importer.keep_replaced_rows(job_id uuid, token uuid) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp set row_security = off
as $$
declare
  job public.import_jobs;
  rules jsonb;
  relation regclass;
  kept text := importer.job_table_name('replaced', keep_replaced_rows.job_id);
  bound text := importer.job_table_name('bound', keep_replaced_rows.job_id);
  columns text;
  definitions text;
  rows bigint;
begin
  perform importer.check_lease(keep_replaced_rows.job_id, keep_replaced_rows.token);
  select j.* into job from public.import_jobs as j where j.id = keep_replaced_rows.job_id;
  rules := importer.describe_target(job.target);
  relation := importer.lock_target(job.target);
  if job.created_by is not null and rules ->> 'owner_column' is null and rules ->> 'run_as' = 'uploader' then
    raise exception 'a user may not replace the rows of all owners' using errcode = 'IJ601',
    hint = 'Set owner_column of the target, so that users replace only their own rows.';
  end if;
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum),
    string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum)
  into columns, definitions
  from pg_catalog.pg_attribute as a
  where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
  execute format('drop table if exists importer.%I', kept);
  execute format(
    'create table importer.%I ("#row" bigint generated always as identity primary key, %s)', kept, definitions
  );
  execute format('revoke all on importer.%I from public, anon, authenticated, service_role', kept);
  execute format('create view importer.%I as select * from %s', bound, relation);
  if not exists (
    select from pg_catalog.pg_rewrite as r inner join pg_catalog.pg_depend as d on d.objid = r.oid
    where r.ev_class = to_regclass(format('importer.%I', bound)) and d.classid = 'pg_catalog.pg_rewrite'::regclass
      and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = relation
  ) then
    raise exception 'another table has taken the place of the target''s table, or it has another owner'
    using errcode = 'IJ503',
    hint = 'Find out who has done that, then register the target again with importer.register_target().';
  end if;
  execute format('insert into importer.%I (%s) select %s from importer.%I where %s', kept, columns, columns, bound,
    case
      when job.created_by is null or rules ->> 'owner_column' is null then 'true'
      else format('%I = %L', rules ->> 'owner_column', job.created_by)
    end
  );
  get diagnostics rows = row_count;
  execute format('drop view importer.%I', bound);
  return rows;
end
$$;

comment on function importer.keep_replaced_rows(uuid, uuid) is
'Saves the rows that a job replaces (its owner''s, or all rows for a job without an owner) and returns their number.
Raises IJ601 for a user''s job if the target has no owner_column, IJ503 if the target''s table is not the registered one,
and IJ103 without a valid lease.';

revoke all on function importer.keep_replaced_rows(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.keep_replaced_rows(uuid, uuid) to import_processor, import_uploader;

-- Rows are identified by the provenance column if there is one, so that rows that the application has added since are
-- not touched. Replaced rows come back in the same statement that removes the new ones, so that foreign keys that are
-- valid before and after are never violated in between. The rights are those of the administrator who calls it, because
-- neither the owner of the job nor the processor may delete rows of every target; the table is the registered one, and
-- its triggers are trusted. Triggers of the table see the search path with which the caller's session started.
create function importer.undo_import_job(id uuid) returns bigint
language plpgsql security invoker set search_path = pg_catalog, pg_temp set row_security = off
as $$
declare
  job public.import_jobs;
  rules jsonb;
  relation regclass;
  kept regclass := to_regclass('importer.' || importer.job_table_name('replaced', undo_import_job.id));
  obstacle text;
  own_rows text;
  columns text;
  removed bigint;
  restored bigint := 0;
begin
  select j.* into job from public.import_jobs as j where j.id = undo_import_job.id for update;
  if job.id is null then
    raise exception 'the job does not exist' using errcode = 'IJ108',
    hint = 'Check the id, and that the job belongs to you.';
  end if;
  rules := importer.describe_target(job.target);
  relation := importer.target_relation(job.target);
  obstacle := case
    when job.status in ('pending', 'running') then 'it has not ended'
    when job.undone_at is not null then 'it has already been undone'
    when job.options -> 'dry_run' = 'true' then 'it was a dry run and wrote nothing'
    when rules -> 'replaced' = 'true' then 'another table has taken the place of its table, or it has another owner'
    when relation is null then 'its target or table no longer exists'
    when kept is null and rules ->> 'mode' = 'replace' then 'the rows that it replaced are no longer stored'
    when kept is null and rules ->> 'mode' not in ('insert', 'ignore') then
      format('mode %s does not store the previous values', rules ->> 'mode')
    when kept is null and rules ->> 'provenance_column' is null then 'its target has no provenance_column'
    when kept is not null and exists (
      select from public.import_jobs as l
      where l.id <> job.id and l.finished_at > job.finished_at and l.undone_at is null
        and to_regclass('importer.' || importer.job_table_name('replaced', l.id)) is not null
        and importer.describe_target(l.target) ->> 'name' = rules ->> 'name'
        and (l.created_by = job.created_by or l.created_by is null or job.created_by is null)
    ) then 'a later job has replaced its rows'
  end;
  if obstacle is not null then
    raise exception 'the job cannot be undone: %', obstacle using errcode = 'IJ112',
    hint = 'Inserts need a provenance_column; in mode replace, undo the latest job first, within keep_replaced_days.';
  end if;
  perform importer.lock_target(job.target);
  own_rows := case
    when rules ->> 'provenance_column' is not null then format('t.%I = %L', rules ->> 'provenance_column', job.id)
    when job.created_by is null or rules ->> 'owner_column' is null then 'true'
    else format('t.%I = %L', rules ->> 'owner_column', job.created_by)
  end;
  perform set_config('search_path', s.reset_val, true) from pg_catalog.pg_settings as s where s.name = 'search_path';
  if kept is null then
    execute format('delete from %s as t where %s', relation, own_rows);
    get diagnostics removed = row_count;
  else
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      and exists (select from pg_catalog.pg_attribute as k where k.attrelid = kept and k.attname = a.attname);
    execute format(
      'with removed as (delete from %1$s as t where %2$s returning 1),
      restored as (
        insert into %1$s (%3$s) overriding system value
        select %3$s from %4$s where (select count(*) from removed) >= 0 order by "#row" returning 1
      )
      select (select count(*) from removed), (select count(*) from restored)', relation, own_rows, columns, kept
    ) into removed, restored;
    execute format('drop table %s', kept);
  end if;
  update public.import_jobs as j set undone_at = clock_timestamp() where j.id = job.id;
  insert into public.import_job_events (job_id, event, attempt, detail)
  values (
    job.id, 'undone', job.attempts,
    jsonb_build_object('removed', removed, 'restored', restored, 'by', session_user)
  );
  return case when kept is null then removed else restored end;
end
$$;

comment on function importer.undo_import_job(uuid) is
'Removes the rows of a job that has ended, or restores the rows that it replaced, and returns the number of rows; the
counters of the job keep their values. Raises IJ112, with the reason, if the job cannot be undone. For administrators.';

revoke all on function importer.undo_import_job(uuid) from public, anon, authenticated, service_role;
