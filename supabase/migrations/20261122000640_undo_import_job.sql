-- Takes a job back out of its target. Rows go by the provenance column where there is one: what the
-- application has added since stays. Replaced rows come back in the statement that removes the new ones,
-- so that foreign keys which hold before and after hold throughout. Triggers of the table find the
-- search path that a session of the caller's begins with.
create function importer.undo_import_job(id uuid) returns bigint
language plpgsql security invoker set search_path = '' set row_security = off
as $$
declare
  job public.import_jobs;
  rules jsonb;
  relation regclass;
  kept regclass := to_regclass('importer.' || importer.replaced_name(undo_import_job.id));
  obstacle text;
  mine text;
  columns text;
  removed bigint;
  restored bigint := 0;
begin
  select j.* into job from public.import_jobs as j where j.id = undo_import_job.id for update;
  if job.id is null then
    raise exception 'there is no such job' using errcode = 'IJ108', hint = 'Check the id, and that the job is yours.';
  end if;
  rules := importer.describe_target(job.target);
  relation := to_regclass(quote_ident(rules ->> 'schema') || '.' || quote_ident(rules ->> 'table'));
  obstacle := case
    when job.status in ('pending', 'running') then 'it has not ended'
    when job.undone_at is not null then 'it has been undone'
    when job.options -> 'dry_run' = 'true' then 'it was a dry run and has written nothing'
    when relation is null then 'its target or the table is gone'
    when kept is null and rules ->> 'mode' = 'replace' then 'the rows it replaced are not kept any more'
    when kept is null and rules ->> 'mode' not in ('insert', 'ignore') then
      format('in mode %s nobody knows what was there before', rules ->> 'mode')
    when kept is null and rules ->> 'provenance_column' is null then 'its target has no provenance_column'
    when kept is not null and exists (
      select from public.import_jobs as l
      where l.id <> job.id and l.finished_at > job.finished_at and l.undone_at is null
        and to_regclass('importer.' || importer.replaced_name(l.id)) is not null
        and importer.describe_target(l.target) ->> 'name' = rules ->> 'name'
        and (l.created_by = job.created_by or l.created_by is null or job.created_by is null)
    ) then 'a later job has replaced its rows'
  end;
  if obstacle is not null then
    raise exception 'the job cannot be undone: %', obstacle using errcode = 'IJ112',
    hint = 'Inserts go by the target''s provenance_column; in mode replace, the latest job first, within keep_replaced_days.';
  end if;
  mine := case
    when rules ->> 'provenance_column' is not null then format('t.%I = %L', rules ->> 'provenance_column', job.id)
    when job.created_by is null or rules ->> 'owner_column' is null then 'true'
    else format('t.%I = %L', rules ->> 'owner_column', job.created_by)
  end;
  perform set_config('search_path', s.reset_val, true) from pg_catalog.pg_settings as s where s.name = 'search_path';
  if kept is null then
    execute format('delete from %s as t where %s', relation, mine);
    get diagnostics removed = row_count;
  else
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      and exists (select from pg_catalog.pg_attribute as k where k.attrelid = kept and k.attname = a.attname);
    execute format(
      'with gone as (delete from %1$s as t where %2$s returning 1),
      back as (
        insert into %1$s (%3$s) overriding system value
        select %3$s from %4$s where (select count(*) from gone) >= 0 order by "#row" returning 1
      )
      select (select count(*) from gone), (select count(*) from back)', relation, mine, columns, kept
    ) into removed, restored;
    execute format('drop table %s', kept);
  end if;
  update public.import_jobs as j set undone_at = clock_timestamp() where j.id = job.id;
  insert into public.import_job_events (job_id, event, attempt, detail)
  values (job.id, 'undone', job.attempts, jsonb_build_object('removed', removed, 'restored', restored, 'by', session_user));
  return case when kept is null then removed else restored end;
end
$$;

comment on function importer.undo_import_job(uuid) is
'Removes the rows of a job that has ended, or puts back those it replaced; returns how many. Its counters stay. Raises
IJ112 where that cannot be done, with the reason. For administrators.';

revoke all on function importer.undo_import_job(uuid) from public, anon, authenticated, service_role;
