-- on_error = 'abort' means what it means in COPY: nothing of the file stays. The rows of such a job are collected in a
-- staging table, as those of an all-or-nothing job, but its options remain as they are: a retry with on_error 'skip'
-- loads the good rows as they come. So a job has staged rows if its staging table exists, whatever its options say.

create function importer.on_error(job public.import_jobs) returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    on_error.job.options ->> 'on_error',
    (select t.options ->> 'on_error' from importer.find_target(on_error.job.target) as t), 'skip'
  )
$$;

comment on function importer.on_error(public.import_jobs) is
'Returns what a bad row of a job does, skip or abort, by the job''s options or the defaults of its target.';

revoke all on function importer.on_error(public.import_jobs) from public, anon, authenticated, service_role;

create function importer.stages(job public.import_jobs) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select 'true' in (coalesce(stages.job.options -> 'atomic', 'null'), coalesce(stages.job.options -> 'dry_run', 'null'))
    or importer.on_error(stages.job) = 'abort'
    or exists (select from importer.find_target(stages.job.target) as t where t.mode = 'replace')
$$;

comment on function importer.stages(public.import_jobs) is
'Returns whether the rows of a job are collected in a staging table until its end.';

revoke all on function importer.stages(public.import_jobs) from public, anon, authenticated, service_role;

-- As before, except that an attempt without a stage drops that of an earlier one where it begins the file, and fails
-- where staged rows would be forgotten because the target's default of on_error has changed.
create or replace function importer.open_job(
  job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb
) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  job public.import_jobs;
  ledger jsonb;
begin
  -- The commit need not wait for the disk. If a crash of the server undoes it, the next attempt does it again; no chunk
  -- can survive the crash without it, because the log is written in order.
  perform set_config('synchronous_commit', 'off', true);
  perform importer.check_lease(open_job.job_id, open_job.token);
  select j.* into job from public.import_jobs as j where j.id = open_job.job_id;
  if job.file_etag is distinct from open_job.file_etag and job.file_etag is not null
    or job.bytes_total <> open_job.bytes_total
  then
    raise exception 'the file changed while it was being imported' using errcode = 'IJ204',
    hint = 'Retry the job to import the file as it is now.';
  end if;
  perform importer.lock_target(t.name) from importer.find_target(job.target) as t where t.mode <> 'none';
  update public.import_jobs as j
  set
    phase = 'loading', file_etag = open_job.file_etag, bytes_total = open_job.bytes_total,
    dialect = open_job.dialect
  where j.id = open_job.job_id;
  select jsonb_agg(to_jsonb(c) - 'job_id' order by c.seq) into ledger
  from importer.job_chunks as c where c.job_id = open_job.job_id;
  if to_regclass(format('importer.%I', importer.job_table_name('staging', job.id))) is not null
    and not importer.stages(job)
  then
    if ledger is not null then
      raise exception 'rows of this job are in its stage, and no longer go there' using errcode = 'IJ504',
      hint = 'Retry the job: it starts from the beginning.';
    end if;
    perform importer.drop_staging_table(open_job.job_id, open_job.token);
  end if;
  if ledger is not null then
    insert into public.import_job_events (job_id, event, attempt, detail)
    values (job.id, 'resumed', job.attempts, jsonb_build_object('chunks', jsonb_array_length(ledger)));
  end if;
  return coalesce(ledger, '[]');
end
$$;

-- As before, except that the options of a job with on_error = 'abort' are left alone.
create or replace function importer.prepare_staging_table(job_id uuid, token uuid, columns text[]) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  staging text := importer.job_table_name('staging', prepare_staging_table.job_id);
  aborts boolean;
begin
  perform importer.check_lease(prepare_staging_table.job_id, prepare_staging_table.token);
  select importer.on_error(j) = 'abort' into aborts
  from public.import_jobs as j where j.id = prepare_staging_table.job_id;
  if exists (select from importer.job_chunks as c where c.job_id = prepare_staging_table.job_id) then
    if to_regclass(format('importer.%I', staging)) is null then
      if aborts then
        raise exception 'rows of this job are already in the target' using errcode = 'IJ504',
        hint = 'Set on_error of the job to skip, with retry_import_job(id, options): it goes on where it was.';
      end if;
      raise exception 'rows of this job are already in the target' using errcode = 'IJ504',
      hint = 'Give the target its former mode again, which was changed while the job ran, then retry the job.';
    end if;
    return staging;
  end if;
  update public.import_jobs as j set options = j.options || '{"atomic": true}'
  where j.id = prepare_staging_table.job_id
    and 'true' not in (coalesce(j.options -> 'atomic', 'null'), coalesce(j.options -> 'dry_run', 'null'))
    and not aborts;
  perform importer.create_job_table(
    staging, importer.target_relation(j.target, must_exist => true), array['#record', '#line'],
    prepare_staging_table.columns
  )
  from public.import_jobs as j where j.id = prepare_staging_table.job_id;
  execute format('grant delete on importer.%I to import_processor', staging);
  return staging;
end
$$;

-- As before, except that a job with a staging table counts as one with staged rows. Clients may not look the name up in
-- the schema importer, but everybody may read the catalog.
create or replace function importer.guard_import_job() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := clock_timestamp();
  if new.status = old.status then
    return new;
  end if;
  if (old.status, new.status) not in (
    ('pending', 'running'), ('pending', 'failed'), ('pending', 'cancelled'), ('running', 'pending'),
    ('running', 'completed'), ('running', 'failed'), ('running', 'cancelled'), ('failed', 'pending'),
    ('cancelled', 'pending')
  ) then
    raise exception 'a % job cannot become %', old.status, new.status using errcode = 'IJ101',
    hint = 'Retry only failed or cancelled jobs, and cancel only pending or running jobs.';
  end if;
  -- Clients may only retry and cancel. Every other change comes from a function, which runs as its owner.
  if current_user in ('authenticated', 'anon', 'service_role')
    and not (new.status = 'cancelled' or (new.status = 'pending' and old.status in ('failed', 'cancelled')))
  then
    raise exception 'only the processor can make a job %', new.status using errcode = 'IJ101',
    hint = 'Set status to pending to retry a failed or cancelled job, or to cancelled to cancel a job.';
  end if;
  if new.status <> 'running' then
    new.phase := null;
  end if;
  if new.status in ('failed', 'cancelled', 'completed') then
    new.finished_at := clock_timestamp();
  end if;
  -- A job that did not complete has nothing of its stage in the target, so its staged rows count as skipped.
  if new.status in ('failed', 'cancelled') and new.rows_loaded > 0 and (
    'true' in (new.options -> 'atomic', new.options -> 'dry_run') or exists (
      select from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where n.nspname = 'importer' and c.relname = 'staging_' || replace(new.id::text, '-', '')
    )
  ) then
    new.rows_skipped := new.rows_skipped + new.rows_loaded;
    new.rows_loaded := 0;
  end if;
  -- A manual retry starts a new series of attempts. Loaded rows stay loaded; if there are none, the file may be another
  -- one.
  if new.status = 'pending' and old.status in ('failed', 'cancelled') then
    new.attempts := 0;
    new.error_code := null;
    new.error_message := null;
    new.error_hint := null;
    new.finished_at := null;
    -- A job that has not started yet keeps the time for which it was scheduled; a back-off ends.
    new.run_after := case when old.started_at is null then greatest(old.run_after, now()) else now() end;
    if new.chunks_done = 0 then
      new.file_etag := null;
      new.file_sha256 := null;
      new.bytes_total := null;
    end if;
  end if;
  return new;
end
$$;

-- As before, for the same reason.
create or replace function importer.hint_for_part(job_id uuid, code text) returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select case
    when hint_for_part.code = 'IJ201' then 'Upload the same file again under that path, then retry the job.'
    when hint_for_part.code = 'IJ204' then
      'Upload the earlier file again under the same path, then retry the job. Or have the job undone, then retry it: '
      || 'it imports the file as it is now.'
    when l.gapless then format(
      'Records 1 to %s of the file are loaded or rejected. Upload the others, corrected and below the same header, as a '
      || 'file of their own, and insert a job for it. Do not import the whole file again.', l.records
    )
    else
      'Rows of the file are in the target. Have the job undone, upload the corrected file under the same path, then '
      || 'retry the job.'
  end
  from public.import_jobs as j
  cross join lateral (
    select count(*) = max(c.seq) + 1 as gapless, sum(c.rows_read) as records
    from importer.job_chunks as c where c.job_id = j.id
  ) as l
  where j.id = hint_for_part.job_id and j.rows_loaded > 0
    and hint_for_part.code in ('IJ201', 'IJ204', 'IJ304', 'IJ305', 'IJ311')
    and not coalesce('true' in (j.options -> 'atomic', j.options -> 'dry_run'), false)
    and to_regclass(format('importer.%I', importer.job_table_name('staging', j.id))) is null
$$;
