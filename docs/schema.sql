-- The schema that supabase/migrations make, for reading. Not a migration: nothing runs it.
-- Written by `python -m tests.conventions.schema`.

CREATE SCHEMA importer;

COMMENT ON SCHEMA importer IS 'What import-jobs keeps to itself: leases, the chunk ledger, settings and the functions of the processor.';

COMMENT ON SCHEMA public IS 'standard public schema';

CREATE TYPE public.import_job_status AS ENUM (
    'pending',
    'running',
    'completed',
    'failed',
    'cancelled'
);

COMMENT ON TYPE public.import_job_status IS 'pending → running → completed | failed | cancelled; a retry goes back to pending.';

CREATE FUNCTION importer.backoff(attempt integer) RETURNS interval
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select make_interval(secs => random() * least(300, 2 * power(2, least(greatest(backoff.attempt, 1), 20) - 1)))
$$;

COMMENT ON FUNCTION importer.backoff(attempt integer) IS 'How long to wait after a failed attempt (counted from 1).';

CREATE FUNCTION importer.check_import_job() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
begin
  perform importer.check_import_options(new.options);
  if new.status <> 'pending' or new.phase is not null or new.attempts <> 0 or new.error_code is not null then
    raise exception 'a new job is pending' using errcode = 'IJ101', hint = 'Leave out the columns of state.';
  end if;
  if new.object_path = '' or octet_length(new.object_path) > 1024 or new.object_path ~ '[[:cntrl:]]'
    or new.object_path ~ '(^|/)[.]{0,2}(/|$)'
  then
    raise exception 'object_path is not the path of an object' using errcode = 'IJ107',
    hint = 'Give the path inside the bucket, such as <user id>/<random>/contacts.csv: no leading or double slash, no dots alone.';
  end if;
  if octet_length(new.target) > 512 or octet_length(new.bucket_id) > 128 or octet_length(new.idempotency_key) > 512 then
    raise exception 'target, bucket_id or idempotency_key is too long' using errcode = 'IJ107',
    hint = 'At most 512, 128 and 512 bytes.';
  end if;
  -- A client may name only what it may read itself: the processor reads with a key that may read all.
  if (select auth.uid()) is not null
    and (new.bucket_id <> 'imports' or split_part(new.object_path, '/', 1) <> (select auth.uid())::text)
  then
    raise exception 'the file is not in your folder of the bucket imports' using errcode = 'IJ602',
    hint = 'Upload it to <your user id>/… in the bucket imports and name that path.';
  end if;
  -- These decide what the job's states mean in SQL, so a target's defaults are written into the job.
  new.options := (
    select coalesce(jsonb_object_agg(d.key, d.value), '{}')
    from jsonb_each(importer.describe_target(new.target) -> 'options') as d
    where d.key in ('atomic', 'dry_run', 'delete_source')
  ) || new.options;
  return new;
end
$_$;

COMMENT ON FUNCTION importer.check_import_job() IS 'Trigger function: refuses a new job with wrong options (IJ102), a state of its own (IJ101), an impossible path (IJ107)
or a file that is not the client''s (IJ602).';

CREATE FUNCTION importer.check_import_options(options jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
declare
  wrong record;
begin
  if jsonb_typeof(options) <> 'object' then
    raise exception 'options is not a JSON object' using errcode = 'IJ102', hint = 'Write options as {"name": value}.';
  end if;
  if octet_length(options::text) > 65536 then
    raise exception 'options is larger than 64 kB' using errcode = 'IJ102', hint = 'Keep only the names in docs/sql.md.';
  end if;
  select given.key, known.kind into wrong
  from jsonb_each(options) as given
  left join (
    values
    ('encoding', 'text'), ('delimiter', 'mark'), ('quote', 'mark'), ('escape', 'mark'), ('comment', 'mark'),
    ('compression', 'text'), ('has_header', 'boolean'), ('skip_lines', 'count'), ('mapping', 'object of text'),
    ('unknown_columns', 'ignore|error'), ('locale', 'text'), ('decimal', 'one mark'), ('thousands', 'mark'),
    ('date_formats', 'array of text'), ('timestamp_formats', 'array of text'), ('true_values', 'array of text'),
    ('false_values', 'array of text'), ('null_values', 'array of text'), ('trim', 'boolean'), ('time_zone', 'text'),
    ('on_error', 'skip|abort'), ('max_errors', 'count or per cent'), ('atomic', 'boolean'), ('dry_run', 'boolean'),
    ('output', 'boolean'), ('force', 'boolean'), ('delete_source', 'boolean')
  ) as known (name, kind) on known.name = given.key
  where not coalesce(
    case known.kind
      when 'text' then jsonb_typeof(given.value) = 'string' and given.value #>> '{}' <> ''
      when 'mark' then jsonb_typeof(given.value) = 'string' and length(given.value #>> '{}') <= 1
      when 'one mark' then jsonb_typeof(given.value) = 'string' and length(given.value #>> '{}') = 1
      when 'boolean' then jsonb_typeof(given.value) = 'boolean'
      when 'count' then jsonb_typeof(given.value) = 'number' and given.value::text ~ '^[0-9]{1,9}$'
      when 'count or per cent' then
        (jsonb_typeof(given.value) = 'number' and given.value::text ~ '^[0-9]{1,9}$')
        or (
          jsonb_typeof(given.value) = 'string'
          and given.value #>> '{}' ~ '^([0-9]{1,2}([.][0-9]{1,6})?|100([.]0{1,6})?)%$'
        )
      when 'array of text' then
        jsonb_typeof(given.value) = 'array' and not jsonb_path_exists(given.value, 'strict $[*] ? (@.type() != "string")')
      when 'object of text' then
        jsonb_typeof(given.value) = 'object' and not jsonb_path_exists(given.value, '$.* ? (@.type() != "string")')
      else given.value #>> '{}' = any (string_to_array(known.kind, '|'))
    end, false
  )
  limit 1;
  if found and wrong.kind is null then
    raise exception 'unknown option "%"', left(wrong.key, 60)
    using errcode = 'IJ102', hint = 'docs/sql.md lists the names of all options.';
  elsif found then
    raise exception 'option "%" has a wrong value', wrong.key
    using errcode = 'IJ102',
    hint = format('It takes: %s.', regexp_replace(wrong.kind, '^(one )?mark$', 'one character'));
  end if;
end
$_$;

COMMENT ON FUNCTION importer.check_import_options(options jsonb) IS 'Raises IJ102 for an unknown option or one with a wrong type or value.';

CREATE FUNCTION importer.check_import_target() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
begin
  perform importer.check_import_options(new.options);
  if jsonb_path_exists(new.columns, 'strict $.* ? (@.type() != "object")')
    or jsonb_path_exists(new.columns, 'lax $.*.aliases ? (@.type() != "string")')
    or jsonb_path_exists(new.columns, 'strict $.* ? (exists (@.aliases) && @.aliases.type() != "array")')
  then
    raise exception 'the settings of a column are not as they must be' using errcode = 'IJ102',
    hint = 'Write each column as an object, such as {"phone": {"aliases": ["Celular"]}}.';
  end if;
  new.updated_at := now();
  return new;
end
$_$;

COMMENT ON FUNCTION importer.check_import_target() IS 'Trigger function: refuses wrong default options of a target (IJ102).';

CREATE FUNCTION importer.claim_jobs(worker text, max_jobs integer, lease_seconds integer DEFAULT 45) RETURNS SETOF jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pg_advisory_xact_lock(hashtextextended('importer.claim_jobs', 0));
  return query
  with chosen as (
    select j.id from public.import_jobs as j
    where j.id in (select importer.next_jobs(claim_jobs.max_jobs)) and j.status = 'pending'
    for update skip locked
  ),

  claimed as (
    update public.import_jobs as j
    set
      status = 'running', phase = 'opening', attempts = j.attempts + 1,
      started_at = coalesce(j.started_at, clock_timestamp())
    from chosen where j.id = chosen.id
    returning j.*
  ),

  leases as (
    insert into importer.job_leases (job_id, worker, attempt, expires_at)
    select c.id, claim_jobs.worker, c.attempts, clock_timestamp() + make_interval(secs => claim_jobs.lease_seconds)
    from claimed as c
    on conflict (job_id) do update
    set
      token = gen_random_uuid(), worker = excluded.worker, attempt = excluded.attempt,
      claimed_at = clock_timestamp(), expires_at = excluded.expires_at
    returning job_id, token
  )

  select jsonb_build_object(
    'id', c.id, 'token', l.token, 'attempt', c.attempts, 'bucket_id', c.bucket_id, 'object_path', c.object_path,
    'target_name', c.target, 'target', importer.describe_target(c.target), 'options', c.options,
    'created_by', c.created_by
  )
  from claimed as c inner join leases as l on l.job_id = c.id
  order by c.priority desc, c.created_at;
end
$$;

COMMENT ON FUNCTION importer.claim_jobs(worker text, max_jobs integer, lease_seconds integer) IS 'Takes up to max_jobs due jobs for a worker: sets them running, counts the attempt, gives each a lease of lease_seconds.
Returns for each what the processor needs, the lease''s token with it.';

CREATE FUNCTION importer.commit_chunk(job_id uuid, token uuid, seq integer, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, bytes_read bigint, errors jsonb, kept integer DEFAULT 10000, preview jsonb DEFAULT NULL::jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform importer.hold_lease(commit_chunk.job_id, commit_chunk.token);

  insert into importer.job_chunks (
    job_id, seq, byte_start, byte_end, next_line, next_record,
    rows_read, rows_loaded, rows_rejected, rows_skipped, attempt
  )
  select
    commit_chunk.job_id, commit_chunk.seq, commit_chunk.byte_start, commit_chunk.byte_end, commit_chunk.next_line,
    commit_chunk.next_record, commit_chunk.rows_read, commit_chunk.rows_loaded, commit_chunk.rows_rejected,
    commit_chunk.rows_skipped, j.attempts
  from public.import_jobs as j where j.id = commit_chunk.job_id;

  if jsonb_array_length(errors) > 0 then
    perform importer.keep_errors(commit_chunk.job_id, errors, kept);
  end if;

  update public.import_jobs as j
  set
    bytes_read = greatest(j.bytes_read, commit_chunk.bytes_read),
    rows_read = j.rows_read + commit_chunk.rows_read,
    rows_loaded = j.rows_loaded + commit_chunk.rows_loaded,
    rows_rejected = j.rows_rejected + commit_chunk.rows_rejected,
    rows_skipped = j.rows_skipped + commit_chunk.rows_skipped,
    chunks_done = j.chunks_done + 1,
    preview = coalesce(commit_chunk.preview, j.preview)
  where j.id = commit_chunk.job_id and j.status = 'running';
end
$$;

COMMENT ON FUNCTION importer.commit_chunk(job_id uuid, token uuid, seq integer, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, bytes_read bigint, errors jsonb, kept integer, preview jsonb) IS 'Enters a chunk into the ledger, its rejected rows and the job''s counters; raises IJ103 when the lease is over.';

CREATE FUNCTION importer.configure(processor_url text, wake_token text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  secret record;
  secret_id uuid;
begin
  if to_regclass('vault.decrypted_secrets') is null then
    insert into importer.settings (name, value)
    values ('import_jobs_processor_url', processor_url), ('import_jobs_wake_token', wake_token)
    on conflict (name) do update set value = excluded.value, updated_at = now();
    return 'importer.settings';
  end if;
  for secret in
    select * from (values ('import_jobs_processor_url', processor_url), ('import_jobs_wake_token', wake_token))
      as s (name, value)
  loop
    execute 'select id from vault.decrypted_secrets where name = $1' into secret_id using secret.name;
    if secret_id is null then
      execute 'select vault.create_secret($1, $2)' using secret.value, secret.name;
    else
      execute 'select vault.update_secret($1, $2)' using secret_id, secret.value;
    end if;
  end loop;
  delete from importer.settings where name in ('import_jobs_processor_url', 'import_jobs_wake_token');
  return 'vault';
end
$_$;

COMMENT ON FUNCTION importer.configure(processor_url text, wake_token text) IS 'Stores where the processor listens and the token that rings it; says where they went (vault or importer.settings).';

CREATE FUNCTION importer.describe_target(target text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select jsonb_build_object(
    'name', t.name,
    'schema', n.nspname,
    'table', c.relname,
    'options', t.options,
    'settings', t.columns,
    'columns', coalesce(
      (
        select jsonb_agg(to_jsonb(i) order by i.place)
        from importer.insertable_columns(c.oid) as i where t.columns ? i.name
      ), '[]'
    ),
    'missing', (
      select coalesce(jsonb_agg(k.name order by k.name), '[]')
      from jsonb_object_keys(t.columns) as k (name)
      where k.name not in (select i.name from importer.insertable_columns(c.oid) as i)
    )
  )
  from public.import_targets as t
  left join pg_catalog.pg_class as c on c.oid = to_regclass(t.table_name)
  left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where t.name = describe_target.target or t.table_name = describe_target.target
  order by t.name = describe_target.target desc, t.name
  limit 1
$$;

COMMENT ON FUNCTION importer.describe_target(target text) IS 'A registered target with its columns as the catalog has them now; null when there is none of that name.';

CREATE FUNCTION importer.drop_stages() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET lock_timeout TO '100ms'
    AS $_$
declare
  stage record;
  dropped integer := 0;
begin
  for stage in
    select c.relname
    from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'importer' and c.relkind = 'r' and c.relname ~ '^stage_[0-9a-f]{32}$'
      and not exists (
        select from public.import_jobs as j
        where importer.stage_name(j.id) = c.relname and j.status in ('pending', 'running')
      )
  loop
    begin
      execute format('drop table if exists importer.%I', stage.relname);
      dropped := dropped + 1;
    exception when lock_not_available or deadlock_detected then
      raise debug 'staging table % is in use', stage.relname;
    end;
  end loop;
  return dropped;
end
$_$;

COMMENT ON FUNCTION importer.drop_stages() IS 'Drops the staging tables of jobs that have ended; those in use are left for the next call. Returns how many.';

CREATE FUNCTION importer.end_former_sessions(job_id uuid, token uuid, lease_seconds integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if not importer.renew_lease(end_former_sessions.job_id, end_former_sessions.token, lease_seconds) then
    return 0;
  end if;
  -- Materialized, or the planner may call the function for sessions that the other conditions rule out.
  return (
    with former as materialized (
      select a.pid from pg_catalog.pg_stat_activity as a
      where a.usename = current_user and a.datname = current_database() and a.pid <> pg_backend_pid()
        and a.application_name = 'import-jobs ' || end_former_sessions.job_id
    )

    select count(*) from former where pg_terminate_backend(former.pid, 5000)
  );
end
$$;

COMMENT ON FUNCTION importer.end_former_sessions(job_id uuid, token uuid, lease_seconds integer) IS 'Ends sessions of former holders that are in a transaction for this job; returns how many. Does nothing without a lease.';

CREATE FUNCTION importer.fail_job(job_id uuid, token uuid, code text, message text, hint text, transient boolean, report jsonb DEFAULT NULL::jsonb, errors_path text DEFAULT NULL::text) RETURNS public.import_job_status
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  job public.import_jobs;
  wait interval;
begin
  perform importer.hold_lease(fail_job.job_id, fail_job.token);
  select j.* into job from public.import_jobs as j where j.id = fail_job.job_id;
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
    return 'pending';
  end if;
  update public.import_jobs as j
  set
    status = 'failed', error_code = fail_job.code, error_message = fail_job.message, error_hint = fail_job.hint,
    report = coalesce(fail_job.report, j.report), errors_path = coalesce(fail_job.errors_path, j.errors_path)
  where j.id = fail_job.job_id;
  return 'failed';
end
$$;

COMMENT ON FUNCTION importer.fail_job(job_id uuid, token uuid, code text, message text, hint text, transient boolean, report jsonb, errors_path text) IS 'Ends an attempt: back to pending after a back-off when the cause is transient and attempts are left, else failed with
code, message and hint. Returns the new status; raises IJ103 without a lease.';

CREATE FUNCTION importer.finish_job(job_id uuid, token uuid, records bigint, file_sha256 text, report jsonb, errors_path text DEFAULT NULL::text, output_path text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  ledger record;
  job public.import_jobs;
begin
  perform importer.hold_lease(finish_job.job_id, finish_job.token);
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
    raise exception 'the ledger has % records, the job %, the file %', ledger.rows_read, job.rows_read, finish_job.records
    using errcode = 'IJ902', hint = 'This is a defect of import-jobs: please report it with the file''s dialect.';
  end if;
  update public.import_jobs as j
  set
    status = 'completed', bytes_read = coalesce(j.bytes_total, j.bytes_read), total_chunks = ledger.chunks,
    file_sha256 = finish_job.file_sha256, report = finish_job.report,
    errors_path = finish_job.errors_path, output_path = finish_job.output_path
  where j.id = finish_job.job_id;
  delete from importer.job_rejects as r where r.job_id = finish_job.job_id;
end
$$;

COMMENT ON FUNCTION importer.finish_job(job_id uuid, token uuid, records bigint, file_sha256 text, report jsonb, errors_path text, output_path text) IS 'Completes a job; raises IJ902 unless ledger, counters and the given number of records agree, IJ103 without a lease.';

CREATE FUNCTION importer.finish_stage(job_id uuid, token uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform importer.hold_lease(finish_stage.job_id, finish_stage.token);
  execute format('drop table importer.%I', importer.stage_name(finish_stage.job_id));
end
$$;

COMMENT ON FUNCTION importer.finish_stage(job_id uuid, token uuid) IS 'Drops the staging table of a job, once its rows are in the target; raises IJ103 without a lease.';

CREATE FUNCTION importer.follow_import_job() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if tg_op = 'UPDATE' and old.status = 'running' then
    delete from importer.job_leases where job_id = new.id;
  end if;
  if tg_op = 'UPDATE' and old.chunks_done > 0 and new.chunks_done = 0 then
    delete from importer.job_chunks where job_id = new.id;
    delete from public.import_job_errors where job_id = new.id;
    delete from importer.job_rejects where job_id = new.id;
  end if;
  insert into public.import_job_events (job_id, event, attempt, detail)
  values (
    new.id, new.status, new.attempts,
    jsonb_strip_nulls(jsonb_build_object(
      'from', case when tg_op = 'UPDATE' then old.status end,
      'error_code', new.error_code,
      'by', session_user
    ))
  );
  return null;
end
$$;

COMMENT ON FUNCTION importer.follow_import_job() IS 'Trigger function: writes the event of a transition and ends the lease of a job that stops running.';

CREATE FUNCTION importer.give_back_job(job_id uuid, token uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform importer.hold_lease(give_back_job.job_id, give_back_job.token);
  insert into public.import_job_events (job_id, event, attempt)
  select j.id, 'given_back', j.attempts from public.import_jobs as j where j.id = give_back_job.job_id;
  update public.import_jobs as j
  set status = 'pending', attempts = j.attempts - 1
  where j.id = give_back_job.job_id;
  perform importer.ring(array[give_back_job.job_id]);
end
$$;

COMMENT ON FUNCTION importer.give_back_job(job_id uuid, token uuid) IS 'Puts a job back to pending without counting the attempt, and rings for another processor.';

CREATE FUNCTION importer.grant_target(relation regclass, columns text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  statement text;
begin
  for statement in
    select format('grant usage on schema %I to import_processor', s.nspname)
    from pg_catalog.pg_namespace as s
    where s.nspname <> 'pg_catalog' and s.oid in (
      select c.relnamespace from pg_catalog.pg_class as c where c.oid = relation
      union
      select t.typnamespace
      from pg_catalog.pg_attribute as a inner join pg_catalog.pg_type as t on t.oid = a.atttypid
      where a.attrelid = relation and a.attname = any (columns)
    )
    and not has_schema_privilege('import_processor', s.oid, 'usage')
    union all
    select format(
      'grant insert (%s) on %s to import_processor',
      (select string_agg(format('%I', c.name), ', ') from unnest(columns) as c (name)), relation
    )
    union all
    select format('grant usage on sequence %s to import_processor', d.objid::regclass)
    from pg_catalog.pg_depend as d inner join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
    where d.refobjid = relation and d.deptype = 'a'
  loop
    execute statement;
  end loop;
end
$$;

COMMENT ON FUNCTION importer.grant_target(relation regclass, columns text[]) IS 'Grants the processor what it needs to load into a table; runs with the rights of the administrator who calls.';

CREATE FUNCTION importer.guard_import_job() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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
    hint = 'Only failed and cancelled jobs can be retried, only pending and running ones cancelled.';
  end if;
  -- A client's role changes states by hand; everything else comes through functions of their owner.
  if current_user in ('authenticated', 'anon', 'service_role')
    and not (new.status = 'cancelled' or (new.status = 'pending' and old.status in ('failed', 'cancelled')))
  then
    raise exception 'a job is made % by the processor only', new.status using errcode = 'IJ101',
    hint = 'Set status to pending to retry an ended job, or to cancelled.';
  end if;
  if new.status <> 'running' then
    new.phase := null;
  end if;
  if new.status in ('failed', 'cancelled', 'completed') then
    new.finished_at := clock_timestamp();
  end if;
  -- Of an all-or-nothing job, or a dry run, that did not complete nothing is in the target: what was staged is passed over.
  if new.status in ('failed', 'cancelled') and 'true' in (new.options -> 'atomic', new.options -> 'dry_run') then
    new.rows_skipped := new.rows_skipped + new.rows_loaded;
    new.rows_loaded := 0;
  end if;
  -- A retry by hand starts a new series of attempts. What is in stays in; a file of which nothing
  -- is in may be another.
  if new.status = 'pending' and old.status in ('failed', 'cancelled') then
    new.attempts := 0;
    new.error_code := null;
    new.error_message := null;
    new.error_hint := null;
    new.finished_at := null;
    new.run_after := now();
    -- An all-or-nothing job begins anew; follow_import_job() clears its ledger.
    if 'true' in (new.options -> 'atomic', new.options -> 'dry_run') then
      new.rows_read := 0;
      new.rows_rejected := 0;
      new.rows_skipped := 0;
      new.bytes_read := 0;
      new.chunks_done := 0;
    end if;
    if new.chunks_done = 0 then
      new.file_etag := null;
      new.bytes_total := null;
    end if;
  end if;
  return new;
end
$$;

COMMENT ON FUNCTION importer.guard_import_job() IS 'Trigger function: refuses illegal transitions (IJ101) and keeps the columns that follow from the status.';

CREATE FUNCTION importer.hold_lease(job_id uuid, token uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform from public.import_jobs as j where j.id = hold_lease.job_id for no key update;
  perform from importer.job_leases as l
  where l.job_id = hold_lease.job_id and l.token = hold_lease.token and l.expires_at > clock_timestamp();
  if not found then
    raise exception 'the lease on job % is over', hold_lease.job_id using errcode = 'IJ103',
    hint = 'Another processor has taken the job over, or it was cancelled; nothing more is written here.';
  end if;
end
$$;

COMMENT ON FUNCTION importer.hold_lease(job_id uuid, token uuid) IS 'Raises IJ103 unless the token is that of the job''s lease and the lease is not over; else keeps it until the commit.';

CREATE FUNCTION importer.insertable_columns(relation regclass) RETURNS TABLE(name text, place smallint, type text, base text, kind text, not_null boolean, required boolean, labels text[])
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select
    a.attname::text,
    a.attnum,
    format_type(a.atttypid, a.atttypmod),
    format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null),
    t.typtype::text,
    a.attnotnull or t.typnotnull,
    (a.attnotnull or t.typnotnull) and not a.atthasdef and a.attidentity = '' and t.typdefault is null,
    coalesce(
      (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_catalog.pg_enum as e where e.enumtypid = t.oid),
      '{}'
    )
  from pg_catalog.pg_attribute as a
  inner join pg_catalog.pg_type as t on t.oid = a.atttypid
  where a.attrelid = insertable_columns.relation
    and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity <> 'a'
  order by a.attnum
$$;

COMMENT ON FUNCTION importer.insertable_columns(relation regclass) IS 'Columns of a table that an import may write, with their types as Postgres spells them.';

CREATE FUNCTION importer.keep_errors(job_id uuid, errors jsonb, kept integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with rejected as (
    select e.record, e.line, e."column", e.code, e.message, e.raw, row_number() over (order by e.record) as place
    from jsonb_to_recordset(keep_errors.errors)
      as e (record bigint, line bigint, "column" text, code text, message text, raw text)
  ),

  shown as (
    insert into public.import_job_errors (job_id, record_number, line_number, column_name, code, message, raw)
    select keep_errors.job_id, r.record, r.line, r."column", r.code, r.message, left(r.raw, 8192)
    from rejected as r where r.place <= keep_errors.kept
  )

  insert into importer.job_rejects (job_id, record_number, line_number, column_name, code, message, raw)
  select keep_errors.job_id, r.record, r.line, r."column", r.code, r.message, r.raw
  from rejected as r where r.place > keep_errors.kept or length(r.raw) > 8192
$$;

COMMENT ON FUNCTION importer.keep_errors(job_id uuid, errors jsonb, kept integer) IS 'Writes rejected rows: the first `kept` to import_job_errors, cut at 8 kB; the others, and long ones whole, aside.';

CREATE FUNCTION importer.next_jobs(max_jobs integer) RETURNS SETOF uuid
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  with active as (
    select
      j.id, j.status, j.created_by, j.priority, j.created_at, coalesce(t.name, j.target) as target,
      coalesce(t.max_running_jobs, 4) as target_limit,
      case when j.created_by is not null then coalesce(
        (select s.value::integer from importer.settings as s where s.name = 'max_running_jobs_per_owner'), 8
      ) end as owner_limit
    from public.import_jobs as j
    left join lateral (
      select s.name, s.max_running_jobs from public.import_targets as s
      where s.name = j.target or s.table_name = j.target
      order by s.name = j.target desc, s.name
      limit 1
    ) as t on true
    where j.status = 'running'
      or (j.status = 'pending' and j.run_after <= clock_timestamp() and j.attempts < j.max_attempts)
  ),

  -- A turn that has ended was a turn, too: else one processor with one slot would empty the oldest
  -- owner's queue before it looks at another's.
  served as (
    select
      o.created_by,
      coalesce(
        (select max(j.started_at) from public.import_jobs as j where j.created_by = o.created_by),
        (select max(j.started_at) from public.import_jobs as j where o.created_by is null and j.created_by is null)
      ) as last_start
    from (select distinct a.created_by from active as a) as o
  ),

  counted as (
    select
      a.*,
      s.last_start,
      count(*) filter (where a.status = 'running') over (partition by a.created_by) as running_of_owner,
      count(*) filter (where a.status = 'running') over (partition by a.target) as running_of_target
    from active as a inner join served as s on s.created_by is not distinct from a.created_by
  ),

  turns as (
    select
      c.*,
      c.running_of_owner
      + row_number() over (partition by c.priority, c.created_by order by c.created_at, c.id) as turn,
      c.running_of_owner
      + row_number() over (partition by c.created_by, c.target order by c.priority desc, c.created_at, c.id) as of_pair
    from counted as c
    where c.status = 'pending'
  ),

  placed as (
    select
      t.*,
      t.running_of_target
      + row_number() over (
        partition by t.target order by t.priority desc, t.turn, t.last_start nulls first, t.created_at, t.id
      ) as place
    from turns as t
    where t.owner_limit is null or t.of_pair <= t.owner_limit
  ),

  owned as (
    select
      p.*,
      p.running_of_owner
      + row_number() over (partition by p.created_by order by p.priority desc, p.turn, p.created_at, p.id) as of_owner
    from placed as p
    where p.place <= p.target_limit
  )

  select o.id from owned as o
  where o.owner_limit is null or o.of_owner <= o.owner_limit
  order by o.priority desc, o.turn, o.last_start nulls first, o.created_at, o.id
  limit next_jobs.max_jobs
$$;

COMMENT ON FUNCTION importer.next_jobs(max_jobs integer) IS 'Ids of the pending jobs to run next, in order.';

CREATE FUNCTION importer.notify_process_import_jobs_async(job_ids uuid[] DEFAULT '{}'::uuid[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET lock_timeout TO '200ms'
    AS $$
declare
  processor_url text := importer.setting('import_jobs_processor_url');
  wake_token text := importer.setting('import_jobs_wake_token');
begin
  if processor_url is null or wake_token is null then
    raise exception 'no processor is configured' using errcode = 'IJ109',
    hint = 'Run import-jobs configure --processor-url …';
  end if;
  return net.http_post(
    url := rtrim(processor_url, '/') || '/process-import-jobs',
    body := jsonb_build_object('job_ids', job_ids[1:1000]),
    headers := jsonb_build_object('Content-Type', 'application/json', 'Authorization', 'Bearer ' || wake_token),
    timeout_milliseconds := 300000
  );
end
$$;

COMMENT ON FUNCTION importer.notify_process_import_jobs_async(job_ids uuid[]) IS 'Rings the processor through pg_net, at commit; returns pg_net''s request id. Raises IJ109 when nothing is configured.';

CREATE FUNCTION importer.open_job(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb, total_chunks integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  job public.import_jobs;
  resumes jsonb;
begin
  perform importer.hold_lease(open_job.job_id, open_job.token);
  select j.* into job from public.import_jobs as j where j.id = open_job.job_id;
  if job.file_etag is distinct from open_job.file_etag and job.file_etag is not null
    or job.bytes_total <> open_job.bytes_total
  then
    raise exception 'the file changed while it was being imported' using errcode = 'IJ204',
    hint = 'Upload the file under a new path and insert a new job; what was loaded before stays counted here.';
  end if;
  update public.import_jobs as j
  set
    phase = 'loading', file_etag = open_job.file_etag, bytes_total = open_job.bytes_total,
    dialect = open_job.dialect, total_chunks = open_job.total_chunks
  where j.id = open_job.job_id;
  select jsonb_agg(to_jsonb(c) - 'job_id' order by c.seq) into resumes
  from importer.job_chunks as c where c.job_id = open_job.job_id;
  if resumes is not null then
    insert into public.import_job_events (job_id, event, attempt, detail)
    values (job.id, 'resumed', job.attempts, jsonb_build_object('chunks', jsonb_array_length(resumes)));
  end if;
  return coalesce(resumes, '[]');
end
$$;

COMMENT ON FUNCTION importer.open_job(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb, total_chunks integer) IS 'Writes the file''s ETag, size and dialect and sets the phase to loading; raises IJ204 if they differ from the first
attempt''s. Returns the ledger of the job, in order.';

CREATE FUNCTION importer.prepare_stage(job_id uuid, token uuid, columns text[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  stage text := importer.stage_name(prepare_stage.job_id);
  relation regclass;
begin
  perform importer.hold_lease(prepare_stage.job_id, prepare_stage.token);
  if exists (select from importer.job_chunks as c where c.job_id = prepare_stage.job_id) then
    return stage;
  end if;
  select format('%I.%I', d.target ->> 'schema', d.target ->> 'table')::regclass into relation
  from (
    select importer.describe_target(j.target) as target
    from public.import_jobs as j where j.id = prepare_stage.job_id
  ) as d;
  execute format('drop table if exists importer.%I', stage);
  execute format(
    'create table importer.%I (import_record bigint primary key, import_line bigint not null, %s)', stage,
    (
      select string_agg(format('%I %s', i.name, i.type), ', ' order by i.place)
      from importer.insertable_columns(relation) as i where i.name = any (prepare_stage.columns)
    )
  );
  execute format('revoke all on importer.%I from public, anon, authenticated, service_role', stage);
  execute format('grant insert, select, delete on importer.%I to import_processor', stage);
  return stage;
end
$$;

COMMENT ON FUNCTION importer.prepare_stage(job_id uuid, token uuid, columns text[]) IS 'Makes or keeps the staging table of an all-or-nothing job; returns its name. Raises IJ103 without a lease.';

CREATE FUNCTION importer.refused_values(type_name text, candidates text[]) RETURNS TABLE(candidate text, code text)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
  -- A cast would cut off what is too long; jsonb_to_record gives a text to the type's input
  -- function with its modifier, as COPY does. As an array's element, JSON gets there unquoted too.
  is_array constant boolean := type_name like '%[]';
  statement constant text := format(
    'select r.v from jsonb_to_record(jsonb_build_object(''v'', $1)) as r (v %s)',
    type_name || case when is_array then '' else '[]' end
  );
  refused jsonb;
begin
  perform type_name::regtype; -- 42704 when there is no such type, before each value is blamed for it
  if current_setting('server_version_num')::integer >= 160000 then
    begin
      execute
        'select jsonb_agg(jsonb_build_array(c, e.sql_error_code))
        from unnest($1) as c, pg_input_error_info(c, $2) as e where e.sql_error_code is not null'
      into refused using candidates, type_name;
      return query select r.value ->> 0, r.value ->> 1 from jsonb_array_elements(refused) as r;
      return;
    exception when others then
      refused := null; -- a domain's check raised instead of answering: one by one, as before 16
    end;
  end if;
  foreach candidate in array candidates loop
    begin
      execute statement using case
        when is_array then candidate
        else '{"' || replace(replace(candidate, '\', '\\'), '"', '\"') || '"}'
      end;
    exception when others then
      code := sqlstate;
      return next;
    end;
  end loop;
end
$_$;

COMMENT ON FUNCTION importer.refused_values(type_name text, candidates text[]) IS 'Those of the texts that are not valid input for the type, with the SQLSTATE that Postgres gives for each.';

CREATE FUNCTION importer.register_target(relation regclass, name text DEFAULT NULL::text, columns text[] DEFAULT NULL::text[]) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  insertable text[];
  chosen text[];
  target_name text;
begin
  if (select c.relkind from pg_catalog.pg_class as c where c.oid = relation) not in ('r', 'p') then
    raise exception '% is not a table', relation using errcode = 'IJ503', hint = 'Register a table or a partitioned table.';
  end if;
  select array_agg(i.name order by i.place) into insertable from importer.insertable_columns(relation) as i;
  chosen := coalesce(register_target.columns, insertable);
  if chosen is null or not chosen <@ insertable or chosen = '{}' then
    raise exception 'not every column can be imported into' using errcode = 'IJ503',
    hint = format('Choose among: %s.', array_to_string(insertable, ', '));
  end if;
  target_name := coalesce(register_target.name, (select c.relname from pg_catalog.pg_class as c where c.oid = relation));
  perform importer.grant_target(relation, chosen);
  insert into public.import_targets (name, table_name, columns)
  values (
    target_name,
    (
      select format('%I.%I', n.nspname, c.relname)
      from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where c.oid = relation
    ),
    (select jsonb_object_agg(c.name, '{}'::jsonb) from unnest(chosen) as c (name))
  )
  on conflict on constraint import_targets_pkey
  do update set table_name = excluded.table_name, columns = (
    -- What an administrator has set for a column stays.
    select jsonb_object_agg(c.key, coalesce(import_targets.columns -> c.key, '{}'))
    from jsonb_each(excluded.columns) as c
  );
  return target_name;
end
$$;

COMMENT ON FUNCTION importer.register_target(relation regclass, name text, columns text[]) IS 'Makes a table a target: under its own name unless one is given, with all insertable columns unless some are given.
Returns the name. Call it again after the table has changed. For administrators.';

CREATE FUNCTION importer.reject_staged(job_id uuid, token uuid, errors jsonb, kept integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform importer.hold_lease(reject_staged.job_id, reject_staged.token);

  perform importer.keep_errors(reject_staged.job_id, errors, kept);

  update importer.job_chunks as c
  set rows_loaded = c.rows_loaded - r.refused, rows_rejected = c.rows_rejected + r.refused
  from (
    select
      (
        select min(k.seq) from importer.job_chunks as k
        where k.job_id = reject_staged.job_id and k.next_record > (e.error ->> 'record')::bigint
      ) as seq,
      count(*) as refused
    from jsonb_array_elements(errors) as e (error)
    group by 1
  ) as r
  where c.job_id = reject_staged.job_id and c.seq = r.seq;

  update public.import_jobs as j
  set
    rows_loaded = j.rows_loaded - jsonb_array_length(errors),
    rows_rejected = j.rows_rejected + jsonb_array_length(errors)
  where j.id = reject_staged.job_id;
end
$$;

COMMENT ON FUNCTION importer.reject_staged(job_id uuid, token uuid, errors jsonb, kept integer) IS 'Counts staged rows that the target refused as rejected; raises IJ103 without a lease.';

CREATE FUNCTION importer.rejected_rows(job_id uuid) RETURNS TABLE(record_number bigint, line_number bigint, column_name text, code text, message text, raw text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select e.record_number, e.line_number, e.column_name, e.code, e.message, coalesce(r.raw, e.raw)
  from public.import_job_errors as e
  left join importer.job_rejects as r on r.job_id = e.job_id and r.record_number = e.record_number
  where e.job_id = rejected_rows.job_id
  union all
  select r.record_number, r.line_number, r.column_name, r.code, r.message, r.raw
  from importer.job_rejects as r
  where r.job_id = rejected_rows.job_id and not exists (
    select from public.import_job_errors as e
    where e.job_id = r.job_id and e.record_number = r.record_number
  )
  order by 1
$$;

COMMENT ON FUNCTION importer.rejected_rows(job_id uuid) IS 'All rejected rows of a job with their whole records, in file order.';

CREATE FUNCTION importer.renew_lease(job_id uuid, token uuid, lease_seconds integer DEFAULT 45) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with renewed as (
    update importer.job_leases as l
    set expires_at = clock_timestamp() + make_interval(secs => renew_lease.lease_seconds)
    where l.job_id = renew_lease.job_id and l.token = renew_lease.token and l.expires_at > clock_timestamp()
    returning l.job_id
  )

  select exists (select from renewed)
$$;

COMMENT ON FUNCTION importer.renew_lease(job_id uuid, token uuid, lease_seconds integer) IS 'Prolongs a lease that still holds; false when it is over, was taken over, or the job was cancelled.';

CREATE FUNCTION importer.ring(job_ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform importer.notify_process_import_jobs_async(job_ids);
exception when others then
  raise warning 'import-jobs could not ring the processor (%): %; the sweep will find the job', sqlstate, sqlerrm;
end
$$;

COMMENT ON FUNCTION importer.ring(job_ids uuid[]) IS 'Rings the processor; any error becomes a warning.';

CREATE FUNCTION importer.setting(name text) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  found_value text;
begin
  if to_regclass('vault.decrypted_secrets') is not null then
    execute 'select decrypted_secret from vault.decrypted_secrets where name = $1 order by created_at desc limit 1'
    into found_value using setting.name;
  end if;
  return coalesce(found_value, (select s.value from importer.settings as s where s.name = setting.name));
end
$_$;

COMMENT ON FUNCTION importer.setting(name text) IS 'The value of a setting: a Vault secret of that name, else the row in importer.settings, else null.';

CREATE FUNCTION importer.source_deleted(job_id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update public.import_jobs as j set source_deleted_at = clock_timestamp()
  where j.id = source_deleted.job_id and j.status = 'completed' and j.source_deleted_at is null
$$;

COMMENT ON FUNCTION importer.source_deleted(job_id uuid) IS 'Notes that the file of a completed job has been deleted.';

CREATE FUNCTION importer.sources_to_delete() RETURNS TABLE(job_id uuid, bucket_id text, object_path text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select j.id, j.bucket_id, j.object_path
  from public.import_jobs as j
  where j.status = 'completed' and j.source_deleted_at is null
    and j.options -> 'delete_source' = 'true' and coalesce(j.options -> 'dry_run', 'false') <> 'true'
    and j.finished_at > now() - interval '7 days'
  order by j.finished_at
  limit 100
$$;

COMMENT ON FUNCTION importer.sources_to_delete() IS 'Files that completed jobs asked to be deleted and that have not been, the oldest first.';

CREATE FUNCTION importer.stage_name(job_id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select 'stage_' || replace(stage_name.job_id::text, '-', '')
$$;

COMMENT ON FUNCTION importer.stage_name(job_id uuid) IS 'Name of the staging table of a job, in the schema importer.';

CREATE FUNCTION importer.sweep_import_jobs() RETURNS TABLE(job_id uuid, action text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  lost uuid[];
  due uuid[];
begin
  select array_agg(c.id) into lost
  from (
    select j.id from public.import_jobs as j
    where j.status = 'running' and not exists (
      select from importer.job_leases as l where l.job_id = j.id and l.expires_at > clock_timestamp()
    )
    for update of j skip locked
  ) as c;
  -- A renewal that was on its way when the first look was taken counts: the lock waits for it, and the
  -- second look has a snapshot of its own.
  perform from importer.job_leases as l where l.job_id = any (lost) for update;
  select array_agg(c.id) into lost
  from unnest(lost) as c (id)
  where not exists (
    select from importer.job_leases as l where l.job_id = c.id and l.expires_at > clock_timestamp()
  );

  return query
  with noted as (
    insert into public.import_job_events (job_id, event, attempt)
    select j.id, 'lease_lost', j.attempts from public.import_jobs as j where j.id = any (lost)
  ),

  ended as (
    update public.import_jobs as j
    set
      status = case when j.attempts < j.max_attempts then 'pending' else 'failed' end::public.import_job_status,
      run_after = clock_timestamp() + importer.backoff(j.attempts),
      error_code = case when j.attempts >= j.max_attempts then 'IJ104' end,
      error_message = case
        when j.attempts >= j.max_attempts then format('the processor was lost in each of %s attempts', j.attempts)
      end,
      error_hint = case
        when j.attempts >= j.max_attempts then 'See the processor''s log for what ended it; then set status to pending.'
      end
    where j.id = any (lost)
    returning j.id, j.status
  )

  select e.id, case e.status when 'failed' then 'attempts_used_up' else 'lease_lost' end from ended as e;

  perform importer.drop_stages();

  select array_agg(d.id) into due
  from (
    select j.id from public.import_jobs as j
    where j.status = 'pending' and j.run_after <= now() and j.attempts < j.max_attempts
    order by j.priority desc, j.created_at
    limit 1000
  ) as d;
  if due is not null then
    perform importer.ring(due);
    return query select d.id, 'rung' from unnest(due) as d (id);
  end if;
end
$$;

COMMENT ON FUNCTION importer.sweep_import_jobs() IS 'Takes back running jobs whose lease is over, fails those without attempts left, rings for pending ones that are due.
Returns what it did to which job. Run by pg_cron where it is installed, and by every processor on a timer.';

CREATE FUNCTION importer.trigger_import_job_processing() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  due uuid[];
begin
  if tg_op = 'INSERT' then
    select array_agg(n.id) into due from new_rows as n where n.status = 'pending' and n.run_after <= now();
  else
    select array_agg(n.id) into due
    from new_rows as n inner join old_rows as o using (id)
    where n.status = 'pending' and o.status in ('failed', 'cancelled');
  end if;
  if due is not null then
    perform importer.ring(due);
  end if;
  return null;
exception when others then
  raise warning 'import-jobs could not ring the processor (%): %; the sweep will find the job', sqlstate, sqlerrm;
  return null;
end
$$;

COMMENT ON FUNCTION importer.trigger_import_job_processing() IS 'Trigger function: rings the processor once for the statement''s new pending jobs, and never fails the statement.';

CREATE FUNCTION importer.unregister_target(name text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  removed text;
begin
  delete from public.import_targets as t where t.name = unregister_target.name returning t.table_name into removed;
  if removed is null then
    return false;
  end if;
  if to_regclass(removed) is not null
    and not exists (select from public.import_targets as t where to_regclass(t.table_name) = to_regclass(removed))
  then
    execute format('revoke all on %s from import_processor', to_regclass(removed));
    execute (
      select coalesce(string_agg(format('revoke insert (%I) on %s from import_processor', a.attname, removed), '; '), 'select 1')
      from pg_catalog.pg_attribute as a
      where a.attrelid = to_regclass(removed) and a.attnum > 0 and not a.attisdropped
    );
  end if;
  return true;
end
$$;

COMMENT ON FUNCTION importer.unregister_target(name text) IS 'Removes a target and takes back the processor''s grants on its table; false when there was none. For administrators.';

CREATE FUNCTION importer.wake_token() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select importer.setting('import_jobs_wake_token')
$$;

COMMENT ON FUNCTION importer.wake_token() IS 'The token that rings the processor; null when none is configured.';

CREATE TABLE public.import_jobs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    bucket_id text DEFAULT 'imports'::text NOT NULL,
    object_path text NOT NULL,
    target text NOT NULL,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    priority smallint DEFAULT 0 NOT NULL,
    run_after timestamp with time zone DEFAULT now() NOT NULL,
    idempotency_key text,
    created_by uuid DEFAULT auth.uid(),
    status public.import_job_status DEFAULT 'pending'::public.import_job_status NOT NULL,
    phase text,
    attempts integer DEFAULT 0 NOT NULL,
    max_attempts integer DEFAULT 5 NOT NULL,
    error_code text,
    error_message text,
    error_hint text,
    bytes_total bigint,
    bytes_read bigint DEFAULT 0 NOT NULL,
    rows_read bigint DEFAULT 0 NOT NULL,
    rows_loaded bigint DEFAULT 0 NOT NULL,
    rows_rejected bigint DEFAULT 0 NOT NULL,
    rows_skipped bigint DEFAULT 0 NOT NULL,
    chunks_done integer DEFAULT 0 NOT NULL,
    total_chunks integer,
    progress numeric GENERATED ALWAYS AS (
CASE
    WHEN (status = 'completed'::public.import_job_status) THEN (100)::numeric
    WHEN (COALESCE(bytes_total, (0)::bigint) = 0) THEN (0)::numeric
    ELSE LEAST((100)::numeric, round(((100.0 * (bytes_read)::numeric) / (bytes_total)::numeric), 1))
END) STORED,
    file_etag text,
    file_sha256 text,
    dialect jsonb,
    preview jsonb,
    report jsonb,
    errors_path text,
    output_path text,
    source_deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT import_jobs_attempts_bounded CHECK (((attempts >= 0) AND (attempts <= max_attempts))),
    CONSTRAINT import_jobs_ended_has_a_time CHECK (((status = ANY (ARRAY['completed'::public.import_job_status, 'failed'::public.import_job_status, 'cancelled'::public.import_job_status])) = (finished_at IS NOT NULL))),
    CONSTRAINT import_jobs_failed_has_a_code CHECK (((status = 'failed'::public.import_job_status) = (error_code IS NOT NULL))),
    CONSTRAINT import_jobs_max_attempts_check CHECK (((max_attempts >= 1) AND (max_attempts <= 100))),
    CONSTRAINT import_jobs_phase_check CHECK ((phase = ANY (ARRAY['opening'::text, 'loading'::text, 'finishing'::text]))),
    CONSTRAINT import_jobs_rows_add_up CHECK ((rows_read = ((rows_loaded + rows_rejected) + rows_skipped))),
    CONSTRAINT import_jobs_running_has_a_phase CHECK (((status = 'running'::public.import_job_status) = (phase IS NOT NULL)))
);

COMMENT ON TABLE public.import_jobs IS 'One import each: insert a row with bucket_id, object_path and target; status, progress and outcome come back in it.';

COMMENT ON COLUMN public.import_jobs.id IS 'The job. A client may choose it.';

COMMENT ON COLUMN public.import_jobs.bucket_id IS 'Storage bucket of the file.';

COMMENT ON COLUMN public.import_jobs.object_path IS 'Path of the file in the bucket.';

COMMENT ON COLUMN public.import_jobs.target IS 'Name of a registered target (import_targets.name), or its table.';

COMMENT ON COLUMN public.import_jobs.options IS 'The job''s own wishes; unknown names and wrong types are refused.';

COMMENT ON COLUMN public.import_jobs.priority IS 'Higher runs first.';

COMMENT ON COLUMN public.import_jobs.run_after IS 'Not before this time; set by a retry''s back-off, too.';

COMMENT ON COLUMN public.import_jobs.idempotency_key IS 'A second insert by the same owner with the same key fails.';

COMMENT ON COLUMN public.import_jobs.created_by IS 'The owner; null: an administrator or the service.';

COMMENT ON COLUMN public.import_jobs.status IS 'pending, running, completed, failed or cancelled.';

COMMENT ON COLUMN public.import_jobs.phase IS 'While running: opening, loading or finishing.';

COMMENT ON COLUMN public.import_jobs.attempts IS 'Claims so far; counted when a processor takes the job.';

COMMENT ON COLUMN public.import_jobs.max_attempts IS 'After so many claims a job that did not end has failed.';

COMMENT ON COLUMN public.import_jobs.error_code IS 'Why it failed: a stable code, see docs/errors.md.';

COMMENT ON COLUMN public.import_jobs.error_message IS 'Why it failed, in a sentence.';

COMMENT ON COLUMN public.import_jobs.error_hint IS 'What to do about it.';

COMMENT ON COLUMN public.import_jobs.bytes_total IS 'Size of the file in Storage.';

COMMENT ON COLUMN public.import_jobs.bytes_read IS 'Bytes of the file whose rows have been committed.';

COMMENT ON COLUMN public.import_jobs.rows_read IS 'Records of the file so far: loaded + rejected + skipped.';

COMMENT ON COLUMN public.import_jobs.rows_loaded IS 'Rows in the target.';

COMMENT ON COLUMN public.import_jobs.rows_rejected IS 'Rows refused; see import_job_errors.';

COMMENT ON COLUMN public.import_jobs.rows_skipped IS 'Blank lines and other records that were passed over.';

COMMENT ON COLUMN public.import_jobs.chunks_done IS 'Chunks committed.';

COMMENT ON COLUMN public.import_jobs.total_chunks IS 'Chunks of the whole file, once that is known.';

COMMENT ON COLUMN public.import_jobs.progress IS 'Per cent, 0 to 100.';

COMMENT ON COLUMN public.import_jobs.file_etag IS 'ETag of the file at the first attempt; it may not change.';

COMMENT ON COLUMN public.import_jobs.file_sha256 IS 'SHA-256 of the file, when all of it was read in one attempt.';

COMMENT ON COLUMN public.import_jobs.dialect IS 'How the file was read, part by part, with how each was decided.';

COMMENT ON COLUMN public.import_jobs.preview IS 'The first 20 rows as they were loaded.';

COMMENT ON COLUMN public.import_jobs.report IS 'What there is to say about the run.';

COMMENT ON COLUMN public.import_jobs.errors_path IS 'Path of the rejected rows as a CSV in the same bucket.';

COMMENT ON COLUMN public.import_jobs.output_path IS 'Path of the normalised CSV in the same bucket.';

COMMENT ON COLUMN public.import_jobs.source_deleted_at IS 'When the file was deleted, on options.delete_source.';

COMMENT ON COLUMN public.import_jobs.created_at IS 'When the job was inserted.';

COMMENT ON COLUMN public.import_jobs.started_at IS 'When a processor first took it.';

COMMENT ON COLUMN public.import_jobs.finished_at IS 'When it ended.';

COMMENT ON COLUMN public.import_jobs.updated_at IS 'When anything in the row last changed.';

CREATE FUNCTION public.cancel_import_job(id uuid) RETURNS public.import_jobs
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  job public.import_jobs;
begin
  update public.import_jobs as j set status = 'cancelled'
  where j.id = cancel_import_job.id returning j.* into job;
  if job.id is null then
    raise exception 'there is no such job' using errcode = 'IJ108', hint = 'Check the id, and that the job is yours.';
  end if;
  return job;
end
$$;

COMMENT ON FUNCTION public.cancel_import_job(id uuid) IS 'Cancels a pending or running job; rows that were committed stay and stay counted. IJ101 for a job that has ended.';

CREATE FUNCTION public.retry_import_job(id uuid) RETURNS public.import_jobs
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  job public.import_jobs;
begin
  update public.import_jobs as j set status = 'pending'
  where j.id = retry_import_job.id returning j.* into job;
  if job.id is null then
    raise exception 'there is no such job' using errcode = 'IJ108', hint = 'Check the id, and that the job is yours.';
  end if;
  return job;
end
$$;

COMMENT ON FUNCTION public.retry_import_job(id uuid) IS 'Sets a failed or cancelled job pending again; it loads what is missing, not what is in. IJ101 for any other state.';

CREATE TABLE importer.job_chunks (
    job_id uuid NOT NULL,
    seq integer NOT NULL,
    byte_start bigint NOT NULL,
    byte_end bigint NOT NULL,
    next_line bigint NOT NULL,
    next_record bigint NOT NULL,
    rows_read bigint NOT NULL,
    rows_loaded bigint NOT NULL,
    rows_rejected bigint NOT NULL,
    rows_skipped bigint NOT NULL,
    attempt integer NOT NULL,
    committed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT job_chunks_check CHECK ((byte_end > byte_start)),
    CONSTRAINT job_chunks_check1 CHECK ((rows_read = ((rows_loaded + rows_rejected) + rows_skipped))),
    CONSTRAINT job_chunks_seq_check CHECK ((seq >= 0))
);

COMMENT ON TABLE importer.job_chunks IS 'Chunks of a job that have been committed, with the bytes they cover.';

COMMENT ON COLUMN importer.job_chunks.job_id IS 'The job.';

COMMENT ON COLUMN importer.job_chunks.seq IS 'Number of the chunk in the file, from 0.';

COMMENT ON COLUMN importer.job_chunks.byte_start IS 'First byte of the chunk in the text stream.';

COMMENT ON COLUMN importer.job_chunks.byte_end IS 'First byte after the chunk.';

COMMENT ON COLUMN importer.job_chunks.next_line IS 'Line on which the next chunk starts.';

COMMENT ON COLUMN importer.job_chunks.next_record IS 'Number of the next chunk''s first record.';

COMMENT ON COLUMN importer.job_chunks.rows_read IS 'Records of the chunk.';

COMMENT ON COLUMN importer.job_chunks.rows_loaded IS 'Records in the target.';

COMMENT ON COLUMN importer.job_chunks.rows_rejected IS 'Records refused.';

COMMENT ON COLUMN importer.job_chunks.rows_skipped IS 'Records passed over.';

COMMENT ON COLUMN importer.job_chunks.attempt IS 'The attempt that committed it.';

COMMENT ON COLUMN importer.job_chunks.committed_at IS 'When, by the database''s clock.';

CREATE TABLE importer.job_leases (
    job_id uuid NOT NULL,
    token uuid DEFAULT gen_random_uuid() NOT NULL,
    worker text NOT NULL,
    attempt integer NOT NULL,
    claimed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE importer.job_leases IS 'One row for each running job: the processor that holds it and for how long.';

COMMENT ON COLUMN importer.job_leases.job_id IS 'The job; a job has one lease or none.';

COMMENT ON COLUMN importer.job_leases.token IS 'Fencing token, new with every claim.';

COMMENT ON COLUMN importer.job_leases.worker IS 'Name of the processor, for people.';

COMMENT ON COLUMN importer.job_leases.attempt IS 'The attempt this lease belongs to.';

COMMENT ON COLUMN importer.job_leases.claimed_at IS 'When it was taken, by the database''s clock.';

COMMENT ON COLUMN importer.job_leases.expires_at IS 'Until when it holds, by the database''s clock.';

CREATE TABLE importer.job_rejects (
    job_id uuid NOT NULL,
    record_number bigint NOT NULL,
    line_number bigint NOT NULL,
    column_name text,
    code text NOT NULL,
    message text NOT NULL,
    raw text
);

COMMENT ON TABLE importer.job_rejects IS 'Rejected rows on their way into errors.csv.';

COMMENT ON COLUMN importer.job_rejects.job_id IS 'The job.';

COMMENT ON COLUMN importer.job_rejects.record_number IS 'Data record of the file, from 1.';

COMMENT ON COLUMN importer.job_rejects.line_number IS 'Line on which it starts, from 1.';

COMMENT ON COLUMN importer.job_rejects.column_name IS 'Column at fault; null: the row as a whole.';

COMMENT ON COLUMN importer.job_rejects.code IS 'Stable code, see docs/errors.md.';

COMMENT ON COLUMN importer.job_rejects.message IS 'The reason in a sentence.';

COMMENT ON COLUMN importer.job_rejects.raw IS 'The whole record as it stands in the file.';

CREATE TABLE importer.settings (
    name text NOT NULL,
    value text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE importer.settings IS 'import_jobs_processor_url, import_jobs_wake_token (Vault''s secrets of these names win) and limits.';

COMMENT ON COLUMN importer.settings.name IS 'Name of the setting.';

COMMENT ON COLUMN importer.settings.value IS 'Its value, as text.';

COMMENT ON COLUMN importer.settings.updated_at IS 'When it was last written.';

CREATE TABLE public.import_job_errors (
    job_id uuid NOT NULL,
    record_number bigint NOT NULL,
    line_number bigint NOT NULL,
    column_name text,
    code text NOT NULL,
    message text NOT NULL,
    raw text
);

COMMENT ON TABLE public.import_job_errors IS 'Rejected rows of a job, with the line, the column and the reason.';

COMMENT ON COLUMN public.import_job_errors.job_id IS 'The job.';

COMMENT ON COLUMN public.import_job_errors.record_number IS 'Data record of the file, counted from 1 below the header.';

COMMENT ON COLUMN public.import_job_errors.line_number IS 'Line of the file on which the record starts, from 1.';

COMMENT ON COLUMN public.import_job_errors.column_name IS 'Column of the target at fault; null: the row as a whole.';

COMMENT ON COLUMN public.import_job_errors.code IS 'Stable code, see docs/errors.md.';

COMMENT ON COLUMN public.import_job_errors.message IS 'The reason in a sentence; it never repeats the value.';

COMMENT ON COLUMN public.import_job_errors.raw IS 'The record as it stands in the file, cut at 8 kB.';

CREATE TABLE public.import_job_events (
    id bigint NOT NULL,
    job_id uuid NOT NULL,
    happened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    event text NOT NULL,
    attempt integer NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL
);

COMMENT ON TABLE public.import_job_events IS 'What happened to a job, in order.';

COMMENT ON COLUMN public.import_job_events.id IS 'Order of the events.';

COMMENT ON COLUMN public.import_job_events.job_id IS 'The job.';

COMMENT ON COLUMN public.import_job_events.happened_at IS 'When, by the database''s clock.';

COMMENT ON COLUMN public.import_job_events.event IS 'A status the job went into, or: retry_scheduled, given_back, resumed, lease_lost.';

COMMENT ON COLUMN public.import_job_events.attempt IS 'The attempt during which it happened.';

COMMENT ON COLUMN public.import_job_events.detail IS 'What else there is to say; never a value of a row.';

ALTER TABLE public.import_job_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.import_job_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.import_targets (
    name text NOT NULL,
    table_name text NOT NULL,
    columns jsonb NOT NULL,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    max_running_jobs integer DEFAULT 4 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT import_targets_columns_check CHECK ((jsonb_typeof(columns) = 'object'::text)),
    CONSTRAINT import_targets_max_running_jobs_check CHECK ((max_running_jobs > 0)),
    CONSTRAINT import_targets_name_check CHECK (((name <> ''::text) AND (length(name) <= 200))),
    CONSTRAINT import_targets_options_check CHECK ((jsonb_typeof(options) = 'object'::text))
);

COMMENT ON TABLE public.import_targets IS 'Tables that files may be imported into. Written by administrators, best with importer.register_target().';

COMMENT ON COLUMN public.import_targets.name IS 'What a job names in its column target.';

COMMENT ON COLUMN public.import_targets.table_name IS 'The table, as text that to_regclass() understands, for example public.people.';

COMMENT ON COLUMN public.import_targets.columns IS 'Column name → settings. A column that is not listed is never written, whatever the file''s header says.';

COMMENT ON COLUMN public.import_targets.options IS 'Defaults for the options of jobs into this target; what the job says wins.';

COMMENT ON COLUMN public.import_targets.max_running_jobs IS 'How many jobs may load into it at the same time.';

COMMENT ON COLUMN public.import_targets.created_at IS 'When the target was registered.';

COMMENT ON COLUMN public.import_targets.updated_at IS 'When it was last registered again.';

ALTER TABLE ONLY importer.job_chunks
    ADD CONSTRAINT job_chunks_pkey PRIMARY KEY (job_id, seq);

ALTER TABLE ONLY importer.job_leases
    ADD CONSTRAINT job_leases_pkey PRIMARY KEY (job_id);

ALTER TABLE ONLY importer.job_rejects
    ADD CONSTRAINT job_rejects_pkey PRIMARY KEY (job_id, record_number);

ALTER TABLE ONLY importer.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.import_job_errors
    ADD CONSTRAINT import_job_errors_pkey PRIMARY KEY (job_id, record_number);

ALTER TABLE ONLY public.import_job_events
    ADD CONSTRAINT import_job_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.import_jobs
    ADD CONSTRAINT import_jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.import_targets
    ADD CONSTRAINT import_targets_pkey PRIMARY KEY (name);

CREATE INDEX import_job_events_job ON public.import_job_events USING btree (job_id, id);

CREATE UNIQUE INDEX import_jobs_idempotency ON public.import_jobs USING btree (created_by, idempotency_key) NULLS NOT DISTINCT WHERE (idempotency_key IS NOT NULL);

CREATE INDEX import_jobs_owner ON public.import_jobs USING btree (created_by, created_at DESC);

CREATE INDEX import_jobs_pending ON public.import_jobs USING btree (priority DESC, created_at) WHERE (status = 'pending'::public.import_job_status);

CREATE INDEX import_jobs_running ON public.import_jobs USING btree (target) WHERE (status = 'running'::public.import_job_status);

CREATE INDEX import_jobs_served ON public.import_jobs USING btree (created_by, started_at);

CREATE INDEX import_jobs_sources_to_delete ON public.import_jobs USING btree (finished_at) WHERE ((status = 'completed'::public.import_job_status) AND (source_deleted_at IS NULL) AND ((options -> 'delete_source'::text) = 'true'::jsonb));

CREATE TRIGGER check_import_job BEFORE INSERT ON public.import_jobs FOR EACH ROW EXECUTE FUNCTION importer.check_import_job();

CREATE TRIGGER check_import_target BEFORE INSERT OR UPDATE ON public.import_targets FOR EACH ROW EXECUTE FUNCTION importer.check_import_target();

CREATE TRIGGER follow_import_job_insert AFTER INSERT ON public.import_jobs FOR EACH ROW EXECUTE FUNCTION importer.follow_import_job();

CREATE TRIGGER follow_import_job_update AFTER UPDATE ON public.import_jobs FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION importer.follow_import_job();

CREATE TRIGGER guard_import_job BEFORE UPDATE ON public.import_jobs FOR EACH ROW EXECUTE FUNCTION importer.guard_import_job();

CREATE TRIGGER trigger_process_import_jobs AFTER INSERT ON public.import_jobs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION importer.trigger_import_job_processing();

CREATE TRIGGER trigger_process_import_jobs_retry AFTER UPDATE ON public.import_jobs REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION importer.trigger_import_job_processing();

ALTER TABLE ONLY importer.job_chunks
    ADD CONSTRAINT job_chunks_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY importer.job_leases
    ADD CONSTRAINT job_leases_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY importer.job_rejects
    ADD CONSTRAINT job_rejects_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.import_job_errors
    ADD CONSTRAINT import_job_errors_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.import_job_events
    ADD CONSTRAINT import_job_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE public.import_job_errors ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_job_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_jobs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_targets ENABLE ROW LEVEL SECURITY;

CREATE POLICY "owners insert their jobs" ON public.import_jobs FOR INSERT TO authenticated WITH CHECK ((created_by = ( SELECT auth.uid() AS uid)));

CREATE POLICY "owners retry and cancel their jobs" ON public.import_jobs FOR UPDATE TO authenticated USING ((created_by = ( SELECT auth.uid() AS uid))) WITH CHECK ((created_by = ( SELECT auth.uid() AS uid)));

CREATE POLICY "owners see their jobs" ON public.import_jobs FOR SELECT TO authenticated USING ((created_by = ( SELECT auth.uid() AS uid)));

CREATE POLICY "owners see their rejected rows" ON public.import_job_errors FOR SELECT TO authenticated USING ((EXISTS ( SELECT
   FROM public.import_jobs
  WHERE ((import_jobs.id = import_job_errors.job_id) AND (import_jobs.created_by = ( SELECT auth.uid() AS uid))))));

CREATE POLICY "owners see what happened to their jobs" ON public.import_job_events FOR SELECT TO authenticated USING ((EXISTS ( SELECT
   FROM public.import_jobs
  WHERE ((import_jobs.id = import_job_events.job_id) AND (import_jobs.created_by = ( SELECT auth.uid() AS uid))))));

CREATE POLICY "signed-in users see what they can import into" ON public.import_targets FOR SELECT TO authenticated USING (true);

GRANT USAGE ON SCHEMA importer TO import_processor;

GRANT USAGE ON SCHEMA public TO postgres;
GRANT USAGE ON SCHEMA public TO anon;
GRANT USAGE ON SCHEMA public TO authenticated;
GRANT USAGE ON SCHEMA public TO service_role;

REVOKE ALL ON FUNCTION importer.backoff(attempt integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_import_job() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_import_options(options jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_import_target() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.claim_jobs(worker text, max_jobs integer, lease_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.claim_jobs(worker text, max_jobs integer, lease_seconds integer) TO import_processor;

REVOKE ALL ON FUNCTION importer.commit_chunk(job_id uuid, token uuid, seq integer, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, bytes_read bigint, errors jsonb, kept integer, preview jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.commit_chunk(job_id uuid, token uuid, seq integer, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, bytes_read bigint, errors jsonb, kept integer, preview jsonb) TO import_processor;

REVOKE ALL ON FUNCTION importer.configure(processor_url text, wake_token text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.describe_target(target text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.drop_stages() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.end_former_sessions(job_id uuid, token uuid, lease_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.end_former_sessions(job_id uuid, token uuid, lease_seconds integer) TO import_processor;

REVOKE ALL ON FUNCTION importer.fail_job(job_id uuid, token uuid, code text, message text, hint text, transient boolean, report jsonb, errors_path text) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.fail_job(job_id uuid, token uuid, code text, message text, hint text, transient boolean, report jsonb, errors_path text) TO import_processor;

REVOKE ALL ON FUNCTION importer.finish_job(job_id uuid, token uuid, records bigint, file_sha256 text, report jsonb, errors_path text, output_path text) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.finish_job(job_id uuid, token uuid, records bigint, file_sha256 text, report jsonb, errors_path text, output_path text) TO import_processor;

REVOKE ALL ON FUNCTION importer.finish_stage(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.finish_stage(job_id uuid, token uuid) TO import_processor;

REVOKE ALL ON FUNCTION importer.follow_import_job() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.give_back_job(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.give_back_job(job_id uuid, token uuid) TO import_processor;

REVOKE ALL ON FUNCTION importer.grant_target(relation regclass, columns text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.guard_import_job() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.hold_lease(job_id uuid, token uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.insertable_columns(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.keep_errors(job_id uuid, errors jsonb, kept integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.next_jobs(max_jobs integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.notify_process_import_jobs_async(job_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.open_job(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb, total_chunks integer) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.open_job(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb, total_chunks integer) TO import_processor;

REVOKE ALL ON FUNCTION importer.prepare_stage(job_id uuid, token uuid, columns text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.prepare_stage(job_id uuid, token uuid, columns text[]) TO import_processor;

REVOKE ALL ON FUNCTION importer.refused_values(type_name text, candidates text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.refused_values(type_name text, candidates text[]) TO import_processor;

REVOKE ALL ON FUNCTION importer.register_target(relation regclass, name text, columns text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.reject_staged(job_id uuid, token uuid, errors jsonb, kept integer) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.reject_staged(job_id uuid, token uuid, errors jsonb, kept integer) TO import_processor;

REVOKE ALL ON FUNCTION importer.rejected_rows(job_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.rejected_rows(job_id uuid) TO import_processor;

REVOKE ALL ON FUNCTION importer.renew_lease(job_id uuid, token uuid, lease_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.renew_lease(job_id uuid, token uuid, lease_seconds integer) TO import_processor;

REVOKE ALL ON FUNCTION importer.ring(job_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.setting(name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.source_deleted(job_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.source_deleted(job_id uuid) TO import_processor;

REVOKE ALL ON FUNCTION importer.sources_to_delete() FROM PUBLIC;
GRANT ALL ON FUNCTION importer.sources_to_delete() TO import_processor;

REVOKE ALL ON FUNCTION importer.stage_name(job_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.sweep_import_jobs() FROM PUBLIC;
GRANT ALL ON FUNCTION importer.sweep_import_jobs() TO import_processor;

REVOKE ALL ON FUNCTION importer.trigger_import_job_processing() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.unregister_target(name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.wake_token() FROM PUBLIC;
GRANT ALL ON FUNCTION importer.wake_token() TO import_processor;

GRANT SELECT ON TABLE public.import_jobs TO authenticated;
GRANT SELECT,DELETE ON TABLE public.import_jobs TO service_role;

GRANT INSERT(id) ON TABLE public.import_jobs TO authenticated;
GRANT INSERT(id) ON TABLE public.import_jobs TO service_role;

GRANT INSERT(bucket_id) ON TABLE public.import_jobs TO authenticated;
GRANT INSERT(bucket_id) ON TABLE public.import_jobs TO service_role;

GRANT INSERT(object_path) ON TABLE public.import_jobs TO authenticated;
GRANT INSERT(object_path) ON TABLE public.import_jobs TO service_role;

GRANT INSERT(target) ON TABLE public.import_jobs TO authenticated;
GRANT INSERT(target) ON TABLE public.import_jobs TO service_role;

GRANT INSERT(options) ON TABLE public.import_jobs TO authenticated;
GRANT INSERT(options) ON TABLE public.import_jobs TO service_role;

GRANT INSERT(priority) ON TABLE public.import_jobs TO authenticated;
GRANT INSERT(priority) ON TABLE public.import_jobs TO service_role;

GRANT INSERT(run_after) ON TABLE public.import_jobs TO authenticated;
GRANT INSERT(run_after) ON TABLE public.import_jobs TO service_role;

GRANT INSERT(idempotency_key) ON TABLE public.import_jobs TO authenticated;
GRANT INSERT(idempotency_key) ON TABLE public.import_jobs TO service_role;

GRANT INSERT(created_by) ON TABLE public.import_jobs TO service_role;

GRANT UPDATE(status) ON TABLE public.import_jobs TO authenticated;
GRANT UPDATE(status) ON TABLE public.import_jobs TO service_role;

GRANT INSERT(max_attempts) ON TABLE public.import_jobs TO service_role;

REVOKE ALL ON FUNCTION public.cancel_import_job(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cancel_import_job(id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.cancel_import_job(id uuid) TO service_role;

REVOKE ALL ON FUNCTION public.retry_import_job(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.retry_import_job(id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.retry_import_job(id uuid) TO service_role;

GRANT SELECT ON TABLE public.import_job_errors TO authenticated;
GRANT SELECT ON TABLE public.import_job_errors TO service_role;

GRANT SELECT ON TABLE public.import_job_events TO authenticated;
GRANT SELECT ON TABLE public.import_job_events TO service_role;

GRANT SELECT ON TABLE public.import_targets TO authenticated;
GRANT SELECT ON TABLE public.import_targets TO service_role;
