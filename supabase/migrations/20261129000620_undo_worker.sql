-- What processors call to undo jobs of owners (claim_undos, begin_undo, finish_undo, fail_undo), and the undo of
-- administrators, which shares its conditions with theirs.

-- Rows are identified by the provenance column if there is one, so that rows that the application has added since are
-- not touched. Replaced rows come back in the same statement that removes the new ones, so that foreign keys that are
-- valid before and after are never violated in between. The rights are those of the administrator who calls it; the
-- table is the registered one, and its triggers are trusted. Triggers of the table see the search path with which the
-- caller's session started.
create or replace function importer.undo_import_job(id uuid) returns bigint
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
  kept_count bigint;
begin
  select j.* into job from public.import_jobs as j where j.id = undo_import_job.id for update;
  if job.id is null then
    raise exception 'the job does not exist' using errcode = 'IJ108',
    hint = 'Check the id, and that the job belongs to you.';
  end if;
  rules := importer.describe_target(job.target);
  relation := importer.target_relation(job.target);
  obstacle := importer.undo_obstacle(job);
  if obstacle is not null then
    raise exception 'the job cannot be undone: %', obstacle using errcode = 'IJ112',
    hint = 'Inserts need a provenance_column; in mode replace, undo the latest job first, within keep_replaced_days.';
  end if;
  perform importer.lock_target(job.target);
  own_rows := importer.rows_of_job(job, rules);
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
      select (select count(*) from removed), (select count(*) from restored), (select count(*) from %4$s)',
      relation, own_rows, columns, kept
    ) into removed, restored, kept_count;
    if restored < kept_count then
      raise exception 'a trigger of the table left out % of the % rows to restore', kept_count - restored, kept_count
      using errcode = 'IJ504', hint = 'Let the trigger accept these rows, then ask for the undo again.';
    end if;
    execute format('drop table %s', kept);
  end if;
  update public.import_jobs as j set undone_at = clock_timestamp() where j.id = job.id;
  delete from importer.undo_requests as u where u.job_id = job.id;
  insert into public.import_job_events (job_id, event, attempt, detail)
  values (
    job.id, 'undone', job.attempts,
    jsonb_build_object('removed', removed, 'restored', restored, 'by', session_user)
  );
  return case when kept is null then removed else restored end;
end
$$;

-- A claim is counted before the work begins, so that rows that crash the server do not do so for ever. The row stays
-- free for 30 s: the transaction that does the work begins within that time and holds its lock, which this skips.
create function importer.claim_undos(max_undos integer) returns setof jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if importer.is_paused() or not exists (select from importer.undo_requests) then
    return;
  end if;
  perform importer.fail_undo(
    u.job_id, u.token, 'IJ104', format('the processor was lost in each of %s attempts', u.attempts),
    'Look for the cause in the processor''s log, then ask for the undo again.'
  )
  from importer.undo_requests as u
  where u.attempts >= 5 and u.run_after <= clock_timestamp()
  for update skip locked;
  return query
  with chosen as (
    select u.job_id from importer.undo_requests as u
    where u.run_after <= clock_timestamp()
    order by u.turn, u.run_after
    limit claim_undos.max_undos
    for update skip locked
  )

  update importer.undo_requests as u
  set token = gen_random_uuid(), attempts = u.attempts + 1, run_after = clock_timestamp() + interval '30 s'
  from chosen as c where u.job_id = c.job_id
  returning jsonb_build_object(
    'id', u.job_id, 'token', u.token, 'role', u.role, 'claims', u.claims, 'attempt', u.attempts
  );
end
$$;

comment on function importer.claim_undos(integer) is
'Takes up to max_undos requests of owners to undo a job, and returns what a processor needs for them. A request that was
taken five times without a result fails with IJ104.';

revoke all on function importer.claim_undos(integer) from public, anon, authenticated, service_role;
grant execute on function importer.claim_undos(integer) to import_processor;

-- Counts the rows of a job as the owner of this function, who sees them all, so that rows that the owner of the job may
-- not delete are not left behind in silence. The table is read by its OID, through a view, as in
-- importer.keep_replaced_rows(): another one that takes its place would run code with this function's rights.
create function importer.count_rows_of_job(job public.import_jobs, rules jsonb, relation regclass) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp set row_security = off
as $$
declare
  bound text := importer.job_table_name('bound', job.id);
  row_count bigint;
begin
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
  execute format('select count(*) from importer.%I as t where %s', bound, importer.rows_of_job(job, rules))
  into row_count;
  execute format('drop view importer.%I', bound);
  return row_count;
end
$$;

comment on function importer.count_rows_of_job(public.import_jobs, jsonb, regclass) is
'Returns how many rows of the target''s table an undo of the job would remove. Raises IJ503 if another table has taken
its place.';

revoke all on function importer.count_rows_of_job(public.import_jobs, jsonb, regclass)
from public, anon, authenticated, service_role;

-- The first statement of the transaction that does the work. The session may read the rows that the job replaced until
-- the transaction drops their table or is rolled back; nobody sees the grant.
create function importer.begin_undo(job_id uuid, token uuid) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  job public.import_jobs;
  rules jsonb;
  relation regclass;
  kept_name constant text := importer.job_table_name('replaced', begin_undo.job_id);
  kept constant regclass := to_regclass('importer.' || kept_name);
  obstacle text;
  row_count bigint;
  kept_count bigint := 0;
begin
  perform from importer.undo_requests as u
  where u.job_id = begin_undo.job_id and u.token = begin_undo.token for update;
  if not found then
    raise exception 'the request to undo the job is not this processor''s' using errcode = 'IJ103',
    hint = 'No action is needed: another processor has taken the job over, or the job was cancelled.';
  end if;
  select j.* into job from public.import_jobs as j where j.id = begin_undo.job_id;
  obstacle := importer.undo_obstacle(job);
  if obstacle is not null then
    raise exception 'the job cannot be undone: %', obstacle using errcode = 'IJ112',
    hint = 'Owners undo within undo_days of the target; ask an administrator to set it, or to undo the job.';
  end if;
  rules := importer.describe_target(job.target);
  relation := importer.lock_target(job.target);
  row_count := importer.count_rows_of_job(job, rules, relation);
  if kept is not null then
    execute format('select count(*) from %s', kept) into kept_count;
    execute format('grant select on %s to import_processor, import_uploader', kept);
  end if;
  return jsonb_build_object(
    'schema', rules ->> 'schema', 'table', rules ->> 'table', 'rows', row_count, 'kept_rows', kept_count,
    'column', coalesce(rules ->> 'provenance_column', rules ->> 'owner_column'),
    'value', case when rules ->> 'provenance_column' is not null then job.id else job.created_by end,
    'kept', case when kept is not null then kept_name end,
    'columns', (
      select coalesce(jsonb_agg(a.attname order by a.attnum), '[]') from pg_catalog.pg_attribute as a
      where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        and exists (select from pg_catalog.pg_attribute as k where k.attrelid = kept and k.attname = a.attname)
    )
  );
end
$$;

comment on function importer.begin_undo(uuid, uuid) is
'Holds a request to undo a job, and the table of its target, until the end of the transaction, and returns which rows
the undo removes and restores. Raises IJ103 if another processor has taken the request, IJ112 if the job cannot be
undone, and IJ503 if the target''s table is not the registered one.';

revoke all on function importer.begin_undo(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.begin_undo(uuid, uuid) to import_processor, import_uploader;

create function importer.finish_undo(job_id uuid, token uuid, removed bigint, restored bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  delete from importer.undo_requests as u where u.job_id = finish_undo.job_id and u.token = finish_undo.token;
  if not found then
    raise exception 'the request to undo the job is not this processor''s' using errcode = 'IJ103',
    hint = 'No action is needed: another processor has taken the job over, or the job was cancelled.';
  end if;
  execute format('drop table if exists importer.%I', importer.job_table_name('replaced', finish_undo.job_id));
  update public.import_jobs as j set undone_at = clock_timestamp() where j.id = finish_undo.job_id;
  insert into public.import_job_events (job_id, event, attempt, detail)
  select j.id, 'undone', j.attempts, jsonb_build_object('removed', removed, 'restored', restored, 'by', j.created_by)
  from public.import_jobs as j where j.id = finish_undo.job_id;
end
$$;

comment on function importer.finish_undo(uuid, uuid, bigint, bigint) is
'Records, in the transaction that has done it, that a job is undone. Raises IJ103 as importer.begin_undo() does.';

revoke all on function importer.finish_undo(uuid, uuid, bigint, bigint) from public, anon, authenticated, service_role;
grant execute on function importer.finish_undo(uuid, uuid, bigint, bigint) to import_processor, import_uploader;

create function importer.fail_undo(job_id uuid, token uuid, code text, message text, hint text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  delete from importer.undo_requests as u where u.job_id = fail_undo.job_id and u.token = fail_undo.token;
  if not found then
    return; -- another processor has taken it, or the job is gone
  end if;
  update public.import_jobs as j
  set undo_error_code = fail_undo.code, undo_error_message = fail_undo.message, undo_error_hint = fail_undo.hint
  where j.id = fail_undo.job_id;
  insert into public.import_job_events (job_id, event, attempt, detail)
  select j.id, 'undo_failed', j.attempts, jsonb_build_object('error_code', fail_undo.code)
  from public.import_jobs as j where j.id = fail_undo.job_id;
end
$$;

comment on function importer.fail_undo(uuid, uuid, text, text, text) is
'Ends a request to undo a job, with the reason for which it cannot be done.';

revoke all on function importer.fail_undo(uuid, uuid, text, text, text) from public, anon, authenticated, service_role;
grant execute on function importer.fail_undo(uuid, uuid, text, text, text) to import_processor;
