-- How jobs end, and what happens afterwards: completion, completion as a duplicate, failure and retry with back-off,
-- and the deletion of source files.

-- A file that brings its own ids leaves the sequence of the column behind, and the application's next insert fails
-- with 23505. The function looks only at columns that are the first of a B-tree index, because others need a scan of
-- the table, and only at tables of its own owner, because the query runs with the owner's rights. Neither an error nor
-- a lock may end a job whose rows are all loaded.
create function importer.advance_sequences(relation regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp set row_security = off set lock_timeout = '200ms'
as $$
declare
  owned record;
  highest bigint;
  last_given bigint;
begin
  for owned in
    select s.seqrelid::regclass as sequence, a.attname, s.seqmax
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_class as c on d.refobjid = c.oid
    inner join pg_catalog.pg_sequence as s on d.objid = s.seqrelid
    inner join pg_catalog.pg_attribute as a on d.refobjid = a.attrelid and d.refobjsubid = a.attnum
    where d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = advance_sequences.relation
      and d.classid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i') and s.seqincrement = 1
      and a.atttypid in ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
      and c.relowner = (select r.oid from pg_catalog.pg_roles as r where r.rolname = current_user)
      and (c.relkind = 'p' or not c.relhassubclass)
      and exists (
        select from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as x on i.indexrelid = x.oid
        inner join pg_catalog.pg_am as m on x.relam = m.oid
        where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indisvalid and i.indpred is null
          and m.amname = 'btree'
      )
  loop
    begin
      execute format('select max(%I) from %s', owned.attname, advance_sequences.relation) into highest;
      execute format('select last_value - (not is_called)::integer from %s', owned.sequence) into last_given;
      -- Never backwards, and not to the maximum, after which the sequence would have no values left.
      perform setval(owned.sequence, highest) where highest > last_given and highest < owned.seqmax;
    exception when others then
      raise warning 'could not advance the sequence of column "%" (SQLSTATE %)', owned.attname, sqlstate;
    end;
  end loop;
end
$$;

comment on function importer.advance_sequences(regclass) is
'Sets the sequences of a table''s serial and identity columns to the highest value in the column, if that is higher.';

revoke all on function importer.advance_sequences(regclass) from public, anon, authenticated, service_role;

-- The ledger, the counters of the job and the processor's own count of records must agree.
create function importer.finish_job(
  job_id uuid, token uuid, records bigint, file_sha256 text, report jsonb,
  errors_path text default null, output_path text default null
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  ledger record;
  job public.import_jobs;
begin
  perform importer.check_lease(finish_job.job_id, finish_job.token);
  select j.* into job from public.import_jobs as j where j.id = finish_job.job_id;
  select
    coalesce(sum(c.rows_read), 0) as rows_read, count(*) as chunks,
    coalesce(bool_and(c.byte_start = c.expected), true) as gapless
  into ledger
  from (
    select
      k.rows_read, k.byte_start, lag(k.byte_end, 1, k.byte_start) over (order by k.seq) as expected
    from importer.job_chunks as k where k.job_id = finish_job.job_id
  ) as c;
  if job.rows_read <> finish_job.records or ledger.rows_read <> finish_job.records or not ledger.gapless then
    raise exception 'the counts of records differ: ledger %, job %, file %',
      ledger.rows_read, job.rows_read, finish_job.records
    using errcode = 'IJ902', hint = 'This is a defect of import-jobs. Report it with the file''s dialect.';
  end if;
  update public.import_jobs as j
  set
    status = 'completed', bytes_read = coalesce(j.bytes_total, j.bytes_read), total_chunks = ledger.chunks,
    file_sha256 = coalesce(finish_job.file_sha256, j.file_sha256),
    report = finish_job.report || case
      when j.rows_rejected > 0 then importer.count_rejections_by_code(finish_job.job_id) else '{}'
    end,
    errors_path = finish_job.errors_path, output_path = finish_job.output_path
  where j.id = finish_job.job_id;
  -- Not for jobs of users: a user who may choose ids could exhaust the sequence for everybody.
  perform importer.advance_sequences(importer.registered_table(t))
  from importer.find_target(job.target) as t
  where (job.created_by is null or t.run_as = 'processor') and job.options -> 'dry_run' is distinct from 'true';
  delete from importer.job_rejections as r where r.job_id = finish_job.job_id;
  update importer.job_chunks as c set figures = null where c.job_id = finish_job.job_id and c.figures is not null;
end
$$;

comment on function importer.finish_job(uuid, uuid, bigint, text, jsonb, text, text) is
'Completes a job. Raises IJ902 unless the ledger, the counters and the given number of records agree, and IJ103 without
a valid lease.';

revoke all on function importer.finish_job(uuid, uuid, bigint, text, jsonb, text, text)
from public, anon, authenticated, service_role;
grant execute on function importer.finish_job(uuid, uuid, bigint, text, jsonb, text, text)
to import_processor, import_uploader;

-- A duplicate completes without having loaded anything. The first job may have been deleted since it was found.
create function importer.skip_duplicate(job_id uuid, token uuid, duplicate_of uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_lease(skip_duplicate.job_id, skip_duplicate.token);
  update public.import_jobs as j
  set
    status = 'completed', total_chunks = 0, bytes_read = coalesce(j.bytes_total, j.bytes_read),
    duplicate_of = (select e.id from public.import_jobs as e where e.id = skip_duplicate.duplicate_of),
    report = jsonb_build_object('duplicate_of', skip_duplicate.duplicate_of)
  where j.id = skip_duplicate.job_id;
end
$$;

comment on function importer.skip_duplicate(uuid, uuid, uuid) is
'Completes a job whose file another job has imported. Raises IJ103 without a valid lease.';

revoke all on function importer.skip_duplicate(uuid, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.skip_duplicate(uuid, uuid, uuid) to import_processor, import_uploader;

-- Exponential with full jitter: uniform between 0 and min(300 s, 2 s × 2^(attempt - 1)), so that jobs that failed
-- together do not run again together.
create function importer.backoff(attempt integer) returns interval
language sql volatile set search_path = pg_catalog, pg_temp
as $$
  select make_interval(secs => random() * least(300, 2 * power(2, least(greatest(backoff.attempt, 1), 20) - 1)))
$$;

comment on function importer.backoff(integer) is 'Returns how long to wait after a failed attempt (counted from 1).';

revoke all on function importer.backoff(integer) from public, anon, authenticated, service_role;

-- An attempt that failed for a transient cause is followed by another one after a back-off, while attempts are left.
-- The last attempt is not counted if it lost the database (IJ501) after it had committed a chunk: connections that are
-- lost again and again must not end a job that gets on between them. Each such attempt leaves a chunk less to do.
create function importer.fail_job(
  job_id uuid, token uuid, code text, message text, hint text, transient boolean, report jsonb default null,
  errors_path text default null
) returns public.import_job_status
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  job public.import_jobs;
  wait interval;
begin
  perform importer.check_lease(fail_job.job_id, fail_job.token);
  select j.* into job from public.import_jobs as j where j.id = fail_job.job_id;
  if fail_job.transient and fail_job.code = 'IJ501' and job.attempts = job.max_attempts and exists (
    select from importer.job_chunks as c inner join importer.job_leases as l on l.job_id = c.job_id
    where c.job_id = fail_job.job_id and c.committed_at > l.claimed_at
  ) then
    update public.import_jobs as j set attempts = j.attempts - 1 where j.id = fail_job.job_id returning j.* into job;
    insert into public.import_job_events (job_id, event, attempt) values (job.id, 'attempt_restored', job.attempts);
  end if;
  if fail_job.transient and job.attempts < job.max_attempts then
    wait := importer.backoff(job.attempts);
    insert into public.import_job_events (job_id, event, attempt, detail)
    values (
      job.id, 'retry_scheduled', job.attempts,
      jsonb_build_object('error_code', code, 'message', message, 'seconds', round(extract(epoch from wait)::numeric, 3))
    );
    update public.import_jobs as j
    set status = 'pending', run_after = clock_timestamp() + wait
    where j.id = fail_job.job_id;
    return 'pending'::public.import_job_status;
  end if;
  update public.import_jobs as j
  set
    status = 'failed', error_code = fail_job.code, error_message = fail_job.message,
    error_hint = coalesce(importer.hint_for_part(fail_job.job_id, fail_job.code), fail_job.hint),
    report = coalesce(
      fail_job.report
      || case when j.rows_rejected > 0 then importer.count_rejections_by_code(fail_job.job_id) else '{}' end, j.report
    ),
    errors_path = coalesce(fail_job.errors_path, j.errors_path)
  where j.id = fail_job.job_id;
  return 'failed'::public.import_job_status;
end
$$;

comment on function importer.fail_job(uuid, uuid, text, text, text, boolean, jsonb, text) is
'Ends an attempt: sets the job pending after a back-off if the cause is transient and attempts are left, else failed
with code, message and hint. Returns the new status. Raises IJ103 without a valid lease.';

revoke all on function importer.fail_job(uuid, uuid, text, text, text, boolean, jsonb, text)
from public, anon, authenticated, service_role;
grant execute on function importer.fail_job(uuid, uuid, text, text, text, boolean, jsonb, text) to import_processor;

-- The files of completed jobs with options.delete_source. A deletion that failed never fails the job; the file is
-- returned again for a week.
create function importer.sources_to_delete() returns table (job_id uuid, bucket_id text, object_path text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select j.id, j.bucket_id, j.object_path
  from public.import_jobs as j
  where j.status = 'completed' and j.source_deleted_at is null
    and j.options -> 'delete_source' = 'true' and coalesce(j.options -> 'dry_run', 'false') <> 'true'
    and j.finished_at > now() - interval '7 days'
    -- A user's job may delete files only in the user's own folder.
    and (j.created_by is null or (j.bucket_id = 'imports' and starts_with(j.object_path, j.created_by || '/')))
  order by j.finished_at
  limit 100
$$;

comment on function importer.sources_to_delete() is
'Returns the files that completed jobs asked to delete and that have not been deleted yet, the oldest job first.';

revoke all on function importer.sources_to_delete() from public, anon, authenticated, service_role;
grant execute on function importer.sources_to_delete() to import_processor;

create function importer.source_deleted(job_id uuid) returns void
language sql security definer set search_path = pg_catalog, pg_temp
as $$
  update public.import_jobs as j set source_deleted_at = clock_timestamp()
  where j.id = source_deleted.job_id and j.status = 'completed' and j.source_deleted_at is null
$$;

comment on function importer.source_deleted(uuid) is 'Records that the file of a completed job has been deleted.';

revoke all on function importer.source_deleted(uuid) from public, anon, authenticated, service_role;
grant execute on function importer.source_deleted(uuid) to import_processor;
