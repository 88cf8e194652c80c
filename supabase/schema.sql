-- The schema that supabase/migrations creates, for reading only; nothing runs this file.
-- Written by `python -m tests.conventions.schema`.

CREATE SCHEMA importer;

COMMENT ON SCHEMA importer IS 'Internal objects of import-jobs: leases, the chunk ledger, settings and the functions that the processor calls.';

COMMENT ON SCHEMA public IS 'standard public schema';

CREATE TYPE importer.queued_job AS (
	name text,
	target_room bigint,
	owner uuid,
	owner_room bigint,
	precedence integer,
	turn bigint,
	last_start timestamp with time zone,
	created_at timestamp with time zone,
	id uuid
);

COMMENT ON TYPE importer.queued_job IS 'A due job with its turn; used only by importer.next_jobs().';

CREATE TYPE importer.rejected_records AS (
	records bigint[],
	lines bigint[],
	raw bytea,
	raw_ends integer[],
	cell_places integer[],
	cell_positions integer[],
	cell_reasons integer[],
	reasons jsonb
);

COMMENT ON TYPE importer.rejected_records IS 'Rejected records in columns: the number and the line of each, their texts in UTF-8 one after another and where each
ends; the cells, each with the place of its record, its position within the record and the place of its reason; and the
reasons, an array of objects with column, code, message, params, and the number of their cells.';

CREATE TYPE public.import_job_status AS ENUM (
    'pending',
    'running',
    'completed',
    'failed',
    'cancelled'
);

COMMENT ON TYPE public.import_job_status IS 'pending → running → completed | failed | cancelled; a retry sets the job to pending again.';

CREATE FUNCTION importer.advance_sequences(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET lock_timeout TO '200ms'
    AS $$
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

COMMENT ON FUNCTION importer.advance_sequences(relation regclass) IS 'Sets the sequences of a table''s serial and identity columns to the highest value in the column, if that is higher.';

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
    duplicate_of uuid,
    source_deleted_at timestamp with time zone,
    undone_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    file_name text,
    parent_job_id uuid,
    first_job_id uuid,
    error_params jsonb,
    inspects boolean GENERATED ALWAYS AS (COALESCE(((options -> 'inspect'::text) = 'true'::jsonb), false)) STORED NOT NULL,
    undo_requested_at timestamp with time zone,
    undo_error_code text,
    undo_error_message text,
    undo_error_hint text,
    expected_sha256 text,
    CONSTRAINT import_jobs_attempts_bounded CHECK (((attempts >= 0) AND (attempts <= max_attempts))),
    CONSTRAINT import_jobs_ended_has_a_time CHECK (((status = ANY (ARRAY['completed'::public.import_job_status, 'failed'::public.import_job_status, 'cancelled'::public.import_job_status])) = (finished_at IS NOT NULL))),
    CONSTRAINT import_jobs_error_params_check CHECK ((jsonb_typeof(error_params) = 'object'::text)),
    CONSTRAINT import_jobs_failed_has_a_code CHECK (((status = 'failed'::public.import_job_status) = (error_code IS NOT NULL))),
    CONSTRAINT import_jobs_max_attempts_check CHECK (((max_attempts >= 1) AND (max_attempts <= 100))),
    CONSTRAINT import_jobs_phase_check CHECK ((phase = ANY (ARRAY['opening'::text, 'loading'::text, 'finishing'::text]))),
    CONSTRAINT import_jobs_rows_add_up CHECK ((rows_read = ((rows_loaded + rows_rejected) + rows_skipped))),
    CONSTRAINT import_jobs_running_has_a_phase CHECK (((status = 'running'::public.import_job_status) = (phase IS NOT NULL))),
    CONSTRAINT import_jobs_undo_error_is_complete CHECK ((((undo_error_code IS NULL) = (undo_error_message IS NULL)) AND ((undo_error_code IS NULL) = (undo_error_hint IS NULL))))
);

COMMENT ON TABLE public.import_jobs IS 'One row for each import. Insert bucket_id, object_path and target; status, progress and results appear in the same
row.';

COMMENT ON COLUMN public.import_jobs.id IS 'Id of the job; a client may choose it.';

COMMENT ON COLUMN public.import_jobs.bucket_id IS 'Storage bucket of the file.';

COMMENT ON COLUMN public.import_jobs.object_path IS 'Path of the file in the bucket.';

COMMENT ON COLUMN public.import_jobs.target IS 'Name of a registered target (import_targets.name), or its table.';

COMMENT ON COLUMN public.import_jobs.options IS 'Options of this job; the insert fails for an unknown name or a value of the wrong type.';

COMMENT ON COLUMN public.import_jobs.priority IS 'Of the jobs of one owner, those with a higher priority run first. For a job without an owner: the precedence over all
other jobs, which is 0 for jobs of users.';

COMMENT ON COLUMN public.import_jobs.run_after IS 'The job does not start before this time; the back-off of a retry sets it.';

COMMENT ON COLUMN public.import_jobs.idempotency_key IS 'A second insert by the same owner with the same key fails; create_import_job() returns the first job instead.';

COMMENT ON COLUMN public.import_jobs.created_by IS 'Owner of the job; null if an administrator or the service inserted it.';

COMMENT ON COLUMN public.import_jobs.status IS 'pending, running, completed, failed or cancelled.';

COMMENT ON COLUMN public.import_jobs.phase IS 'opening, loading or finishing while the job runs; else null.';

COMMENT ON COLUMN public.import_jobs.attempts IS 'Number of attempts so far; an attempt is counted when a processor claims the job.';

COMMENT ON COLUMN public.import_jobs.max_attempts IS 'The job fails when this many attempts have ended without a result.';

COMMENT ON COLUMN public.import_jobs.error_code IS 'Why the job failed: a stable code, see docs/reference/errors.md.';

COMMENT ON COLUMN public.import_jobs.error_message IS 'Why the job failed, in words.';

COMMENT ON COLUMN public.import_jobs.error_hint IS 'What to do about the error.';

COMMENT ON COLUMN public.import_jobs.bytes_total IS 'Size of the file in Storage.';

COMMENT ON COLUMN public.import_jobs.bytes_read IS 'Number of bytes of the file whose rows are committed.';

COMMENT ON COLUMN public.import_jobs.rows_read IS 'Number of records read so far: loaded + rejected + skipped.';

COMMENT ON COLUMN public.import_jobs.rows_loaded IS 'Number of rows loaded into the target.';

COMMENT ON COLUMN public.import_jobs.rows_rejected IS 'Number of rejected rows; see import_job_errors.';

COMMENT ON COLUMN public.import_jobs.rows_skipped IS 'Number of skipped records: blank lines, and rows that the mode skips.';

COMMENT ON COLUMN public.import_jobs.chunks_done IS 'Number of committed chunks.';

COMMENT ON COLUMN public.import_jobs.total_chunks IS 'Number of chunks of the whole file, once it is known.';

COMMENT ON COLUMN public.import_jobs.progress IS 'Progress in per cent, from 0 to 100.';

COMMENT ON COLUMN public.import_jobs.file_etag IS 'ETag of the file at the first attempt; later attempts must find the same.';

COMMENT ON COLUMN public.import_jobs.file_sha256 IS 'SHA-256 of the file, once the whole file has been read.';

COMMENT ON COLUMN public.import_jobs.dialect IS 'Dialect of the file, with the way in which each part was decided.';

COMMENT ON COLUMN public.import_jobs.preview IS 'The first 20 rows as they were loaded.';

COMMENT ON COLUMN public.import_jobs.report IS 'Report of the run: counts, durations and statistics of the columns.';

COMMENT ON COLUMN public.import_jobs.errors_path IS 'Path of the CSV of rejected rows, in the same bucket.';

COMMENT ON COLUMN public.import_jobs.output_path IS 'Path of the normalised CSV, in the same bucket.';

COMMENT ON COLUMN public.import_jobs.duplicate_of IS 'The earlier job that imported the same file; set if this job loaded nothing for that reason.';

COMMENT ON COLUMN public.import_jobs.source_deleted_at IS 'When the file was deleted because of options.delete_source.';

COMMENT ON COLUMN public.import_jobs.undone_at IS 'When the job''s rows were removed from the target, or what it had replaced was restored; the counters keep their
values.';

COMMENT ON COLUMN public.import_jobs.created_at IS 'When the job was inserted.';

COMMENT ON COLUMN public.import_jobs.started_at IS 'When a processor first claimed the job.';

COMMENT ON COLUMN public.import_jobs.finished_at IS 'When the job ended.';

COMMENT ON COLUMN public.import_jobs.updated_at IS 'When the row was last changed.';

COMMENT ON COLUMN public.import_jobs.file_name IS 'Name of the file as people know it, for display only; at most 255 characters. Nothing is read from or written to a path
of this name.';

COMMENT ON COLUMN public.import_jobs.parent_job_id IS 'The job of the same owner whose rejected rows this one imports in mended form.';

COMMENT ON COLUMN public.import_jobs.first_job_id IS 'The first job of the chain that parent_job_id makes; null for a job without a parent.';

COMMENT ON COLUMN public.import_jobs.error_params IS 'The names and numbers in error_message, each by its name; null if it has none.';

COMMENT ON COLUMN public.import_jobs.inspects IS 'Whether the job only inspects the beginning of its file (options.inspect); its result is report.inspection.';

COMMENT ON COLUMN public.import_jobs.undo_requested_at IS 'When the owner asked for the undo of the job; until undone_at or undo_error_code is set, a processor works on it.';

COMMENT ON COLUMN public.import_jobs.undo_error_code IS 'Why the job could not be undone: a stable code.';

COMMENT ON COLUMN public.import_jobs.undo_error_message IS 'Why the job could not be undone, in words.';

COMMENT ON COLUMN public.import_jobs.undo_error_hint IS 'What to do about it.';

COMMENT ON COLUMN public.import_jobs.expected_sha256 IS 'SHA-256 of the file that is meant, in hexadecimal; the job fails with IJ206 before its first row if the file has
another.';

CREATE FUNCTION importer.advance_sequences_of(job public.import_jobs) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select importer.advance_sequences(importer.registered_table(t))
  from importer.find_target((advance_sequences_of.job).target) as t
  where ((advance_sequences_of.job).created_by is null or t.run_as = 'processor')
    and (advance_sequences_of.job).options -> 'dry_run' is distinct from 'true'
$$;

COMMENT ON FUNCTION importer.advance_sequences_of(job public.import_jobs) IS 'Sets the sequences of a job''s table to the highest values of their columns, where the job may do that.';

CREATE FUNCTION importer.advance_sequences_of_interrupted_job() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.advance_sequences_of(new);
  return null;
end
$$;

COMMENT ON FUNCTION importer.advance_sequences_of_interrupted_job() IS 'Trigger function: lets the sequences of the table follow the rows of a job that has stopped before its end.';

CREATE FUNCTION importer.backoff(attempt integer) RETURNS interval
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select make_interval(secs => random() * least(300, 2 * power(2, least(greatest(backoff.attempt, 1), 20) - 1)))
$$;

COMMENT ON FUNCTION importer.backoff(attempt integer) IS 'Returns how long to wait after a failed attempt (counted from 1).';

CREATE FUNCTION importer.base_columns(relation regclass, numbers smallint[]) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select array(
    select a.attname::text
    from pg_catalog.pg_attribute as a
    where a.attrelid = relation and a.attnum > 0 and a.attgenerated = '' and (
      a.attnum = any (numbers) or exists (
        select
        from pg_catalog.pg_attribute as g
        inner join pg_catalog.pg_attrdef as d on d.adrelid = g.attrelid and d.adnum = g.attnum
        inner join pg_catalog.pg_depend as p on p.classid = 'pg_attrdef'::regclass and p.objid = d.oid
        where g.attrelid = relation and g.attgenerated <> '' and g.attnum = any (numbers)
          and p.refclassid = 'pg_class'::regclass and p.refobjid = relation and p.refobjsubid = a.attnum
      )
    )
    order by a.attnum
  )
$$;

COMMENT ON FUNCTION importer.base_columns(relation regclass, numbers smallint[]) IS 'Returns the names of columns; in the place of generated ones those that they are made of.';

CREATE FUNCTION importer.base_type(type_id oid) RETURNS oid
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  based_on oid := base_type.type_id;
  below oid;
begin
  loop
    select t.typbasetype into below from pg_catalog.pg_type as t where t.oid = based_on;
    exit when coalesce(below, 0) = 0;
    based_on := below;
  end loop;
  return based_on;
end
$$;

COMMENT ON FUNCTION importer.base_type(type_id oid) IS 'Returns the type on which a domain is finally based; any other type itself.';

CREATE FUNCTION importer.begin_undo(job_id uuid, token uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.begin_undo(job_id uuid, token uuid) IS 'Holds a request to undo a job, and the table of its target, until the end of the transaction, and returns which rows
the undo removes and restores. Raises IJ103 if another processor has taken the request, IJ112 if the job cannot be
undone, and IJ503 if the target''s table is not the registered one.';

CREATE FUNCTION importer.broadcast_progress() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '200ms'
    AS $_$
begin
  if to_regnamespace('realtime') is null then
    return null;
  end if;
  if to_regprocedure('realtime.send(jsonb,text,text,boolean)') is not null and importer.may_broadcast(new) then
    execute 'select realtime.send($1, ''progress'', $2, true)' using jsonb_build_object(
      'id', new.id, 'status', new.status, 'phase', new.phase, 'progress', new.progress, 'target', new.target,
      'file_name', new.file_name, 'bytes_read', new.bytes_read, 'bytes_total', new.bytes_total,
      'rows_read', new.rows_read, 'rows_loaded', new.rows_loaded, 'rows_rejected', new.rows_rejected,
      'rows_skipped', new.rows_skipped, 'error_code', new.error_code, 'updated_at', new.updated_at
    ), 'import-jobs:' || new.created_by;
  end if;
  return null;
exception when others then
  raise warning 'import-jobs could not broadcast progress (%)', sqlstate
  using hint = 'No action is needed for the job: clients read import_jobs.';
  return null;
end
$_$;

COMMENT ON FUNCTION importer.broadcast_progress() IS 'Trigger function: sends the progress of a user''s job to Realtime, if that is installed; it never fails the statement.';

CREATE FUNCTION importer.check_admission(job_id uuid, token uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_token(check_admission.job_id, check_admission.token);
  if exists (
    select from public.import_jobs as j inner join importer.job_identities as i on i.job_id = j.id
    where j.id = check_admission.job_id
      and not importer.may_import_into(
        importer.describe_target(j.target) ->> 'name', jsonb_build_object('role', i.role, 'claims', i.claims)
      )
  ) then
    raise exception 'the owner of the job may not import into this target' using errcode = 'IJ601',
    hint = 'Ask an administrator to allow it in import_targets.allowed_roles or allowed_when, then retry the job.';
  end if;
end
$$;

COMMENT ON FUNCTION importer.check_admission(job_id uuid, token uuid) IS 'Raises IJ601 if the owner of a job may not import into its target, and IJ103 without a valid lease.';

CREATE FUNCTION importer.check_import_folder() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  perform importer.check_import_options(new.options);
  if new.path_prefix !~ '^([^/]+/)*$' or octet_length(new.path_prefix) > 1000 or new.path_prefix ~ '[[:cntrl:]]'
    or new.path_prefix ~ '(^|/)[.]{1,2}/' or strpos(new.path_prefix, chr(92)) > 0
  then
    raise exception 'path_prefix is not the path of a folder' using errcode = 'IJ107',
    hint = 'Give a path that ends with a slash, such as <user id>/inbox/, without a leading or double slash.';
  end if;
  if octet_length(new.target) > 512 or octet_length(new.bucket_id) > 128
    or concat(new.target, new.bucket_id) ~ '[[:cntrl:]]'
  then
    raise exception 'target or bucket_id of the folder is not a name' using errcode = 'IJ107',
    hint = 'Give names of at most 512 and 128 bytes without control characters.';
  end if;
  if tg_op = 'INSERT' and new.owner is not null and (
    select count(*) from public.import_folders as f where f.owner = new.owner
  ) >= 100 then
    raise exception 'the owner has too many folders' using errcode = 'IJ114',
    hint = 'Remove some of them, or use one folder for several purposes; the limit is 100 folders.';
  end if;
  new.updated_at := now();
  return new;
end
$_$;

COMMENT ON FUNCTION importer.check_import_folder() IS 'Trigger function: rejects a folder with invalid options (IJ102), an invalid path or name (IJ107), and more than 100
folders of one owner (IJ114).';

CREATE FUNCTION importer.check_import_job() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  target public.import_targets;
begin
  perform importer.check_import_options(new.options);
  if new.status <> 'pending' or new.phase is not null or new.attempts <> 0 or new.error_code is not null then
    raise exception 'a new job must be pending' using errcode = 'IJ101',
    hint = 'Leave out status, phase, attempts and error_code.';
  end if;
  if new.object_path = '' or octet_length(new.object_path) > 1024 or new.object_path ~ '[[:cntrl:]]'
    or new.object_path ~ '(^|/)[.]{0,2}(/|$)' or new.object_path ~* '[%](2e|2f|5c|00)'
    or strpos(new.object_path, chr(92)) > 0 -- a backslash, which standard_conforming_strings = off reads otherwise
  then
    raise exception 'object_path is not a valid path' using errcode = 'IJ107',
    hint = 'Give a path such as <user id>/<random>/a.csv, without a leading or double slash, ".", ".." or a backslash.';
  end if;
  if octet_length(new.target) > 512 or octet_length(new.bucket_id) > 128 or octet_length(new.idempotency_key) > 512 then
    raise exception 'target, bucket_id or idempotency_key is too long' using errcode = 'IJ107',
    hint = 'The limits are 512, 128 and 512 bytes.';
  end if;
  if concat(new.target, new.bucket_id, new.idempotency_key) ~ '[[:cntrl:]]' then
    raise exception 'target, bucket_id or idempotency_key contains control characters' using errcode = 'IJ107',
    hint = 'Remove the control characters.';
  end if;
  -- The owner's own id is left to the primary key, so that ON CONFLICT DO NOTHING makes an insert repeatable.
  if exists (
    select from public.import_jobs as j where j.id = new.id and j.created_by is distinct from new.created_by
  ) then
    raise exception 'the id is already in use' using errcode = 'IJ115',
    hint = 'Leave out id, or choose a new random UUID.';
  end if;
  select t.* into target from importer.find_target(new.target) as t;
  if new.created_by is not null then
    perform importer.check_owner(new, target);
  end if;
  -- The meaning of the job's states in SQL depends on these options, so the target's defaults are written into the job.
  new.options := (
    select coalesce(jsonb_object_agg(d.key, d.value), '{}')
    from jsonb_each(target.options) as d
    where d.key in ('atomic', 'dry_run', 'delete_source')
  ) || new.options || case when target.mode = 'replace' then '{"atomic": true}'::jsonb else '{}' end;
  return new;
end
$_$;

COMMENT ON FUNCTION importer.check_import_job() IS 'Trigger function: rejects a new job with invalid options (IJ102), a state (IJ101), an invalid path (IJ107), the id of
another owner''s job (IJ115), a file of another user (IJ602) or a target that its owner may not import into (IJ601).';

CREATE FUNCTION importer.check_import_job_digest() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  new.expected_sha256 := lower(new.expected_sha256);
  if new.expected_sha256 !~ '^[0-9a-f]{64}$' then
    raise exception 'expected_sha256 is not a SHA-256' using errcode = 'IJ107',
    hint = 'Give the digest as 64 hexadecimal digits, or leave it out.';
  end if;
  return new;
end
$_$;

COMMENT ON FUNCTION importer.check_import_job_digest() IS 'Trigger function: rejects a new job whose expected_sha256 is not a digest (IJ107).';

CREATE FUNCTION importer.check_import_job_inspection() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if tg_op = 'UPDATE' and coalesce(new.options -> 'inspect' = 'true', false) <> old.inspects then
    raise exception 'option "inspect" cannot change' using errcode = 'IJ102',
    hint = 'Insert a new job to import the file, or to inspect it.';
  end if;
  if new.options -> 'inspect' = 'true' then
    new.options := new.options - '{atomic,delete_source,dry_run,force,output}'::text[];
  end if;
  return new;
end
$$;

COMMENT ON FUNCTION importer.check_import_job_inspection() IS 'Trigger function: removes from an inspection the options that write or delete something, and rejects a retry that turns
it into an import, or an import into an inspection (IJ102).';

CREATE FUNCTION importer.check_import_job_origin() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  parent record;
begin
  -- Control characters, and those that turn the direction of a text, so that a name is shown as it is.
  if new.file_name = '' or length(new.file_name) > 255 or new.file_name ~ '[[:cntrl:]]'
    or new.file_name ~ format(
      '[%s-%s%s%s%s-%s%s-%s]', chr(128), chr(159), chr(8206), chr(8207), chr(8232), chr(8238), chr(8294), chr(8297)
    )
    or translate(new.file_name, '/' || chr(92), '') <> new.file_name
  then
    raise exception 'file_name is not the name of a file' using errcode = 'IJ107',
    hint = 'Give the name alone, such as people.csv, in at most 255 characters without slashes and control characters.';
  end if;
  new.first_job_id := null;
  if new.parent_job_id is null then
    return new;
  end if;
  select coalesce(j.first_job_id, j.id) as first_id into parent
  from public.import_jobs as j
  where j.id = new.parent_job_id and j.created_by is not distinct from new.created_by;
  if not found then
    raise exception 'the job in parent_job_id does not exist' using errcode = 'IJ108',
    hint = 'Check the id, and that the job belongs to you.';
  end if;
  new.first_job_id := parent.first_id;
  new.idempotency_key := coalesce(
    new.idempotency_key, importer.mended_key(new.parent_job_id, new.bucket_id, new.object_path)
  );
  return new;
end
$$;

COMMENT ON FUNCTION importer.check_import_job_origin() IS 'Trigger function: rejects a new job with an invalid file_name (IJ107) or with a parent that its owner does not have
(IJ108), and gives a job with a parent its idempotency key and the first job of its chain.';

CREATE FUNCTION importer.check_import_job_retry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  fixed text;
begin
  new.options := jsonb_strip_nulls(
    new.options || coalesce(nullif(current_setting('import_jobs.retry_options', true), ''), '{}')::jsonb
  );
  if new.options is distinct from old.options then
    perform importer.check_import_options(new.options);
  end if;
  -- Staged rows of an all-or-nothing job or a dry run never reached the target, and those of an undone job have left it.
  -- Rejections alone are no reason to go on: what rejected all rows may have been mended. follow_import_job() clears
  -- the ledger.
  if old.rows_loaded = 0 or 'true' in (old.options -> 'atomic', old.options -> 'dry_run') or old.undone_at is not null
  then
    new.undone_at := null;
    new.rows_read := 0;
    new.rows_loaded := 0;
    new.rows_rejected := 0;
    new.rows_skipped := 0;
    new.bytes_read := 0;
    new.chunks_done := 0;
    new.total_chunks := null;
    new.preview := null;
    if (select t.mode from importer.find_target(new.target) as t) = 'replace' then
      new.options := new.options || '{"atomic": true}';
    end if;
    return new;
  end if;
  select min(o.key) into fixed
  from (
    select key from jsonb_each(old.options) as a full join jsonb_each(new.options) as b using (key)
    where a.value is distinct from b.value
  ) as o
  where o.key not in ('max_errors', 'max_seconds', 'on_error', 'output', 'force', 'delete_source');
  if fixed is not null then
    raise exception 'option "%" cannot change, because rows of the job are in the target', fixed
    using errcode = 'IJ102',
    hint = 'Change only max_errors, max_seconds, on_error, output, force or delete_source, or have the job undone.';
  end if;
  return new;
end
$$;

COMMENT ON FUNCTION importer.check_import_job_retry() IS 'Trigger function: lets a retried job start from the beginning if none of its rows are in the target, and rejects changed
options that are invalid, or that would read the rest of the file in another way (IJ102).';

CREATE FUNCTION importer.check_import_job_retry_options() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if auth.uid() is distinct from new.created_by and auth.uid() is not null
    and new.options not in (old.options, old.options || '{"atomic": true}')
  then
    raise exception 'options of another owner''s job cannot change' using errcode = 'IJ102',
    hint = 'Retry the job without options, or ask its owner to change them.';
  end if;
  return new;
end
$$;

COMMENT ON FUNCTION importer.check_import_job_retry_options() IS 'Trigger function: rejects a retry with other options by a user who does not own the job (IJ102).';

CREATE FUNCTION importer.check_import_job_retry_undo() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if exists (select from importer.undo_requests as u where u.job_id = new.id) then
    raise exception 'the job is being undone' using errcode = 'IJ101',
    hint = 'Retry the job when undone_at or undo_error_code is set.';
  end if;
  new.undo_requested_at := null;
  new.undo_error_code := null;
  new.undo_error_message := null;
  new.undo_error_hint := null;
  return new;
end
$$;

COMMENT ON FUNCTION importer.check_import_job_retry_undo() IS 'Trigger function: rejects the retry of a job that is being undone (IJ101), and clears what an earlier undo has left.';

CREATE FUNCTION importer.check_import_options(options jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  invalid record;
begin
  if jsonb_typeof(options) <> 'object' then
    raise exception 'options must be a JSON object' using errcode = 'IJ102', hint = 'Write options as {"name": value}.';
  end if;
  if octet_length(options::text) > 65536 then
    raise exception 'options is larger than 64 kB' using errcode = 'IJ102',
    hint = 'Remove what is not an option; docs/reference/options.md lists the options.';
  end if;
  select given.key, known.kind into invalid
  from jsonb_each(options) as given
  left join (
    values
    ('encoding', 'a text'),
    ('delimiter', 'one to eight characters, or tab, comma, semicolon, pipe, colon or space'),
    ('quote', 'one character or none'), ('escape', 'one character or none'), ('comment', 'one character or none'),
    ('compression', 'a text'), ('has_header', 'a boolean'), ('skip_lines', 'a whole number'),
    ('skip_footer', 'a whole number'), ('skip_empty_rows', 'a boolean'), ('strict_quotes', 'a boolean'),
    ('skip_initial_space', 'a boolean'), ('member', 'a text'), ('empty_as', 'null or default'),
    ('formula_text', 'a boolean'),
    ('mapping', 'an object of text or null'), ('unknown_columns', 'ignore or error'), ('locale', 'a text'),
    ('decimal', 'one character'), ('thousands', 'one character or none'), ('date_formats', 'an array of text'),
    ('timestamp_formats', 'an array of text'), ('true_values', 'an array of text'),
    ('false_values', 'an array of text'), ('null_values', 'an array of text'), ('trim', 'a boolean'),
    ('time_zone', 'a text'), ('on_error', 'skip or abort'), ('max_errors', 'a whole number or a percentage'),
    ('max_seconds', 'a whole number from 1 on'),
    ('atomic', 'a boolean'), ('dry_run', 'a boolean'),
    ('inspect', 'a boolean'), ('output', 'a boolean'), ('force', 'a boolean'),
    ('delete_source', 'a boolean')
  ) as known (name, kind) on known.name = given.key
  where not coalesce(
    case known.kind
      when 'a text' then jsonb_typeof(given.value) = 'string' and given.value #>> '{}' <> ''
      when 'one character or none' then jsonb_typeof(given.value) = 'string' and length(given.value #>> '{}') <= 1
      when 'one character' then jsonb_typeof(given.value) = 'string' and length(given.value #>> '{}') = 1
      when 'one to eight characters, or tab, comma, semicolon, pipe, colon or space' then
        jsonb_typeof(given.value) = 'string' and (
          length(given.value #>> '{}') = 1
          or given.value #>> '{}' ~ E'^[^[:alnum:]\\r\\n]{2,8}$'
          or given.value #>> '{}' in ('tab', 'comma', 'semicolon', 'pipe', 'colon', 'space')
        )
      when 'a boolean' then jsonb_typeof(given.value) = 'boolean'
      when 'a whole number' then jsonb_typeof(given.value) = 'number' and given.value::text ~ '^[0-9]{1,9}$'
      when 'a whole number from 1 on' then
        jsonb_typeof(given.value) = 'number' and given.value::text ~ '^[1-9][0-9]{0,8}$'
      when 'a whole number or a percentage' then
        (jsonb_typeof(given.value) = 'number' and given.value::text ~ '^[0-9]{1,9}$')
        or (
          jsonb_typeof(given.value) = 'string'
          and given.value #>> '{}' ~ '^([0-9]{1,2}([.][0-9]{1,6})?|100([.]0{1,6})?)%$'
        )
      when 'an array of text' then
        jsonb_typeof(given.value) = 'array' and not jsonb_path_exists(given.value, 'strict $[*] ? (@.type() != "string")')
      when 'an object of text or null' then
        jsonb_typeof(given.value) = 'object'
        and not jsonb_path_exists(given.value, 'strict $.* ? (@.type() != "string" && @.type() != "null")')
      else given.value #>> '{}' = any (string_to_array(known.kind, ' or '))
    end, false
  )
  limit 1;
  if found and invalid.kind is null then
    raise exception 'unknown option "%"', left(invalid.key, 60)
    using errcode = 'IJ102', hint = 'See docs/reference/options.md for the names of all options.';
  elsif found then
    raise exception 'invalid value for option "%"', invalid.key
    using errcode = 'IJ102', hint = format('The value must be %s.', invalid.kind);
  end if;
end
$_$;

COMMENT ON FUNCTION importer.check_import_options(options jsonb) IS 'Raises IJ102 if the options contain an unknown name, or a value of the wrong type or outside its list.';

CREATE FUNCTION importer.check_import_target() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  relation regclass := to_regclass(new."table");
  known text[];
  invalid text;
begin
  perform importer.check_import_options(new.options);
  if jsonb_typeof(new.columns) <> 'object'
    or jsonb_path_exists(new.columns, 'strict $.* ? (@.type() != "object")')
    or jsonb_path_exists(new.columns, 'lax $.*.aliases ? (@.type() != "string")')
    or jsonb_path_exists(new.columns, 'strict $.* ? (exists (@.aliases) && @.aliases.type() != "array")')
    or jsonb_path_exists(new.columns, 'strict $.* ? (exists (@.required) && @.required.type() != "boolean")')
    or jsonb_path_exists(new.columns, 'strict $.* ? (exists (@.default) && @.default.type() != "string")')
    or jsonb_path_exists(new.columns, 'strict $.* ? (exists (@.position) && @.position.type() != "number")')
  then
    raise exception 'invalid settings of a column' using errcode = 'IJ102',
    hint = 'Write each column as an object, such as {"phone": {"aliases": ["Celular"]}}.';
  end if;
  select format('%s of %s', s.key, c.key) into invalid
  from jsonb_each(new.columns) as c cross join lateral jsonb_object_keys(c.value) as s (key)
  where s.key not in (
    'aliases', 'required', 'default', 'type', 'position', 'normalise', 'case', 'null_values', 'trim', 'locale', 'decimal',
    'thousands', 'date_formats', 'timestamp_formats', 'true_values', 'false_values', 'time_zone'
  )
  limit 1;
  if found then
    raise exception 'unknown column setting "%"', left(invalid, 100) using errcode = 'IJ102',
    hint = 'See docs/reference/targets.md for the settings of a column.';
  end if;
  -- Staging tables have columns of these names.
  if new.columns ?| array['#record', '#line'] then
    raise exception 'a column cannot be named #record or #line' using errcode = 'IJ113',
    hint = 'Rename the column in the table.';
  end if;
  if new.mode = 'none' and exists (
    select from jsonb_each(new.columns) as c where to_regtype(coalesce(c.value ->> 'type', 'text')) is null
  ) then
    raise exception 'the type of a column does not exist' using errcode = 'IJ113',
    hint = 'Set the type in the settings of the column, such as {"amount": {"type": "numeric(12,2)"}}; the default is text.';
  end if;
  if (tg_op = 'INSERT' or new."table" is distinct from old."table")
    and (select c.relkind from pg_catalog.pg_class as c where c.oid = relation) not in ('r', 'p')
  then
    raise exception 'the table of a target must be a table' using errcode = 'IJ113',
    hint = 'Name a table or a partitioned table.';
  end if;
  if relation is not null then
    select array_agg(i.name) into known
    from importer.target_columns(relation, new.mode, new.key_columns) as i;
    select c.name into invalid
    from unnest(new.key_columns || new.update_columns || array[new.owner_column, new.provenance_column]) as c (name)
    where c.name is not null and not c.name = any (known);
    if found then
      raise exception 'the table has no writable column "%"', invalid using errcode = 'IJ113',
      hint = format('Choose from these columns: %s.', array_to_string(known, ', '));
    end if;
    if new.mode in ('upsert', 'update', 'ignore') and new.key_columns is not null
      and not importer.has_unique_key(relation, new.key_columns)
    then
      raise exception 'key_columns are not a unique key of the table' using errcode = 'IJ113',
      hint = 'Set them to exactly the columns of the primary key or of a unique constraint without a condition.';
    end if;
  end if;
  if exists (
    select from unnest(new.key_columns || new.update_columns) as c (name)
    where not new.columns ? c.name and c.name is distinct from new.owner_column
  ) then
    raise exception 'a key or update column is not among the columns of the target' using errcode = 'IJ113',
    hint = 'Choose key_columns and update_columns from the columns of the target and its owner_column.';
  end if;
  -- A file never fills the owner column and the provenance column.
  new.columns := new.columns - coalesce(new.owner_column, '') - coalesce(new.provenance_column, '');
  perform importer.condition_holds(new.allowed_when, '{}');
  new.updated_at := now();
  return new;
end
$_$;

COMMENT ON FUNCTION importer.check_import_target() IS 'Trigger function: rejects invalid default options or column settings (IJ102) and definitions that cannot work
(IJ113).';

CREATE FUNCTION importer.check_lease(job_id uuid, token uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform from public.import_jobs as j where j.id = check_lease.job_id for no key update;
  perform from importer.job_leases as l
  where l.job_id = check_lease.job_id and l.token = check_lease.token and l.expires_at > clock_timestamp();
  if not found then
    raise exception 'the lease on job % is no longer valid', check_lease.job_id using errcode = 'IJ103',
    hint = 'No action is needed: another processor has taken the job over, or the job was cancelled.';
  end if;
end
$$;

COMMENT ON FUNCTION importer.check_lease(job_id uuid, token uuid) IS 'Raises IJ103 unless the token is that of the job''s lease and the lease has not expired; locks the job until the
commit.';

CREATE TABLE public.import_targets (
    name text NOT NULL,
    "table" text,
    columns jsonb NOT NULL,
    mode text DEFAULT 'insert'::text NOT NULL,
    key_columns text[],
    update_columns text[],
    on_duplicate_key text DEFAULT 'last'::text NOT NULL,
    owner_column text,
    provenance_column text,
    run_as text DEFAULT 'uploader'::text NOT NULL,
    allowed_roles text[] DEFAULT '{authenticated}'::text[] NOT NULL,
    allowed_when text,
    claims text[] DEFAULT '{}'::text[] NOT NULL,
    on_duplicate_file text DEFAULT 'load'::text NOT NULL,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    max_running_jobs integer DEFAULT 4 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    remember_mappings boolean DEFAULT true NOT NULL,
    undo_days integer,
    CONSTRAINT import_targets_columns_check CHECK ((jsonb_typeof(columns) = 'object'::text)),
    CONSTRAINT import_targets_has_a_key CHECK (((mode <> ALL (ARRAY['upsert'::text, 'update'::text])) OR (key_columns IS NOT NULL))),
    CONSTRAINT import_targets_has_a_table CHECK (((mode = 'none'::text) = ("table" IS NULL))),
    CONSTRAINT import_targets_key_columns_check CHECK ((key_columns <> '{}'::text[])),
    CONSTRAINT import_targets_max_running_jobs_check CHECK ((max_running_jobs > 0)),
    CONSTRAINT import_targets_mode_check CHECK ((mode = ANY (ARRAY['insert'::text, 'upsert'::text, 'ignore'::text, 'update'::text, 'replace'::text, 'none'::text]))),
    CONSTRAINT import_targets_name_check CHECK (((name <> ''::text) AND (length(name) <= 200))),
    CONSTRAINT import_targets_on_duplicate_file_check CHECK ((on_duplicate_file = ANY (ARRAY['load'::text, 'skip'::text, 'reject'::text]))),
    CONSTRAINT import_targets_on_duplicate_key_check CHECK ((on_duplicate_key = ANY (ARRAY['last'::text, 'error'::text]))),
    CONSTRAINT import_targets_options_check CHECK ((jsonb_typeof(options) = 'object'::text)),
    CONSTRAINT import_targets_run_as_check CHECK ((run_as = ANY (ARRAY['uploader'::text, 'processor'::text]))),
    CONSTRAINT import_targets_undo_days CHECK (((undo_days >= 1) AND (undo_days <= 36500))),
    CONSTRAINT import_targets_update_columns_check CHECK ((update_columns <> '{}'::text[]))
);

COMMENT ON TABLE public.import_targets IS 'Tables that files may be imported into. Administrators write it, usually with importer.register_target().';

COMMENT ON COLUMN public.import_targets.name IS 'Name of the target; the column target of a job refers to it.';

COMMENT ON COLUMN public.import_targets."table" IS 'The table, as text that to_regclass() accepts, for example public.people; null for mode none.';

COMMENT ON COLUMN public.import_targets.columns IS 'The columns that a file may fill, each with its settings: aliases, required, default, normaliser, null_values,
formats.';

COMMENT ON COLUMN public.import_targets.mode IS 'insert; upsert; ignore (skip rows whose key exists); update (skip rows whose key does not exist); replace (exchange the
owner''s rows, or all rows for a job without an owner, in one transaction); none (no table: the file is only cleaned).';

COMMENT ON COLUMN public.import_targets.key_columns IS 'Key of the modes upsert, ignore and update; a unique constraint must cover exactly these columns.';

COMMENT ON COLUMN public.import_targets.update_columns IS 'Columns that upsert and update write in existing rows; null: all columns of the file except the key.';

COMMENT ON COLUMN public.import_targets.on_duplicate_key IS 'What to do when a key occurs again in the file: last keeps the last row, error rejects every row but the first.';

COMMENT ON COLUMN public.import_targets.owner_column IS 'Column that receives the job''s owner in each row; a file cannot fill it.';

COMMENT ON COLUMN public.import_targets.provenance_column IS 'Column that receives the job''s id in each new row, so that the job can be undone; a file cannot fill it.';

COMMENT ON COLUMN public.import_targets.run_as IS 'uploader: jobs of users write under the user''s rights and row security; processor: under the processor''s rights.';

COMMENT ON COLUMN public.import_targets.allowed_roles IS 'Roles whose users may import; jobs without an owner are always allowed.';

COMMENT ON COLUMN public.import_targets.allowed_when IS 'SQL condition on the owner''s claims (a jsonb value named claims) that must be true as well; null: no condition.';

COMMENT ON COLUMN public.import_targets.claims IS 'Claims of the owner that a job keeps besides sub, role, aal and is_anonymous, for policies that read them.';

COMMENT ON COLUMN public.import_targets.on_duplicate_file IS 'What to do with a file that its owner has already imported into this target: load, skip (completes) or reject
(fails).';

COMMENT ON COLUMN public.import_targets.options IS 'Default options of jobs for this target; an option that the job sets takes precedence.';

COMMENT ON COLUMN public.import_targets.max_running_jobs IS 'Maximum number of jobs that load into the target at once.';

COMMENT ON COLUMN public.import_targets.created_at IS 'When the target was registered.';

COMMENT ON COLUMN public.import_targets.updated_at IS 'When the target was last changed.';

COMMENT ON COLUMN public.import_targets.remember_mappings IS 'Whether completed imports are remembered in import_mappings, and proposed by inspections.';

COMMENT ON COLUMN public.import_targets.undo_days IS 'For how many days after its end the owner of a job may have it undone; null: only administrators undo jobs.';

CREATE FUNCTION importer.check_owner(job public.import_jobs, target public.import_targets) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  -- The processor's key can read every file, so a client may name only files that it may read itself.
  if (select auth.uid()) is not null
    and (job.bucket_id <> 'imports' or split_part(job.object_path, '/', 1) <> (select auth.uid())::text)
  then
    raise exception 'the file is not in your folder of the bucket "imports"' using errcode = 'IJ602',
    hint = 'Upload the file to <your user id>/… in the bucket imports, and set object_path to that path.';
  end if;
  if target.name is not null
    and not importer.may_import_into(target.name, importer.current_identity(job.created_by, target.claims))
  then
    raise exception 'you may not import into this target' using errcode = 'IJ601',
    hint = 'Ask an administrator to allow it in import_targets.allowed_roles or allowed_when.';
  end if;
end
$$;

COMMENT ON FUNCTION importer.check_owner(job public.import_jobs, target public.import_targets) IS 'Raises IJ602 if the client may not read the file, and IJ601 if the owner may not import into the target.';

CREATE FUNCTION importer.check_planned_import(target text, bytes bigint, content_type text, options jsonb) RETURNS TABLE(target_name text, estimated_seconds integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  found_target public.import_targets;
  owner constant uuid := auth.uid();
begin
  perform importer.check_import_options(check_planned_import.options);
  select t.* into found_target from importer.find_target(check_planned_import.target) as t;
  if found_target.name is null then
    raise exception 'no target of this name is registered' using errcode = 'IJ106',
    hint = 'Register the table, select importer.register_target(''public.your_table''), then try again.';
  end if;
  if owner is not null then
    if not importer.may_import_into(found_target.name, importer.current_identity(owner, found_target.claims)) then
      raise exception 'you may not import into this target' using errcode = 'IJ601',
      hint = 'Ask an administrator to allow it in import_targets.allowed_roles or allowed_when.';
    end if;
    perform importer.check_quota(owner, check_planned_import.bytes);
  end if;
  perform importer.check_upload(check_planned_import.bytes, check_planned_import.content_type);
  target_name := found_target.name;
  estimated_seconds := importer.estimated_seconds(owner, check_planned_import.target, check_planned_import.bytes);
  return next;
end
$$;

COMMENT ON FUNCTION importer.check_planned_import(target text, bytes bigint, content_type text, options jsonb) IS 'For public.check_planned_import(), which says what it does; returns the name of the target and a time.';

CREATE FUNCTION importer.check_quota(owner uuid, bytes bigint) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  max_jobs constant bigint := importer.setting_number('max_active_jobs_per_owner', 1000);
  max_bytes constant bigint := importer.setting_number('max_active_bytes_per_owner', 100000000000);
  active record;
begin
  select count(*) as jobs, coalesce(sum(j.bytes_total), 0) as bytes into active
  from public.import_jobs as j
  where j.created_by = check_quota.owner and j.status in ('pending', 'running')
    and coalesce(j.options -> 'inspect', 'false') <> 'true';
  if active.jobs >= max_jobs or active.bytes + check_quota.bytes > max_bytes then
    raise exception 'too many jobs or bytes of one owner are pending or running' using errcode = 'IJ114',
    hint = format('Wait until some jobs have ended, or cancel them; the limits are %s jobs and %s bytes.',
      max_jobs, max_bytes);
  end if;
end
$$;

COMMENT ON FUNCTION importer.check_quota(owner uuid, bytes bigint) IS 'Raises IJ114 if the owner may not have one more job with so many bytes pending or running.';

CREATE FUNCTION importer.check_setting() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.condition_holds(new.value, '{}');
  return new;
exception when sqlstate 'IJ113' then
  raise exception 'could not evaluate supervisor_when' using errcode = 'IJ113',
  hint = 'Write an SQL condition on the jsonb value claims, such as claims ->> ''aal'' = ''aal2'', with qualified names.';
end
$$;

COMMENT ON FUNCTION importer.check_setting() IS 'Trigger function: rejects a setting supervisor_when that cannot be evaluated (IJ113).';

CREATE FUNCTION importer.check_token(job_id uuid, token uuid) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not exists (
    select from importer.job_leases as l
    where l.job_id = check_token.job_id and l.token = check_token.token and l.expires_at > clock_timestamp()
  ) then
    raise exception 'the lease on job % is no longer valid', check_token.job_id using errcode = 'IJ103',
    hint = 'No action is needed: another processor has taken the job over, or the job was cancelled.';
  end if;
end
$$;

COMMENT ON FUNCTION importer.check_token(job_id uuid, token uuid) IS 'Raises IJ103 unless the token is that of the job''s lease and the lease has not expired; locks nothing.';

CREATE FUNCTION importer.check_upload(bytes bigint, content_type text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  size_limit bigint;
  types text[];
begin
  if to_regclass('storage.buckets') is null then
    return;
  end if;
  execute 'select b.file_size_limit, b.allowed_mime_types from storage.buckets as b where b.id = ''imports'''
  into size_limit, types;
  if check_upload.bytes > size_limit then
    raise exception 'the file has % bytes, but the limit of the bucket is %', check_upload.bytes, size_limit
    using errcode = 'IJ205', hint = 'Import the file in parts or compress it, or ask an administrator to raise the limit.';
  end if;
  if cardinality(types) > 0 and not exists (
    select from unnest(types) as t (name)
    where t.name in (check_upload.content_type, split_part(check_upload.content_type, '/', 1) || '/*', '*/*')
  ) then
    raise exception 'the bucket does not accept files of this type' using errcode = 'IJ207',
    hint = 'Send a type such as text/csv, or ask an administrator to add this one to the types that the bucket allows.';
  end if;
end
$$;

COMMENT ON FUNCTION importer.check_upload(bytes bigint, content_type text) IS 'Raises IJ205 if a file would be too large for the bucket imports, and IJ207 if the bucket does not accept its type.';

CREATE FUNCTION importer.claim_file(job_id uuid, token uuid, sha256 text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  job public.import_jobs;
  rules jsonb;
  earlier jsonb;
begin
  perform importer.check_lease(claim_file.job_id, claim_file.token);
  select j.* into job from public.import_jobs as j where j.id = claim_file.job_id;
  rules := importer.describe_target(job.target);
  perform pg_advisory_xact_lock(hashtextextended(
    concat_ws(' ', 'importer.claim_file', job.created_by, claim_file.sha256, rules ->> 'name'), 0
  ));
  if rules ->> 'on_duplicate_file' <> 'load' and job.chunks_done = 0
    and coalesce(job.options -> 'force', rules -> 'options' -> 'force', 'false') <> 'true'
    and coalesce(job.options -> 'dry_run', 'false') <> 'true'
  then
    select jsonb_build_object(
      'duplicate_of', e.id, 'status', case e.status when 'completed' then 'completed' else 'running' end
    )
    into earlier
    from public.import_jobs as e
    cross join lateral importer.find_target(e.target) as t
    where e.file_sha256 = claim_file.sha256 and e.id <> job.id and e.created_by is not distinct from job.created_by
      and t.name = rules ->> 'name' and coalesce(e.options -> 'dry_run', 'false') <> 'true'
      and case e.status
        when 'completed' then e.undone_at is null and not coalesce(e.report ? 'duplicate_of', false)
        when 'pending' then e.chunks_done > 0
        else e.status = 'running'
      end
    order by e.status = 'completed' desc, e.created_at, e.id
    limit 1;
  end if;
  update public.import_jobs as j
  set file_sha256 = case when earlier ->> 'status' = 'running' then null else claim_file.sha256 end
  where j.id = claim_file.job_id;
  return earlier;
end
$$;

COMMENT ON FUNCTION importer.claim_file(job_id uuid, token uuid, sha256 text) IS 'Claims a file for a job. Returns null if the job may load it, else the job of the same owner that has imported the file
into this target ({"duplicate_of": id, "status": "completed"}) or is importing it ("running"). Raises IJ103 without a
valid lease.';

CREATE FUNCTION importer.claim_inspections(worker text, max_jobs integer, lease_seconds integer DEFAULT 45, session integer DEFAULT NULL::integer) RETURNS SETOF jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
declare
  chosen uuid[] := array(select n.id from importer.next_inspections(claim_inspections.max_jobs) as n (id));
begin
  if chosen <> '{}' then
    return query
    select t.* from importer.take_jobs(
      chosen, claim_inspections.worker, claim_inspections.lease_seconds, claim_inspections.session
    ) as t;
  end if;
end
$$;

COMMENT ON FUNCTION importer.claim_inspections(worker text, max_jobs integer, lease_seconds integer, session integer) IS 'Claims up to max_jobs inspections for a worker, as importer.claim_jobs() claims imports.';

CREATE FUNCTION importer.claim_jobs(worker text, max_jobs integer, lease_seconds integer DEFAULT 45, session integer DEFAULT NULL::integer) RETURNS SETOF jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
begin
  perform pg_advisory_xact_lock(hashtextextended('importer.claim_jobs', 0));
  return query
  select t.* from importer.take_jobs(
    array(select n.id from importer.next_jobs(claim_jobs.max_jobs) as n (id)),
    claim_jobs.worker, claim_jobs.lease_seconds, claim_jobs.session
  ) as t;
end
$$;

COMMENT ON FUNCTION importer.claim_jobs(worker text, max_jobs integer, lease_seconds integer, session integer) IS 'Claims up to max_jobs due jobs for a worker: sets them running, counts the attempt and gives each a lease of
lease_seconds, with the key of the processor''s session if it has one. Returns for each job what the processor needs,
including the token of the lease.';

CREATE FUNCTION importer.claim_undos(max_undos integer) RETURNS SETOF jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.claim_undos(max_undos integer) IS 'Takes up to max_undos requests of owners to undo a job, and returns what a processor needs for them. A request that was
taken five times without a result fails with IJ104.';

CREATE FUNCTION importer.column_defaults(job_id uuid, token uuid) RETURNS TABLE(column_name text, is_sequence boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  perform importer.check_token(column_defaults.job_id, column_defaults.token);
  return query
  select d.name, coalesce(d.expression = format('nextval(%L::regclass)', d.sequence::text), true)
  from (
    select
      a.attname::text as name,
      coalesce(pg_get_expr(e.adbin, e.adrelid), t.typdefault) as expression,
      pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)::regclass as sequence
    from public.import_jobs as j
    inner join pg_catalog.pg_attribute as a on a.attrelid = importer.target_relation(j.target)
    inner join pg_catalog.pg_type as t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef as e on e.adrelid = a.attrelid and e.adnum = a.attnum
    where j.id = column_defaults.job_id and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  ) as d
  where d.expression is not null or d.sequence is not null;
end
$$;

COMMENT ON FUNCTION importer.column_defaults(job_id uuid, token uuid) IS 'Returns the columns of a job''s table that have a default, and whether it is nothing but the next value of the column''s
own sequence. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.columns_for_clients(target public.import_targets) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'name', c.name, 'type', c.type, 'labels', c.labels, 'aliases', coalesce(s.settings -> 'aliases', '[]'),
        'required', s.settings ->> 'default' is null
          and (c.required or s.settings -> 'required' is not distinct from 'true')
      ) order by c.place
    ), '[]'
  )
  from (
    select i.name, i.type, to_jsonb(i.labels) as labels, i.required, i.place::bigint as place
    from importer.target_columns(importer.registered_table(target), target.mode, target.key_columns) as i
    where target.mode <> 'none'
    union all
    select d.value ->> 'name', d.value ->> 'type', d.value -> 'labels', false, d.place
    from jsonb_array_elements(importer.declared_columns(target.columns)) with ordinality as d (value, place)
    where target.mode = 'none'
  ) as c
  cross join lateral (select target.columns -> c.name as settings) as s
  where target.columns ? c.name
$$;

COMMENT ON FUNCTION importer.columns_for_clients(target public.import_targets) IS 'Returns the columns that a file may fill, in the order of the table: name, type, enum labels, aliases, required.';

CREATE FUNCTION importer.commit_chunk(job_id uuid, token uuid, seq integer, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, bytes_read bigint, rejected importer.rejected_records DEFAULT NULL::importer.rejected_records, kept integer DEFAULT 10000, preview jsonb DEFAULT NULL::jsonb, chunk_bytes bigint DEFAULT 0) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_lease(commit_chunk.job_id, commit_chunk.token);

  insert into importer.job_chunks (
    job_id, seq, byte_start, byte_end, next_line, next_record,
    rows_read, rows_loaded, rows_rejected, rows_skipped, chunk_bytes, attempt
  )
  select
    commit_chunk.job_id, commit_chunk.seq, commit_chunk.byte_start, commit_chunk.byte_end, commit_chunk.next_line,
    commit_chunk.next_record, commit_chunk.rows_read, commit_chunk.rows_loaded, commit_chunk.rows_rejected,
    commit_chunk.rows_skipped, commit_chunk.chunk_bytes, l.attempt
  from importer.job_leases as l where l.job_id = commit_chunk.job_id;

  if cardinality(rejected.records) > 0 then
    perform importer.keep_rejections(commit_chunk.job_id, commit_chunk.seq, rejected, kept);
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

COMMENT ON FUNCTION importer.commit_chunk(job_id uuid, token uuid, seq integer, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, bytes_read bigint, rejected importer.rejected_records, kept integer, preview jsonb, chunk_bytes bigint) IS 'Writes a chunk''s ledger entry and rejections, and adds its rows to the counters of the job. Raises IJ103 without a
valid lease, and 23505 if the chunk is in the ledger already.';

CREATE FUNCTION importer.commit_file(job_id uuid, token uuid, file_etag text, file_bytes bigint, dialect jsonb, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_loaded bigint, rows_skipped bigint, chunk_bytes bigint, preview jsonb, file_sha256 text, report jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  job public.import_jobs;
begin
  perform importer.check_lease(commit_file.job_id, commit_file.token);

  insert into importer.job_chunks (
    job_id, seq, byte_start, byte_end, next_line, next_record,
    rows_read, rows_loaded, rows_rejected, rows_skipped, chunk_bytes, attempt
  )
  select
    commit_file.job_id, 0, commit_file.byte_start, commit_file.byte_end, commit_file.next_line,
    commit_file.next_record, commit_file.rows_loaded + commit_file.rows_skipped, commit_file.rows_loaded, 0,
    commit_file.rows_skipped, commit_file.chunk_bytes, l.attempt
  from importer.job_leases as l where l.job_id = commit_file.job_id;

  -- A job that an earlier attempt has opened has an ETag, a ledger, or a report to be kept.
  update public.import_jobs as j
  set
    status = 'completed', file_etag = commit_file.file_etag, bytes_total = commit_file.file_bytes,
    bytes_read = commit_file.file_bytes, dialect = commit_file.dialect,
    rows_read = commit_file.rows_loaded + commit_file.rows_skipped, rows_loaded = commit_file.rows_loaded,
    rows_skipped = commit_file.rows_skipped, chunks_done = 1, total_chunks = 1, preview = commit_file.preview,
    file_sha256 = coalesce(commit_file.file_sha256, j.file_sha256), report = commit_file.report
  where j.id = commit_file.job_id and j.file_etag is null and j.bytes_total is null and j.chunks_done = 0
  returning j.* into job;
  if not found then
    raise exception 'an earlier attempt has opened the file of job %', commit_file.job_id using errcode = 'IJ902',
    hint = 'This is a defect of import-jobs. Report it with the file''s dialect.';
  end if;

  -- Not for jobs of users: a user who may choose ids could exhaust the sequence for everybody.
  perform importer.advance_sequences(importer.registered_table(t))
  from importer.find_target(job.target) as t
  where job.created_by is null or t.run_as = 'processor';
end
$$;

COMMENT ON FUNCTION importer.commit_file(job_id uuid, token uuid, file_etag text, file_bytes bigint, dialect jsonb, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_loaded bigint, rows_skipped bigint, chunk_bytes bigint, preview jsonb, file_sha256 text, report jsonb) IS 'Writes the ledger entry of a file''s only chunk and completes the job, for a file that no earlier attempt has opened and
of which nothing is rejected. Raises IJ103 without a valid lease, 23505 or IJ902 if there was an earlier attempt.';

CREATE FUNCTION importer.condition_holds(condition text, claims jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  holds boolean;
begin
  if condition is null then
    return true;
  end if;
  execute format('select (%s) from (select $1 as claims) as c', condition) into holds using condition_holds.claims;
  return coalesce(holds, false);
exception when others then
  raise exception 'could not evaluate allowed_when (SQLSTATE %)', sqlstate using errcode = 'IJ113',
  hint = 'Write an SQL condition on the jsonb value claims, such as claims ->> ''aal'' = ''aal2'', with qualified names.';
end
$_$;

COMMENT ON FUNCTION importer.condition_holds(condition text, claims jsonb) IS 'Returns whether a target''s allowed_when is true for the claims; raises IJ113 if it cannot be evaluated.';

CREATE FUNCTION importer.configure(processor_url text, wake_token text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  secrets constant regclass := to_regclass('vault.decrypted_secrets');
  vault constant regnamespace := to_regnamespace('vault');
  secret record;
  secret_id uuid;
begin
  if secrets is null then
    insert into importer.settings (name, value)
    values ('import_jobs_processor_url', processor_url), ('import_jobs_wake_token', wake_token)
    on conflict (name) do update set value = excluded.value, updated_at = now();
    return 'importer.settings';
  end if;
  for secret in
    select * from (values ('import_jobs_processor_url', processor_url), ('import_jobs_wake_token', wake_token))
      as s (name, value)
  loop
    execute format('select id from %s where name = $1', secrets) into secret_id using secret.name;
    if secret_id is null then
      execute format('select %s.create_secret($1, $2)', vault) using secret.value, secret.name;
    else
      execute format('select %s.update_secret($1, $2)', vault) using secret_id, secret.value;
    end if;
  end loop;
  delete from importer.settings where name in ('import_jobs_processor_url', 'import_jobs_wake_token');
  return 'vault';
end
$_$;

COMMENT ON FUNCTION importer.configure(processor_url text, wake_token text) IS 'Stores the URL of the processor and the token of the doorbell; returns where: vault or importer.settings.';

CREATE FUNCTION importer.count_rejections_by_code(job_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_build_object('rejected_by_code', coalesce(jsonb_object_agg(c.code, c.cells), '{}'))
  from (
    select o.code, sum(o.cells) as cells
    from importer.job_rejections as r
    cross join lateral jsonb_to_recordset(r.reasons) as o (code text, cells bigint)
    where r.job_id = count_rejections_by_code.job_id
    group by o.code
  ) as c
$$;

COMMENT ON FUNCTION importer.count_rejections_by_code(job_id uuid) IS 'Returns the part of a job''s report that counts the rejected cells of all attempts by code.';

CREATE FUNCTION importer.count_rows_of_job(job public.import_jobs, rules jsonb, relation regclass) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    AS $$
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

COMMENT ON FUNCTION importer.count_rows_of_job(job public.import_jobs, rules jsonb, relation regclass) IS 'Returns how many rows of the target''s table an undo of the job would remove. Raises IJ503 if another table has taken
its place.';

CREATE FUNCTION importer.create_job_table(table_name text, relation regclass, numbers text[], columns text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  execute format('drop table if exists importer.%I', table_name);
  execute format(
    'create table importer.%I (%s, %s, primary key (%I))', table_name,
    (select string_agg(format('%I bigint not null', n.name), ', ') from unnest(numbers) as n (name)),
    (
      select string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum)
      from pg_catalog.pg_attribute as a
      where a.attrelid = relation and a.attname = any (create_job_table.columns) and a.attnum > 0
        and not a.attisdropped
    ),
    numbers[1]
  );
  execute format('revoke all on importer.%I from public, anon, authenticated, service_role', table_name);
  execute format('grant insert, select on importer.%I to import_processor', table_name);
end
$$;

COMMENT ON FUNCTION importer.create_job_table(table_name text, relation regclass, numbers text[], columns text[]) IS 'Creates an empty table of a job with columns of the given names for numbers, the first of which is the primary key, and
with the given columns of the target''s table.';

CREATE FUNCTION importer.current_identity(owner uuid, listed text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return (
    select jsonb_build_object('role', c.role, 'claims', c.kept || jsonb_build_object('sub', owner, 'role', c.role))
    from (
      select
        case when r.rolsuper or r.rolbypassrls or r.rolcanlogin then 'authenticated' else r.rolname::text end as role,
        coalesce(
          (
            select jsonb_object_agg(g.key, g.value)
            from jsonb_each(auth.jwt()) as g
            where (g.key in ('aal', 'is_anonymous') or g.key = any (listed)) and auth.uid() = owner
          ), '{}'
        ) as kept
      from pg_catalog.pg_roles as r
      where r.rolname = coalesce(nullif(current_setting('role', true), 'none'), session_user)
    ) as c
  );
end
$$;

COMMENT ON FUNCTION importer.current_identity(owner uuid, listed text[]) IS 'Returns the role and the claims under which a job runs that is inserted now for this owner.';

CREATE FUNCTION importer.declared_columns(columns jsonb) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'name', d.key, 'type', d.type, 'base', format_type(importer.base_type(t.oid), null), 'kind', t.typtype,
        'not_null', t.typnotnull, 'required', false, 'labels', coalesce(
          (
            select jsonb_agg(e.enumlabel order by e.enumsortorder)
            from pg_catalog.pg_enum as e where e.enumtypid = t.oid
          ), '[]'
        )
      )
      order by (d.value ->> 'position')::numeric, d.key
    ), '[]'
  )
  from (
    select c.key, c.value, coalesce(c.value ->> 'type', 'text') as type from jsonb_each(declared_columns.columns) as c
  ) as d
  inner join pg_catalog.pg_type as t on t.oid = to_regtype(d.type)
$$;

COMMENT ON FUNCTION importer.declared_columns(columns jsonb) IS 'Returns the columns of a target without a table, from its settings.';

CREATE FUNCTION importer.dependent_objects() RETURNS SETOF text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.dependent_objects() IS 'Returns the descriptions of objects that are not of import-jobs and would be dropped with it.';

CREATE FUNCTION importer.describe_target(target text, uploader text DEFAULT NULL::text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return (
    select jsonb_build_object(
      'name', t.name,
      'schema', n.nspname,
      'table', c.relname,
      'replaced', c.oid is null and to_regclass(t."table") is not null,
      'mode', t.mode,
      'key_columns', coalesce(t.key_columns, '{}'),
      'update_columns', t.update_columns,
      'on_duplicate_key', t.on_duplicate_key,
      'owner_column', t.owner_column,
      'provenance_column', t.provenance_column,
      'run_as', t.run_as,
      'row_security', coalesce(c.relrowsecurity, false),
      'has_triggers', exists (
        select from pg_catalog.pg_trigger as g where g.tgrelid = c.oid and not g.tgisinternal and g.tgenabled <> 'D'
      ),
      'on_duplicate_file', t.on_duplicate_file,
      'options', t.options,
      'settings', t.columns,
      'columns', case
        when t.mode = 'none' then importer.declared_columns(t.columns)
        else i.columns
      end,
      'types', i.types,
      'missing', (
        select coalesce(jsonb_agg(k.name order by k.name), '[]')
        from (
          select * from jsonb_object_keys(t.columns) as o (name)
          union all
          select * from unnest(array[t.owner_column, t.provenance_column]) as e (name) where e.name is not null
        ) as k
        where t.mode <> 'none' and k.name <> all (i.names)
      ),
      'missing_privileges', case
        when t.run_as = 'uploader' and t.mode <> 'none' then importer.missing_privileges(t, uploader)
      end
    )
    from importer.find_target(describe_target.target) as t
    left join pg_catalog.pg_class as c on c.oid = importer.registered_table(t)
    left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    -- Called once for all uses: each call takes 0.4 ms of a claim.
    cross join lateral (
      select
        coalesce(jsonb_agg(to_jsonb(a) order by a.place) filter (where t.columns ? a.name), '[]') as columns,
        jsonb_object_agg(a.name, a.type) filter (where a.name in (t.owner_column, t.provenance_column)) as types,
        coalesce(array_agg(a.name), '{}') as names
      from importer.target_columns(c.oid, t.mode, t.key_columns) as a
    ) as i
  );
end
$$;

COMMENT ON FUNCTION importer.describe_target(target text, uploader text) IS 'Returns a target with its columns as they are in the catalog now; null if there is no such target.';

CREATE FUNCTION importer.doctor() RETURNS TABLE(name text, severity text, message text, hint text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.doctor() IS 'Examines the installation. Returns each check with how bad a problem is (error, warning or note); message and hint are
null where nothing is wrong. Raises IJ601 for users who are not supervisors.';

CREATE FUNCTION importer.doctor_bloat() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
$_$;

COMMENT ON FUNCTION importer.doctor_bloat() IS 'Check of importer.doctor(): tables of import-jobs with more than 10,000 dead rows, and more dead rows than live ones.';

CREATE FUNCTION importer.doctor_bucket() RETURNS TABLE(message text, hint text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.doctor_bucket() IS 'Check of importer.doctor(): the bucket imports is missing, public, or accepts no CSV files.';

CREATE FUNCTION importer.doctor_bucket_policies() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.doctor_bucket_policies() IS 'Check of importer.doctor(): users may not upload to the bucket and read from it, or all files are open to them.';

CREATE FUNCTION importer.doctor_checks() RETURNS TABLE(name text, severity text)
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.doctor_checks() IS 'Returns the checks of importer.doctor() and how bad it is if one finds something: error, warning or note.';

CREATE FUNCTION importer.doctor_connections() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.doctor_connections() IS 'Check of importer.doctor(): fewer than five connections of the server, the database or a role are free.';

CREATE FUNCTION importer.doctor_definers() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.doctor_definers() IS 'Check of importer.doctor(): functions that belong to another role than the schema, or are no longer SECURITY DEFINER.';

CREATE FUNCTION importer.doctor_leases() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    format('%s running jobs have had no valid lease for more than a minute', count(*)),
    'Start a processor, or run import-jobs doctor --fix, which sweeps: the jobs become pending again.'
  from public.import_jobs as j left join importer.job_leases as l on l.job_id = j.id
  where j.status = 'running' and coalesce(l.expires_at, j.updated_at) < clock_timestamp() - interval '1 minute'
  having count(*) > 0
$$;

COMMENT ON FUNCTION importer.doctor_leases() IS 'Check of importer.doctor(): running jobs whose lease has expired and that no sweep has taken back.';

CREATE FUNCTION importer.doctor_listener() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    'no processor listens for notifications',
    'Give the processor the direct connection, or that of the session pooler (port 5432): behind a pooler in '
    || 'transaction mode it only looks for jobs every 1.5 s.'
  where exists (select from importer.processors as p where p.seen_at > clock_timestamp() - interval '15 s')
    and not exists (
      select from pg_catalog.pg_locks as l
      where l.locktype = 'advisory' and l.granted and l.classid = 1229606722 and l.objsubid = 2
        and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())
    )
$$;

COMMENT ON FUNCTION importer.doctor_listener() IS 'Check of importer.doctor(): processors are alive, but none of them hears the second bell.';

CREATE FUNCTION importer.doctor_open_functions() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.doctor_open_functions() IS 'Check of importer.doctor(): functions that anon may execute, and clients that may use the schema importer.';

CREATE FUNCTION importer.doctor_pause() RETURNS TABLE(message text, hint text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return query
  select
    format('the queue is paused since %s: %s', date_trunc('second', p.paused_at), p.reason),
    'Run in SQL: select importer.resume().'
  from importer.queue_pause as p;
end
$$;

COMMENT ON FUNCTION importer.doctor_pause() IS 'Check of importer.doctor(): the queue is paused.';

CREATE FUNCTION importer.doctor_pg_net() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select 'pg_net is not installed, so processors that sleep are not woken', 'Run: create extension pg_net.'
  where to_regprocedure('net.http_post(text, jsonb, jsonb, jsonb, integer)') is null
$$;

COMMENT ON FUNCTION importer.doctor_pg_net() IS 'Check of importer.doctor(): the extension pg_net is missing.';

CREATE FUNCTION importer.doctor_pg_net_worker() RETURNS TABLE(message text, hint text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if to_regprocedure('net.check_worker_is_up()') is not null
    and (pg_has_role('pg_read_all_stats', 'usage') or to_regclass('net.stand_in_faults') is not null)
  then
    perform net.check_worker_is_up();
  end if;
exception when raise_exception then
  message := 'the worker of pg_net does not run, so nothing that the database sends leaves it';
  hint := 'Run: select net.worker_restart(). If that does not help, restart the database.';
  return next;
end
$$;

COMMENT ON FUNCTION importer.doctor_pg_net_worker() IS 'Check of importer.doctor(): the worker of pg_net has ended.';

CREATE FUNCTION importer.doctor_processor() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    case
      when h.processor_seen_at is null then 'no processor was ever seen'
      else format('no processor is alive; the last one was seen at %s', date_trunc('second', h.processor_seen_at))
    end,
    'Start one with import-jobs serve, or set processor_sleeps if yours runs only after a ring.'
  from importer.import_queue_health() as h
  where not h.processor_alive and not h.processor_sleeps
$$;

COMMENT ON FUNCTION importer.doctor_processor() IS 'Check of importer.doctor(): no processor reports that it is alive.';

CREATE FUNCTION importer.doctor_processor_rights() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.doctor_processor_rights() IS 'Check of importer.doctor(): what the roles import_processor and import_uploader may no longer do.';

CREATE FUNCTION importer.doctor_processor_url() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    case when u.url is null then 'no URL of the processor is stored' else 'the stored URL of the processor is none' end,
    'Run import-jobs configure --processor-url URL, with the URL at which the database reaches the processor.'
  from (select importer.setting('import_jobs_processor_url') as url) as u
  where coalesce(u.url !~* '^https?://[^/?#[:space:]]', true)
$$;

COMMENT ON FUNCTION importer.doctor_processor_url() IS 'Check of importer.doctor(): the URL that is rung is missing, or is no URL.';

CREATE FUNCTION importer.doctor_read_only() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    case when pg_is_in_recovery() then 'the database is a standby' else 'the database is read-only' end,
    case
      when pg_is_in_recovery() then 'Use the connection string of the primary.'
      else 'Make room on the disk, then set default_transaction_read_only to off: Supabase sets it when a disk is full.'
    end
  where pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on'
$$;

COMMENT ON FUNCTION importer.doctor_read_only() IS 'Check of importer.doctor(): no job can be claimed or loaded.';

CREATE FUNCTION importer.doctor_realtime() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.doctor_realtime() IS 'Check of importer.doctor(): Realtime came later than import-jobs, and its table lacks our policy.';

CREATE FUNCTION importer.doctor_rings() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    format('%s rings of the last 10 minutes were not taken by any processor', count(*)),
    'Run import-jobs doctor, which rings and says what comes back.'
  from importer.open_rings() as r
  where r.sent_at between clock_timestamp() - interval '10 minutes' and clock_timestamp() - interval '15 s'
  having count(*) > 0
$$;

COMMENT ON FUNCTION importer.doctor_rings() IS 'Check of importer.doctor(): rings that were sent and that no processor has taken.';

CREATE FUNCTION importer.doctor_row_security() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    'row security is off, so that clients see the jobs of all: '
    || string_agg(t.oid::regclass::text, ', ' order by t.relname),
    string_agg(format('Run: alter table %s enable row level security.', t.oid::regclass), ' ' order by t.relname)
  from pg_catalog.pg_class as t
  inner join importer.own_objects() as o on o.classid = 'pg_class'::regclass and o.objid = t.oid
  where t.relnamespace = 'public'::regnamespace and t.relkind = 'r' and not t.relrowsecurity
  having count(*) > 0
$$;

COMMENT ON FUNCTION importer.doctor_row_security() IS 'Check of importer.doctor(): tables of clients whose row security was switched off.';

CREATE FUNCTION importer.doctor_search_paths() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.doctor_search_paths() IS 'Check of importer.doctor(): functions whose search_path was changed, so that they may run foreign code.';

CREATE FUNCTION importer.doctor_sweep() RETURNS TABLE(message text, hint text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.doctor_sweep() IS 'Check of importer.doctor(): a sweep that pg_cron does not run.';

CREATE FUNCTION importer.doctor_target_rights() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.doctor_target_rights() IS 'Check of importer.doctor(): targets for whose mode import_processor lacks a privilege.';

CREATE FUNCTION importer.doctor_targets() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    'the table of these targets is gone, or another has taken its place: ' || string_agg(t.name, ', ' order by t.name),
    'Run import-jobs doctor --fix to accept tables of the same name and owner, as after a restore; register the others '
    || 'again with importer.register_target(), or remove them with importer.unregister_target().'
  from public.import_targets as t
  where importer.registered_table(t) is null
  having count(*) > 0
$$;

COMMENT ON FUNCTION importer.doctor_targets() IS 'Check of importer.doctor(): targets whose table is not the one that was registered.';

CREATE FUNCTION importer.doctor_time_outs() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
$_$;

COMMENT ON FUNCTION importer.doctor_time_outs() IS 'Check of importer.doctor(): a statement_timeout or lock_timeout of less than a minute in sessions of the processor.';

CREATE FUNCTION importer.doctor_triggers() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.doctor_triggers() IS 'Check of importer.doctor(): triggers of import-jobs that are disabled or missing.';

CREATE FUNCTION importer.doctor_upload_trigger() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    'there are import folders, but uploads make no jobs: storage.objects lacks the trigger of import-jobs',
    'Run import-jobs doctor --fix, or in SQL: select importer.install_upload_trigger().'
  where exists (select from public.import_folders) and not exists (
    select from pg_catalog.pg_trigger as t
    where t.tgrelid = to_regclass('storage.objects') and t.tgname = 'import-jobs: import on upload'
      and t.tgenabled <> 'D'
  )
$$;

COMMENT ON FUNCTION importer.doctor_upload_trigger() IS 'Check of importer.doctor(): folders whose uploads are not imported, since the trigger of storage.objects is missing.';

CREATE FUNCTION importer.doctor_wake_token() RETURNS TABLE(message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select 'no token of the doorbell is stored', 'Run import-jobs configure --processor-url URL, which stores one.'
  where coalesce(importer.setting('import_jobs_wake_token'), '') = ''
$$;

COMMENT ON FUNCTION importer.doctor_wake_token() IS 'Check of importer.doctor(): the token of the doorbell is missing.';

CREATE FUNCTION importer.drop_job_tables() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '100ms'
    AS $_$
declare
  keep_replaced constant interval := make_interval(
    days => least(importer.setting_number('keep_replaced_days', 7), 36500)::integer
  );
  unused record;
  dropped integer := 0;
begin
  for unused in
    select c.relname
    from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'importer' and c.relkind = 'r' and c.relname ~ '^(staging|keys|replaced)_[0-9a-f]{32}$'
      and not exists (
        select from public.import_jobs as j
        where j.id = right(c.relname, 32)::uuid and case split_part(c.relname, '_', 1)
          when 'staging' then j.status in ('pending', 'running')
          -- A manual retry continues with the keys of the earlier attempts.
          when 'keys' then
            j.status in ('pending', 'running')
            or (j.status in ('failed', 'cancelled') and j.updated_at > now() - interval '7 days')
          else j.undone_at is null and coalesce(j.finished_at > now() - keep_replaced, true)
        end
      )
  loop
    begin
      execute format('drop table if exists importer.%I', unused.relname);
      dropped := dropped + 1;
    exception when lock_not_available or deadlock_detected then
      raise debug 'table "%" is in use', unused.relname;
    end;
  end loop;
  return dropped;
end
$_$;

COMMENT ON FUNCTION importer.drop_job_tables() IS 'Drops staging tables of jobs that have ended, keys a week after a job failed or was cancelled, and replaced rows after
keep_replaced_days (a setting, default 7) or an undo. Leaves tables that are in use; returns the number of tables
dropped.';

CREATE FUNCTION importer.drop_staging_table(job_id uuid, token uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_lease(drop_staging_table.job_id, drop_staging_table.token);
  execute format('drop table importer.%I', importer.job_table_name('staging', drop_staging_table.job_id));
end
$$;

COMMENT ON FUNCTION importer.drop_staging_table(job_id uuid, token uuid) IS 'Drops the staging table of a job after its rows have been copied into the target. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.end_former_sessions(job_id uuid, token uuid, lease_seconds integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not importer.renew_lease(end_former_sessions.job_id, end_former_sessions.token, lease_seconds) then
    return 0;
  end if;
  -- Materialized, because the planner could otherwise end sessions that the other conditions exclude.
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

COMMENT ON FUNCTION importer.end_former_sessions(job_id uuid, token uuid, lease_seconds integer) IS 'Ends the sessions in which earlier holders have a transaction open for this job, and returns their number. Does nothing
without a valid lease.';

CREATE FUNCTION importer.estimated_seconds(owner uuid, target text, bytes bigint) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select least(ceil(1 + greatest(estimated_seconds.bytes, 0) / coalesce(
    percentile_cont(0.5) within group (
      order by j.bytes_read / extract(epoch from j.finished_at - j.started_at)::double precision
    ), 1e7
  )), 2147483647)::integer
  from (
    select l.* from public.import_jobs as l
    where l.created_by is not distinct from estimated_seconds.owner order by l.started_at desc nulls last limit 100
  ) as j
  where j.status = 'completed' and j.target = estimated_seconds.target and j.bytes_read >= 1e6
    and j.duplicate_of is null and j.finished_at > j.started_at
$$;

COMMENT ON FUNCTION importer.estimated_seconds(owner uuid, target text, bytes bigint) IS 'Returns how long an import of so many bytes is likely to take: a second, and the bytes at the median speed of the
owner''s last imports of at least 1 MB into this target, or at 10 MB/s. Waiting for other jobs comes on top.';

CREATE FUNCTION importer.execute_pending_import_job() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if current_setting('import_jobs.execute', true) = new.id::text then
    new.run_after := least(new.run_after, now());
  end if;
  return new;
end
$$;

COMMENT ON FUNCTION importer.execute_pending_import_job() IS 'Trigger function: makes a pending job due for which public.execute_import_job() was called.';

CREATE FUNCTION importer.fail_job(job_id uuid, token uuid, code text, message text, hint text, transient boolean, report jsonb DEFAULT NULL::jsonb, errors_path text DEFAULT NULL::text, params jsonb DEFAULT NULL::jsonb) RETURNS public.import_job_status
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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
    status = 'failed', error_code = fail_job.code, error_message = fail_job.message, error_params = fail_job.params,
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

COMMENT ON FUNCTION importer.fail_job(job_id uuid, token uuid, code text, message text, hint text, transient boolean, report jsonb, errors_path text, params jsonb) IS 'Ends an attempt: sets the job pending after a back-off if the cause is transient and attempts are left, else failed
with code, message, parameters and hint. Returns the new status. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.fail_undo(job_id uuid, token uuid, code text, message text, hint text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.fail_undo(job_id uuid, token uuid, code text, message text, hint text) IS 'Ends a request to undo a job, with the reason for which it cannot be done.';

CREATE FUNCTION importer.failing_generated_columns(relation regclass, refused jsonb, role text) RETURNS TABLE(place bigint, column_name text, state text)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  item record;
  generated record;
begin
  for item in
    select r.value as columns, r.ordinality - 1 as place
    from jsonb_array_elements(failing_generated_columns.refused) with ordinality as r
  loop
    for generated in
      select a.attname, format_type(a.atttypid, a.atttypmod) as type, pg_get_expr(d.adbin, d.adrelid) as expression
      from pg_catalog.pg_attribute as a
      inner join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = failing_generated_columns.relation and a.attgenerated <> '' and not a.attisdropped
      order by a.attnum
    loop
      begin
        perform set_config('role', coalesce(failing_generated_columns.role, 'none'), true);
        execute format(
          'select r.v from jsonb_populate_record(null::%s, $1) as s '
          'cross join lateral jsonb_to_record(jsonb_build_object(''v'', (%s)::text)) as r (v %s)',
          failing_generated_columns.relation, generated.expression, generated.type
        ) using item.columns;
      exception when assert_failure or others then
        place := item.place;
        column_name := generated.attname;
        state := sqlstate;
      end;
      if column_name is not null then
        return next;
        column_name := null;
        exit;
      end if;
    end loop;
  end loop;
  perform set_config('role', 'none', true);
end
$_$;

COMMENT ON FUNCTION importer.failing_generated_columns(relation regclass, refused jsonb, role text) IS 'Returns, for each of the refused rows (an array of objects, by place from 0) in which a generated column of the table
cannot be computed, the first such column and the SQLSTATE. The expressions are executed as `role`; null: that of the
session.';

CREATE FUNCTION importer.find_target(name_or_table text) RETURNS SETOF public.import_targets
    LANGUAGE plpgsql STABLE ROWS 1
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return query
  select t.*
  from public.import_targets as t
  where t.name = find_target.name_or_table or t."table" = find_target.name_or_table
  order by t.name = find_target.name_or_table desc, t.name
  limit 1;
end
$$;

COMMENT ON FUNCTION importer.find_target(name_or_table text) IS 'Returns the target that has the given name or, failing that, the given table; no row if there is none.';

CREATE FUNCTION importer.finish_inspection(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb, inspection jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_lease(finish_inspection.job_id, finish_inspection.token);
  update public.import_jobs as j
  set
    status = 'completed', total_chunks = 0, file_etag = finish_inspection.file_etag,
    bytes_total = finish_inspection.bytes_total, dialect = finish_inspection.dialect,
    report = jsonb_build_object('inspection', finish_inspection.inspection)
  where j.id = finish_inspection.job_id and j.inspects;
end
$$;

COMMENT ON FUNCTION importer.finish_inspection(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb, inspection jsonb) IS 'Completes an inspection with its result. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.finish_job(job_id uuid, token uuid, records bigint, file_sha256 text, report jsonb, errors_path text DEFAULT NULL::text, output_path text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.finish_job(job_id uuid, token uuid, records bigint, file_sha256 text, report jsonb, errors_path text, output_path text) IS 'Completes a job. Raises IJ902 unless the ledger, the counters and the given number of records agree, and IJ103 without
a valid lease.';

CREATE FUNCTION importer.finish_undo(job_id uuid, token uuid, removed bigint, restored bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.finish_undo(job_id uuid, token uuid, removed bigint, restored bigint) IS 'Records, in the transaction that has done it, that a job is undone. Raises IJ103 as importer.begin_undo() does.';

CREATE FUNCTION importer.finish_upload(object jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  path constant text := object ->> 'name';
  folder public.import_folders;
  reason text;
begin
  select f.* into folder
  from public.import_folders as f
  where f.bucket_id = object ->> 'bucket_id' and f.path_prefix = any (array(
    select left(path, p.place) from generate_series(0, length(path) - 1) as p (place)
    where p.place = 0 or substr(path, p.place, 1) = '/'
  ))
  order by length(f.path_prefix) desc
  limit 1;
  if folder.id is null or importer.is_imported(object)
    or coalesce(object ->> 'owner_id', object ->> 'owner') is null and importer.is_artifact(path)
  then
    return;
  end if;
  begin
    perform importer.import_upload(folder, object);
  exception when others then
    reason := case when sqlstate like 'IJ%' then format('%s (%s)', sqlerrm, sqlstate) else 'SQLSTATE ' || sqlstate end;
    update public.import_folders as f
    set last_error = path || ': ' || reason, last_error_at = clock_timestamp()
    where f.id = folder.id;
  end;
end
$$;

COMMENT ON FUNCTION importer.finish_upload(object jsonb) IS 'Makes the job of a finished upload, a row of storage.objects, if it is in one of import_folders. What makes no job leaves
a line in last_error.';

CREATE FUNCTION importer.first_bytes(value text, bytes integer) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case
    when octet_length(first_bytes.value) <= first_bytes.bytes then first_bytes.value
    else (
      select convert_from(substring(w.whole from 1 for n.place), 'UTF8')
      from (select convert_to(first_bytes.value, 'UTF8') as whole) as w
      cross join lateral generate_series(first_bytes.bytes, first_bytes.bytes - 3, -1) as n (place)
      where get_byte(w.whole, n.place) & 192 <> 128
      order by n.place desc
      limit 1
    )
  end
$$;

COMMENT ON FUNCTION importer.first_bytes(value text, bytes integer) IS 'Returns as many whole characters from the start of a text as fit into the given number (at least 4) of bytes of
UTF-8.';

CREATE FUNCTION importer.first_visible_owner() RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  nobody constant uuid := '00000000-0000-0000-0000-000000000000'::uuid;
begin
  return case when importer.is_supervisor() then nobody else nullif(auth.uid(), nobody) end;
end
$$;

COMMENT ON FUNCTION importer.first_visible_owner() IS 'Returns the first owner whose jobs the caller sees: the caller, or for a supervisor the nil UUID, which stands for none.';

CREATE FUNCTION importer.follow_import_job() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if tg_op = 'UPDATE' and old.status = 'running' then
    delete from importer.job_leases where job_id = new.id;
  end if;
  if tg_op = 'UPDATE' and old.chunks_done > 0 and new.chunks_done = 0 then
    delete from importer.job_chunks where job_id = new.id;
    delete from public.import_job_errors where job_id = new.id;
    delete from importer.job_rejections where job_id = new.id;
  end if;
  if new.created_by is not null and (
    tg_op = 'INSERT' or (new.status = 'pending' and old.status <> 'running' and auth.uid() = new.created_by)
  ) then
    insert into importer.job_identities (job_id, role, claims)
    select new.id, i.identity ->> 'role', i.identity -> 'claims'
    from (
      select importer.current_identity(new.created_by, (
        select t.claims from importer.find_target(new.target) as t
      )) as identity
    ) as i
    on conflict on constraint job_identities_pkey do update set role = excluded.role, claims = excluded.claims;
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

COMMENT ON FUNCTION importer.follow_import_job() IS 'Trigger function: writes the event of a transition and the identity of the job''s owner, and deletes the lease of a job
that stops running.';

CREATE FUNCTION importer.follow_import_target() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  relation regclass;
begin
  if tg_op = 'INSERT' or (tg_op = 'UPDATE' and new."table" is distinct from old."table") then
    perform importer.keep_target_table(new.name);
  end if;
  if tg_op in ('INSERT', 'UPDATE') and importer.registered_table(new) is not null then
    perform importer.grant_target(importer.registered_table(new));
  end if;
  if tg_op in ('UPDATE', 'DELETE') then
    for relation in
      select distinct c.oid
      from pg_catalog.pg_class as c
      inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and a.attacl is not null
      cross join lateral (
        select r.grantee from aclexplode(c.relacl) as r union all select k.grantee from aclexplode(a.attacl) as k
      ) as g
      where c.relkind in ('r', 'p') and n.nspname <> 'importer' and g.grantee = 'import_processor'::regrole
        and (
          c.oid = to_regclass(old."table")
          or not exists (select from public.import_targets as t where to_regclass(t."table") = c.oid)
        )
    loop
      perform importer.grant_target(relation);
    end loop;
  end if;
  return null;
end
$$;

COMMENT ON FUNCTION importer.follow_import_target() IS 'Trigger function: keeps which table a target means, and grants and revokes the privileges that the processor needs for
the targets of a table.';

CREATE FUNCTION importer.follow_upload() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '200ms'
    AS $$
begin
  if tg_op = 'INSERT' or old.metadata is null
    or (old.bucket_id, old.name, to_jsonb(old) ->> 'version') is distinct from
    (new.bucket_id, new.name, to_jsonb(new) ->> 'version')
  then
    perform importer.finish_upload(to_jsonb(new));
  end if;
  return null;
exception when others then
  raise warning 'import-jobs could not import an upload (%)', sqlstate using hint = 'Insert a job for the file.';
  return null;
end
$$;

COMMENT ON FUNCTION importer.follow_upload() IS 'Trigger function on storage.objects: makes the job of an upload to one of import_folders; it never fails the upload.';

CREATE FUNCTION importer.forget_processors() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  delete from importer.rings as r where r.sent_at < clock_timestamp() - interval '1 hour';
  delete from importer.lost_attempts as l where l.lost_at < clock_timestamp() - interval '1 day';
  delete from importer.processors as p
  where p.seen_at < clock_timestamp() - interval '1 hour'
    and exists (select from importer.processors as n where n.seen_at > p.seen_at);
$$;

COMMENT ON FUNCTION importer.forget_processors() IS 'Deletes rings after an hour, lost attempts after a day, and processors not seen for an hour, except the one seen last.';

CREATE FUNCTION importer.forget_samples() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  forgotten integer;
begin
  update public.import_jobs as j
  set report = jsonb_set(
    j.report #- '{inspection,rows}', '{inspection,headers}',
    (
      select coalesce(jsonb_agg(h.value - 'samples' order by h.place), '[]')
      from jsonb_array_elements(j.report #> '{inspection,headers}') with ordinality as h (value, place)
    )
  )
  where j.id in (
    select s.id from public.import_jobs as s
    where s.inspects and s.status = 'completed' and s.report #> '{inspection,rows}' is not null
      and s.finished_at < now() - interval '1 day'
    order by s.finished_at
    limit 1000
    for update skip locked
  );
  get diagnostics forgotten = row_count;
  return forgotten;
end
$$;

COMMENT ON FUNCTION importer.forget_samples() IS 'Deletes rows and samples from inspections a day after they ended, at most 1,000 at a time; returns their number.';

CREATE FUNCTION importer.grant_target(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  statement text;
begin
  execute format('revoke all on %s from import_processor', relation);
  for statement in
    select format('revoke all (%I) on %s from import_processor', a.attname, relation)
    from pg_catalog.pg_attribute as a
    where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attacl is not null
    union all
    select format('revoke all on sequence %s from import_processor', d.objid::regclass)
    from pg_catalog.pg_depend as d inner join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
    where d.refobjid = relation and d.deptype = 'a'
  loop
    execute statement;
  end loop;
  for statement in
    with needed as (
      select p.privilege, p.column_name
      from public.import_targets as t cross join lateral importer.target_privileges(t) as p
      where to_regclass(t."table") = relation
        -- Each job reports a dropped column (IJ503); an error here would prevent every change of the target.
        and (p.column_name is null or exists (
          select from pg_catalog.pg_attribute as a
          where a.attrelid = relation and a.attname = p.column_name and not a.attisdropped
        ))
    )

    select format('grant usage on schema %I to import_processor', s.nspname)
    from pg_catalog.pg_namespace as s
    where s.nspname <> 'pg_catalog' and s.oid in (
      select c.relnamespace from pg_catalog.pg_class as c where c.oid = relation
      union
      select t.typnamespace
      from pg_catalog.pg_attribute as a inner join pg_catalog.pg_type as t on t.oid = a.atttypid
      where a.attrelid = relation and a.attname in (select n.column_name from needed as n)
    )
    and not has_schema_privilege('import_processor', s.oid, 'usage') and exists (select from needed)
    union all
    select format('grant %s (%s) on %s to import_processor', n.privilege, string_agg(format('%I', n.column_name), ', '), relation)
    from (select distinct d.privilege, d.column_name from needed as d) as n
    where n.column_name is not null
    group by n.privilege
    union all
    select distinct format('grant %s on %s to import_processor', n.privilege, relation)
    from needed as n where n.column_name is null
    union all
    select format('grant usage on sequence %s to import_processor', d.objid::regclass)
    from pg_catalog.pg_depend as d inner join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
    where d.refobjid = relation and d.deptype = 'a' and exists (select from needed)
  loop
    execute statement;
  end loop;
end
$$;

COMMENT ON FUNCTION importer.grant_target(relation regclass) IS 'Grants the processor exactly what the targets of a table need, with the rights of the administrator who calls it.';

CREATE FUNCTION importer.guard_import_job() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
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

COMMENT ON FUNCTION importer.guard_import_job() IS 'Trigger function: rejects invalid changes of the status (IJ101) and sets the columns that depend on the status.';

CREATE FUNCTION importer.guard_import_job_params() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  new.error_params := case
    when new.error_code is null then null
    when new.error_code = 'IJ104' then jsonb_build_object('attempts', new.attempts)
    else new.error_params
  end;
  return new;
end
$$;

COMMENT ON FUNCTION importer.guard_import_job_params() IS 'Trigger function: clears error_params when a job has no error any more, and sets them where the sweep fails a job.';

CREATE FUNCTION importer.has_own_casts(type_id oid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select t.oid >= 16384 and (t.typtype <> 'e' or t.oid <> has_own_casts.type_id)
  from pg_catalog.pg_type as t where t.oid = importer.base_type(has_own_casts.type_id)
$$;

COMMENT ON FUNCTION importer.has_own_casts(type_id oid) IS 'Returns whether to compare values of a type with each other may call a cast that is not Postgres''s own.';

CREATE FUNCTION importer.has_own_code(class regclass, object oid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from pg_catalog.pg_depend as d
    where d.classid = class and d.objid = object and d.refobjid >= 16384 and (
      d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass)
      -- A cast to a domain executes its checks.
      or d.refclassid = 'pg_type'::regclass
        and exists (select from pg_catalog.pg_type as t where t.oid = d.refobjid and t.typtype <> 'e')
    )
  )
$$;

COMMENT ON FUNCTION importer.has_own_code(class regclass, object oid) IS 'Returns whether an index, a default, a constraint or statistics call functions that are not Postgres''s own.';

CREATE FUNCTION importer.has_planned_code(relation regclass) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return exists (
    select
    from (
      select relation::oid as oid
      union
      select p.relid::oid from pg_catalog.pg_partition_tree(relation) as p
    ) as r
    where exists (
      select from pg_catalog.pg_index as i
      where i.indrelid = r.oid and num_nonnulls(i.indexprs, i.indpred) > 0
        and importer.has_own_code('pg_class', i.indexrelid)
    ) or exists (
      select from pg_catalog.pg_statistic_ext as e
      where e.stxrelid = r.oid and importer.has_own_code('pg_statistic_ext', e.oid)
    )
  );
end
$$;

COMMENT ON FUNCTION importer.has_planned_code(relation regclass) IS 'Returns whether to plan a query on a table, or on its partitions, may call functions that are not Postgres''s own.';

CREATE FUNCTION importer.has_trigger_before_rows(relation regclass, mode text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  -- Bits of pg_trigger.tgtype: for each row (1), before (2), insert (4), update (16).
  wanted constant smallint := 3 + case has_trigger_before_rows.mode when 'update' then 16 else 4 end;
begin
  if exists (
    select from pg_catalog.pg_trigger as g
    where g.tgrelid = has_trigger_before_rows.relation and g.tgtype & wanted = wanted and g.tgenabled in ('O', 'A')
  ) then
    return true;
  end if;
  return (select c.relkind from pg_catalog.pg_class as c where c.oid = has_trigger_before_rows.relation) = 'p'
    and exists (
      select from pg_partition_tree(has_trigger_before_rows.relation) as p
      inner join pg_catalog.pg_trigger as g on g.tgrelid = p.relid
      where g.tgtype & wanted = wanted and g.tgenabled in ('O', 'A')
    );
end
$$;

COMMENT ON FUNCTION importer.has_trigger_before_rows(relation regclass, mode text) IS 'Returns whether a trigger of the table or of one of its partitions may change the rows that a mode writes.';

CREATE FUNCTION importer.has_unique_key(relation regclass, columns text[]) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from pg_catalog.pg_index as i
    where i.indrelid = has_unique_key.relation and i.indisunique and i.indisvalid
      and i.indpred is null and i.indexprs is null
      and (
        select array_agg(a.attname::text order by a.attname::text)
        from pg_catalog.pg_attribute as a
        where a.attrelid = i.indrelid and a.attnum = any ((i.indkey::smallint[])[0 : i.indnkeyatts - 1])
      ) = (select array_agg(distinct c.name order by c.name) from unnest(has_unique_key.columns) as c (name))
  )
$$;

COMMENT ON FUNCTION importer.has_unique_key(relation regclass, columns text[]) IS 'Returns whether a unique index without a condition covers exactly these columns, so that ON CONFLICT can infer it.';

CREATE FUNCTION importer.headers_key(headers text[]) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select encode(sha256(convert_to(coalesce(jsonb_agg(h.name order by h.name collate "C"), '[]')::text, 'UTF8')), 'hex')
  from (
    select
      lower(regexp_replace(
        u.header, E'^[\\s\\ufeff\\u200b-\\u200d\\u2060]+|[\\s\\ufeff\\u200b-\\u200d\\u2060]+$', '', 'g'
      )) as name
    from unnest(headers_key.headers) as u (header)
  ) as h
$_$;

COMMENT ON FUNCTION importer.headers_key(headers text[]) IS 'Returns a digest of headers that does not depend on their order, case and white space.';

CREATE FUNCTION importer.hint_for_part(job_id uuid, code text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.hint_for_part(job_id uuid, code text) IS 'Returns the hint for an error of the file where rows of the job are in the target; null where the usual hint fits.';

CREATE FUNCTION importer.hold_session(session integer) RETURNS boolean
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select pg_try_advisory_lock_shared(1229606722, hold_session.session)
$$;

COMMENT ON FUNCTION importer.hold_session(session integer) IS 'Takes the lock of a processor''s session until the session ends; returns false if somebody keeps it from doing so.';

CREATE FUNCTION importer.hold_target(job_id uuid, token uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_token(hold_target.job_id, hold_target.token);
  perform importer.lock_target(t.name)
  from public.import_jobs as j cross join lateral importer.find_target(j.target) as t
  where j.id = hold_target.job_id and t.mode <> 'none';
end
$$;

COMMENT ON FUNCTION importer.hold_target(job_id uuid, token uuid) IS 'Keeps the table of a job''s target in its place until the end of the transaction. Raises IJ503 if it is not the table
that was registered, and IJ103 without a valid lease.';

CREATE FUNCTION importer.import_queue() RETURNS TABLE(waiting bigint, scheduled bigint, running bigint, oldest_waiting_since timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    count(*) filter (where j.status = 'pending' and j.run_after <= now()),
    count(*) filter (where j.status = 'pending' and j.run_after > now()),
    count(*) filter (where j.status = 'running'),
    min(greatest(j.created_at, j.run_after)) filter (where j.status = 'pending' and j.run_after <= now())
  from public.import_jobs as j
  where j.status in ('pending', 'running')
$$;

COMMENT ON FUNCTION importer.import_queue() IS 'Returns the numbers of jobs that wait, that are scheduled for later and that run, and since when the oldest one waits.';

CREATE FUNCTION importer.import_queue_health() RETURNS TABLE(processor_alive boolean, processors bigint, processor_seen_at timestamp with time zone, processor_sleeps boolean, last_ring_at timestamp with time zone, last_ring_taken_at timestamp with time zone, queue_paused boolean, paused_reason text, paused_since timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    count(*) filter (where p.seen_at > clock_timestamp() - interval '15 s') > 0
    or exists (select from importer.job_leases as l where l.expires_at > clock_timestamp()),
    count(*) filter (where p.seen_at > clock_timestamp() - interval '15 s'),
    max(p.seen_at),
    coalesce(lower((select s.value from importer.settings as s where s.name = 'processor_sleeps')), '')
    in ('true', 'on', 'yes', '1'),
    (select max(r.sent_at) from importer.rings as r),
    max(p.ring_taken_at),
    exists (select from importer.queue_pause),
    (select q.reason from importer.queue_pause as q),
    (select q.paused_at from importer.queue_pause as q)
  from importer.processors as p
$$;

COMMENT ON FUNCTION importer.import_queue_health() IS 'Returns whether a processor is alive (a lease is valid, or it was seen in the last 15 s), how many were seen then, when
the last one was seen, whether it may sleep until it is rung, when the last ring was sent, when one last arrived, and
whether the queue is paused, why and since when.';

CREATE TABLE public.import_folders (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    bucket_id text DEFAULT 'imports'::text NOT NULL,
    path_prefix text NOT NULL,
    target text NOT NULL,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    owner uuid DEFAULT auth.uid(),
    allow_unowned boolean DEFAULT false NOT NULL,
    last_error text,
    last_error_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.import_folders IS 'Folders of Storage whose files are imported when they have been uploaded. The longest prefix of a path decides.';

COMMENT ON COLUMN public.import_folders.id IS 'Id of the folder.';

COMMENT ON COLUMN public.import_folders.bucket_id IS 'Storage bucket.';

COMMENT ON COLUMN public.import_folders.path_prefix IS 'Beginning of the paths, up to and with a slash; the empty text means the whole bucket.';

COMMENT ON COLUMN public.import_folders.target IS 'Target of the jobs, as in import_jobs.target.';

COMMENT ON COLUMN public.import_folders.options IS 'Options of the jobs.';

COMMENT ON COLUMN public.import_folders.owner IS 'Owner of the folder, who is also the owner of jobs for files that have none: those uploaded with a secret key, or moved.';

COMMENT ON COLUMN public.import_folders.allow_unowned IS 'Whether a file without owner makes a job without owner, which runs under the processor''s rights. Only administrators
set it.';

COMMENT ON COLUMN public.import_folders.last_error IS 'Why the last upload that made no job made none, with its path.';

COMMENT ON COLUMN public.import_folders.last_error_at IS 'When that was.';

COMMENT ON COLUMN public.import_folders.created_at IS 'When the folder was made.';

COMMENT ON COLUMN public.import_folders.updated_at IS 'When the folder was last changed.';

CREATE FUNCTION importer.import_upload(folder public.import_folders, object jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  path constant text := object ->> 'name';
  file_owner constant text := coalesce(object ->> 'owner_id', object ->> 'owner');
  job_owner constant uuid := case when file_owner is null then folder.owner else file_owner::uuid end;
  is_shared constant boolean := folder.bucket_id <> 'imports'
    or folder.path_prefix !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/';
  former text[];
  job public.import_jobs;
begin
  if job_owner is null and not folder.allow_unowned then
    raise exception 'the file has no owner' using errcode = 'IJ119',
    hint = 'Upload it as a user, name an owner in import_folders, or have an administrator set allow_unowned.';
  end if;
  if auth.uid() is not null and file_owner is distinct from auth.uid()::text then
    raise exception 'the file names another owner than its uploader' using errcode = 'IJ119',
    hint = 'Upload files with the Storage API, which writes their owner.';
  end if;
  former := importer.set_claims(
    case when job_owner is not null and not is_shared
      then jsonb_build_object('sub', job_owner, 'role', 'authenticated')::text else '{}' end
  );
  insert into public.import_jobs as j (bucket_id, object_path, target, options, created_by, file_name)
  values (
    folder.bucket_id, path, folder.target, folder.options, job_owner, right(regexp_replace(path, '^.*/', ''), 255)
  )
  returning j.* into job;
  perform importer.restore_claims(former);
  perform importer.note_anonymous_owner(job);
  insert into importer.uploads as u (bucket_id, object_path, version, job_id)
  values (folder.bucket_id, path, coalesce(object ->> 'version', object -> 'metadata' ->> 'eTag', ''), job.id)
  on conflict on constraint uploads_pkey do update set version = excluded.version, job_id = excluded.job_id;
end
$$;

COMMENT ON FUNCTION importer.import_upload(folder public.import_folders, object jsonb) IS 'Inserts the job of a file that was uploaded to a folder. Raises IJ119 for a file without owner, and what an insert by
the owner raises.';

CREATE FUNCTION importer.insertable_columns(relation regclass) RETURNS TABLE(name text, place smallint, type text, base text, kind text, not_null boolean, required boolean, labels text[])
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  return query
  select
    a.attname::text,
    a.attnum,
    format_type(a.atttypid, a.atttypmod),
    format_type(importer.base_type(t.oid), null),
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
  order by a.attnum;
end
$$;

COMMENT ON FUNCTION importer.insertable_columns(relation regclass) IS 'Returns the columns of a table that an import may write, with their types as Postgres spells them.';

CREATE FUNCTION importer.install_realtime() RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if to_regclass('realtime.messages') is null or to_regprocedure('realtime.topic()') is null then
    raise notice 'broadcasts of progress are not installed: there is no Realtime';
    return false;
  end if;
  if not exists (
    select from pg_catalog.pg_policies as p
    where p.schemaname = 'realtime' and p.policyname = 'import-jobs: owners receive the progress of their jobs'
  ) then
    create policy "import-jobs: owners receive the progress of their jobs" on realtime.messages
    for select to authenticated using (
      extension = 'broadcast' and (select realtime.topic()) = 'import-jobs:' || (select auth.uid())::text
    );
  end if;
  return true;
exception when insufficient_privilege then
  raise notice 'broadcasts of progress are not installed: the role % may not create a policy on realtime.messages', current_user;
  return false;
end
$$;

COMMENT ON FUNCTION importer.install_realtime() IS 'Lets owners receive the progress of their jobs from Realtime unless they may already; returns whether they may now. For
administrators.';

CREATE FUNCTION importer.install_upload_trigger() RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if to_regclass('storage.objects') is null then
    raise notice 'import on upload is not installed: there is no table storage.objects';
    return false;
  end if;
  if not exists (
    select from pg_catalog.pg_trigger as t
    where t.tgrelid = to_regclass('storage.objects') and t.tgname = 'import-jobs: import on upload'
  ) then
    create trigger "import-jobs: import on upload" after insert or update on storage.objects
    for each row when (new.metadata is not null) execute function importer.follow_upload();
  end if;
  return true;
exception when insufficient_privilege then
  raise notice 'import on upload is not installed: the role % may not create a trigger on storage.objects', current_user;
  return false;
end
$$;

COMMENT ON FUNCTION importer.install_upload_trigger() IS 'Puts the trigger for import_folders on storage.objects unless it is there; returns whether it is there now. For
administrators.';

CREATE FUNCTION importer.invalid_values(type_name text, candidates text[]) RETURNS TABLE(candidate text, code text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  -- A cast would truncate texts that are too long. jsonb_to_record() passes a text to the input function of the type
  -- with its modifier, as COPY does. As the element of an array, a JSON text arrives there unquoted as well.
  is_array constant boolean := type_name like '%[]';
  statement constant text := format(
    'select r.v from jsonb_to_record(jsonb_build_object(''v'', $1)) as r (v %s)',
    type_name || case when is_array then '' else '[]' end
  );
  error_info constant regproc := to_regproc('pg_catalog.pg_input_error_info'); -- since PostgreSQL 16
  invalid text[];
  codes text[];
begin
  perform type_name::regtype; -- raises 42704 for a missing type, which would otherwise make each text invalid
  if error_info is not null then
    begin
      execute format(
        'select array_agg(c), array_agg(e.sql_error_code)
        from unnest($1) as c, %s(c, $2) as e where e.sql_error_code is not null', error_info
      ) into invalid, codes using candidates, type_name;
      return query select r.text, r.code from unnest(invalid, codes) as r (text, code);
      return;
    exception when others then
      -- The check of a domain raised an error: test the texts one by one, as before PostgreSQL 16.
      raise debug 'values of % are tested one by one', type_name;
    end;
  end if;
  foreach candidate in array candidates loop
    begin
      execute statement using case
        when is_array then candidate
        else '{"' || replace(replace(candidate, E'\\', E'\\\\'), '"', E'\\"') || '"}'
      end;
    exception when others then
      code := sqlstate;
      return next;
    end;
  end loop;
end
$_$;

COMMENT ON FUNCTION importer.invalid_values(type_name text, candidates text[]) IS 'Returns the texts that are not valid input for the type, each with the SQLSTATE that Postgres gives.';

CREATE FUNCTION importer.is_artifact(object_path text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  id_part constant text := substring(is_artifact.object_path from '[.]([0-9a-f]{8})[.][a-z]+[.]csv$');
begin
  return id_part is not null and exists (
    select from public.import_jobs as j
    where j.id between (id_part || '-0000-0000-0000-000000000000')::uuid
      and (id_part || '-ffff-ffff-ffff-ffffffffffff')::uuid
  );
end
$_$;

COMMENT ON FUNCTION importer.is_artifact(object_path text) IS 'Returns whether a path is that of a file which the processor writes for a job.';

CREATE FUNCTION importer.is_imported(object jsonb) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from importer.uploads as u
    where u.bucket_id = is_imported.object ->> 'bucket_id' and u.object_path = is_imported.object ->> 'name'
      and u.version = coalesce(is_imported.object ->> 'version', is_imported.object -> 'metadata' ->> 'eTag', '')
  ) or exists (
    select from public.import_jobs as j
    where j.bucket_id = is_imported.object ->> 'bucket_id' and j.object_path = is_imported.object ->> 'name'
      and j.status = 'pending' and j.chunks_done = 0
      and not j.options @> '{"inspect": true}' and not j.options @> '{"dry_run": true}'
  )
$$;

COMMENT ON FUNCTION importer.is_imported(object jsonb) IS 'Returns whether a job imports this version of a file already, or will.';

CREATE FUNCTION importer.is_paused() RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return exists (select from importer.queue_pause);
end
$$;

COMMENT ON FUNCTION importer.is_paused() IS 'Returns whether the queue is paused, so that no job is taken.';

CREATE FUNCTION importer.is_supervisor() RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  condition constant text := (select s.value from importer.settings as s where s.name = 'supervisor_when');
begin
  return condition is not null and auth.uid() is not null and importer.condition_holds(condition, auth.jwt());
exception when others then
  return false;
end
$$;

COMMENT ON FUNCTION importer.is_supervisor() IS 'Returns whether the caller is a user for whose claims the setting supervisor_when is true.';

CREATE FUNCTION importer.job_table_name(kind text, job_id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select job_table_name.kind || '_' || replace(job_table_name.job_id::text, '-', '')
$$;

COMMENT ON FUNCTION importer.job_table_name(kind text, job_id uuid) IS 'Returns the name, in the schema importer, of a job''s table of the kind staging, keys or replaced.';

CREATE FUNCTION importer.judged_table(job_id uuid, token uuid) RETURNS regclass
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_token(judged_table.job_id, judged_table.token);
  return (
    select importer.target_relation(j.target, must_exist => true)
    from public.import_jobs as j where j.id = judged_table.job_id
  );
end
$$;

COMMENT ON FUNCTION importer.judged_table(job_id uuid, token uuid) IS 'Returns the table of a job whose rows are looked up. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.keep_figures(job_id uuid, token uuid, seq integer, figures jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_lease(keep_figures.job_id, keep_figures.token);
  update importer.job_chunks as c
  set figures = case when c.seq = keep_figures.seq then keep_figures.figures end
  where c.job_id = keep_figures.job_id and (c.seq = keep_figures.seq or c.figures is not null);
end
$$;

COMMENT ON FUNCTION importer.keep_figures(job_id uuid, token uuid, seq integer, figures jsonb) IS 'Stores the figures of the report with a chunk that they cover, in place of earlier ones. Raises IJ103 without a valid
lease.';

CREATE FUNCTION importer.keep_loadable_rows(job_id uuid, token uuid, written text[], keys oid[]) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_hashjoin TO 'on'
    SET enable_mergejoin TO 'on'
    SET enable_seqscan TO 'on'
    SET jit TO 'off'
    AS $_$
declare
  is_twice boolean;
begin
  create temporary table import_parents (record bigint, parent bigint, other bigint) on commit drop;
  execute 'insert into pg_temp.import_parents
    select * from importer.parents_in_stage(
      job_id => $1, token => $2, stage => ''pg_temp.import_stage'', written => $3, keys => $4
    )' using keep_loadable_rows.job_id, keep_loadable_rows.token, keep_loadable_rows.written, keep_loadable_rows.keys;
  execute 'create index on pg_temp.import_parents (parent)';
  perform set_config('enable_hashjoin', 'off', true);
  perform set_config('enable_mergejoin', 'off', true);
  perform set_config('enable_seqscan', 'off', true);
  execute format(
    'create temporary table import_left on commit drop as
    with recursive l as (
      select p.record from pg_temp.import_parents as p where p.parent is null
      union %s
      select p.record from l inner join pg_temp.import_parents as p on p.parent = l.record
    )
    select l.record from l', case when cardinality(keep_loadable_rows.keys) = 1 then 'all' end
  );
  perform set_config('enable_hashjoin', 'on', true);
  perform set_config('enable_mergejoin', 'on', true);
  perform set_config('enable_seqscan', 'on', true);
  execute 'delete from pg_temp.import_stage as s using pg_temp.import_left as l where s."#record" = l.record';
  execute 'select exists (select from pg_temp.import_parents as p where p.parent <> p.other)' into is_twice;
  return is_twice;
end
$_$;

COMMENT ON FUNCTION importer.keep_loadable_rows(job_id uuid, token uuid, written text[], keys oid[]) IS 'Moves the rows that a missing row cuts off from the stage pg_temp.import_stage to pg_temp.import_left. Returns whether
some row has several parents in the stage by one foreign key, so that a further look may find more. Raises IJ103 without
a valid lease.';

CREATE FUNCTION importer.keep_preview(job_id uuid, token uuid, preview jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_lease(keep_preview.job_id, keep_preview.token);
  update public.import_jobs as j set preview = keep_preview.preview where j.id = keep_preview.job_id;
end
$$;

COMMENT ON FUNCTION importer.keep_preview(job_id uuid, token uuid, preview jsonb) IS 'Replaces the preview of a job. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.keep_rejections(job_id uuid, seq integer, rejected importer.rejected_records, kept integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into importer.job_rejections (
    job_id, seq, part, records, lines, raw, raw_ends, cell_places, cell_positions, cell_reasons, reasons
  )
  select
    keep_rejections.job_id, keep_rejections.seq, count(*), rejected.records, rejected.lines, rejected.raw,
    rejected.raw_ends, rejected.cell_places, rejected.cell_positions, rejected.cell_reasons, rejected.reasons
  from importer.job_rejections as r where r.job_id = keep_rejections.job_id and r.seq = keep_rejections.seq;

  if kept > 0 then
    insert into public.import_job_errors (
      job_id, record_number, position, line_number, column_name, code, message, error_params, raw
    )
    select
      keep_rejections.job_id, c.record, c.position, c.line, c.column_name, c.code, c.message, c.params,
      -- Calls first_bytes() only for long records: a call takes as long as the insert of the row.
      case when octet_length(c.raw) > 8192 then importer.first_bytes(c.raw, 8192) else c.raw end
    from importer.rejected_cells(rejected, kept) as c;
  end if;
end
$$;

COMMENT ON FUNCTION importer.keep_rejections(job_id uuid, seq integer, rejected importer.rejected_records, kept integer) IS 'Writes the first `kept` records to import_job_errors, cut at 8,192 bytes, and all of them to job_rejections.';

CREATE FUNCTION importer.keep_replaced_rows(job_id uuid, token uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    AS $$
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

COMMENT ON FUNCTION importer.keep_replaced_rows(job_id uuid, token uuid) IS 'Saves the rows that a job replaces (its owner''s, or all rows for a job without an owner) and returns their number.
Raises IJ601 for a user''s job if the target has no owner_column, IJ503 if the target''s table is not the registered one,
and IJ103 without a valid lease.';

CREATE FUNCTION importer.keep_target_table(target text) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  insert into importer.target_tables as k (target, relation, kind, owner)
  select t.name, c.oid, c.relkind, pg_get_userbyid(c.relowner)
  from public.import_targets as t inner join pg_catalog.pg_class as c on c.oid = to_regclass(t."table")
  where t.name = keep_target_table.target
  on conflict on constraint target_tables_pkey do update
  set relation = excluded.relation, kind = excluded.kind, owner = excluded.owner
$$;

COMMENT ON FUNCTION importer.keep_target_table(target text) IS 'Keeps which table a target has now, in place of the one that it had before.';

CREATE FUNCTION importer.keep_waiting(job_id uuid, token uuid, seq integer, line bigint, record bigint, records bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_lease(keep_waiting.job_id, keep_waiting.token);
  insert into importer.waiting_records (job_id, seq, line, record, records)
  values (keep_waiting.job_id, keep_waiting.seq, keep_waiting.line, keep_waiting.record, keep_waiting.records);
end
$$;

COMMENT ON FUNCTION importer.keep_waiting(job_id uuid, token uuid, seq integer, line bigint, record bigint, records bigint[]) IS 'Notes the records of a committed chunk that wait for others. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.known_columns(relation regclass, written text[]) RETURNS TABLE(name text, number smallint, generated boolean, value text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
#variable_conflict use_column
begin
  return query
  with columns as (
    select
      a.attname, a.attnum, a.attidentity, a.attgenerated, a.attname = any (written) as is_written, d.oid as default_id,
      pg_get_expr(d.adbin, d.adrelid) as expression, format_type(a.atttypid, a.atttypmod) as type, t.typdefault,
      t.oid < 16384 or t.typtype = 'e' as is_plain_type,
      case when a.attcollation <> t.typcollation then format(' collate %I.%I', n.nspname, c.collname) end as collation
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_type as t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join pg_catalog.pg_collation as c on c.oid = a.attcollation
    left join pg_catalog.pg_namespace as n on n.oid = c.collnamespace
    where a.attrelid = known_columns.relation and a.attnum > 0 and not a.attisdropped
  ),

  plain as (
    select
      c.attname, c.attnum,
      case
        when c.is_written then concat(format('s.%I', c.attname), c.collation)
        when c.expression is null then concat('null::', c.type, c.collation)
        else concat('(', c.expression, ')::', c.type, c.collation)
      end as value
    from columns as c
    where c.attgenerated = '' and (
      c.is_written or (
        c.attidentity = '' and c.typdefault is null and c.is_plain_type and coalesce(
          c.expression ~ '^(-?[0-9]+([.][0-9]+)?|true|false|NULL|''([^'']|'''')*'')(::[a-z ]+([(][0-9]+(,[0-9]+)?[)])?)?$', true
        )
      )
    )
  )

  select p.attname::text, p.attnum, false, p.value from plain as p
  union all
  select c.attname::text, c.attnum, true, format('(%s)', c.expression)
  from columns as c
  where c.attgenerated <> '' and not importer.has_own_code('pg_attrdef', c.default_id) and not exists (
    select from pg_catalog.pg_depend as d
    where d.classid = 'pg_attrdef'::regclass and d.objid = c.default_id
      and d.refclassid = 'pg_class'::regclass and d.refobjid = known_columns.relation
      and d.refobjsubid not in (c.attnum, 0) and d.refobjsubid <> all (select p.attnum from plain as p)
  );
end
$_$;

COMMENT ON FUNCTION importer.known_columns(relation regclass, written text[]) IS 'Returns the columns whose values are known before a row is written of which the file fills the columns `written`: the
value of each, in terms of the stage s, and of a generated one in terms of the others.';

CREATE FUNCTION importer.last_visible_owner() RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return case when importer.is_supervisor() then 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid else auth.uid() end;
end
$$;

COMMENT ON FUNCTION importer.last_visible_owner() IS 'Returns the last owner whose jobs the caller sees: the caller, or for a supervisor the highest UUID.';

CREATE FUNCTION importer.lend_staging_table(job_id uuid, token uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_token(lend_staging_table.job_id, lend_staging_table.token);
  execute format(
    'grant select, delete on importer.%I to import_uploader',
    importer.job_table_name('staging', lend_staging_table.job_id)
  );
end
$$;

COMMENT ON FUNCTION importer.lend_staging_table(job_id uuid, token uuid) IS 'Lets sessions that write as a user read the staging table of a job; for a transaction that drops the table or is rolled
back. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.limit_import_inspections() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  owners uuid[];
  most bigint;
begin
  if tg_op = 'INSERT' then
    select array_agg(distinct n.created_by) into owners
    from new_rows as n where n.inspects and n.created_by is not null;
  else
    select array_agg(distinct n.created_by) into owners
    from new_rows as n inner join old_rows as o using (id)
    where n.inspects and n.created_by is not null and n.status = 'pending' and o.status in ('failed', 'cancelled');
  end if;
  if owners is null then
    return null;
  end if;
  most := importer.setting_number('max_inspections_per_owner', 30);
  if exists (
    select from unnest(owners) as o (id)
    where (
      select count(*) from public.import_jobs as j
      where j.created_by = o.id and j.inspects and j.created_at > clock_timestamp() - interval '1 minute'
    ) > most or (
      select count(*) from public.import_jobs as j
      where j.created_by = o.id and j.inspects and j.status in ('pending', 'running')
    ) > 10 * most
  ) then
    raise exception 'one owner inspects too many files' using errcode = 'IJ118',
    hint = format('Wait a minute; in each minute an owner may inspect %s files.', most);
  end if;
  return null;
end
$$;

COMMENT ON FUNCTION importer.limit_import_inspections() IS 'Trigger function: rejects inspections beyond the number that one owner may insert in a minute, and retries and inserts
beyond ten times that number that wait or run (IJ118).';

CREATE FUNCTION importer.limit_import_job_changes() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  max_changes bigint := importer.setting_number('max_repeated_changes_per_owner', 60);
  changed integer;
begin
  if new.created_by is null or auth.uid() is distinct from new.created_by or (
    select count(*) < 2 from (
      select from public.import_job_events as e
      where e.job_id = new.id and e.happened_at > clock_timestamp() - interval '1 minute'
        and (e.event = 'cancelled' or (e.event = 'pending' and e.detail ->> 'from' in ('failed', 'cancelled')))
      limit 2
    ) as recent
  ) then
    return null;
  end if;
  insert into importer.owner_changes as c (owner, since, changes)
  values (new.created_by, clock_timestamp(), 1)
  on conflict on constraint owner_changes_pkey do update
  set
    since = case when c.since > clock_timestamp() - interval '1 minute' then c.since else excluded.since end,
    changes = case when c.since > clock_timestamp() - interval '1 minute' then c.changes + 1 else 1 end
  returning c.changes into changed;
  if changed > max_changes then
    raise exception 'jobs of one owner are retried and cancelled again too often' using errcode = 'IJ116',
    hint = format('Wait a minute; in each minute an owner may change jobs again %s times.', max_changes);
  end if;
  return null;
end
$$;

COMMENT ON FUNCTION importer.limit_import_job_changes() IS 'Trigger function: rejects retries and cancellations of jobs that their owner has just retried or cancelled, beyond a
number in each minute (IJ116).';

CREATE FUNCTION importer.limit_import_jobs() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  owners uuid[];
  max_jobs bigint;
  max_bytes bigint;
  owner uuid;
  jobs bigint;
  bytes numeric;
begin
  if tg_op = 'INSERT' then
    select array_agg(distinct n.created_by) into owners from new_rows as n
    where n.created_by is not null and not n.inspects;
  else
    select array_agg(distinct n.created_by) into owners
    from new_rows as n inner join old_rows as o using (id)
    where n.created_by is not null and not n.inspects and n.status = 'pending' and o.status in ('failed', 'cancelled');
  end if;
  -- Each job calls this function about four times, and most calls neither insert nor retry.
  if owners is null then
    return null;
  end if;
  max_jobs := importer.setting_number('max_active_jobs_per_owner', 1000);
  max_bytes := importer.setting_number('max_active_bytes_per_owner', 100000000000);
  foreach owner in array owners loop
    select count(*), coalesce(sum(j.bytes_total), 0) into jobs, bytes
    from public.import_jobs as j where j.created_by = owner and j.status in ('pending', 'running') and not j.inspects;
    if jobs <= max_jobs and to_regclass('storage.objects') is not null then
      execute
        'select $2 + coalesce(sum((o.metadata ->> ''size'')::numeric), 0)
        from public.import_jobs as j inner join storage.objects as o on o.bucket_id = j.bucket_id and o.name = j.object_path
        where j.created_by = $1 and j.status in (''pending'', ''running'') and not j.inspects
          and j.bytes_total is null'
      into bytes using owner, bytes;
    end if;
    if jobs > max_jobs or bytes > max_bytes then
      raise exception 'too many jobs or bytes of one owner are pending or running' using errcode = 'IJ114',
      hint = format('Wait until some jobs have ended, or cancel them; the limits are %s jobs and %s bytes.',
        max_jobs, max_bytes);
    end if;
  end loop;
  return null;
end
$_$;

COMMENT ON FUNCTION importer.limit_import_jobs() IS 'Trigger function: rejects jobs beyond the number and size that one owner may have pending or running (IJ114).';

CREATE FUNCTION importer.list_import_targets() RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  owner constant uuid := auth.uid();
  -- Conditions hold for clients without an id, too: jobs of such a client are checked as well.
  is_bound constant boolean := owner is not null or exists (
    select from pg_catalog.pg_roles as r
    where r.rolname = coalesce(nullif(current_setting('role', true), 'none'), session_user)
      and not (r.rolsuper or r.rolbypassrls)
  );
  target public.import_targets;
  max_bytes bigint;
begin
  if to_regclass('storage.buckets') is not null then
    execute 'select b.file_size_limit from storage.buckets as b where b.id = ''imports''' into max_bytes;
  end if;
  for target in select * from public.import_targets as t order by t.name loop
    begin
      continue when is_bound
        and not importer.may_import_into(target.name, importer.current_identity(owner, target.claims));
    exception when sqlstate 'IJ113' then
      continue;
    end;
    return next jsonb_build_object(
      'name', target.name, 'mode', target.mode, 'key_columns', target.key_columns, 'options', target.options,
      'max_bytes', max_bytes, 'columns', importer.columns_for_clients(target),
      -- The other modes store no previous values, and rows are found by their provenance (importer.undo_obstacle).
      'undo_days', case
        when target.mode = 'replace' or (target.mode in ('insert', 'ignore') and target.provenance_column is not null)
          then target.undo_days
      end
    );
  end loop;
end
$$;

COMMENT ON FUNCTION importer.list_import_targets() IS 'For public.list_import_targets(): an object for each target into which the caller may import.';

CREATE FUNCTION importer.list_rejections(job_id uuid, first bigint DEFAULT NULL::bigint) RETURNS TABLE(record_number bigint, "position" integer, line_number bigint, column_name text, code text, message text, raw text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  chunk record;
  listed bigint := 0;
begin
  for chunk in
    select r.seq, sum(cardinality(r.records)) as records from importer.job_rejections as r
    where r.job_id = list_rejections.job_id group by r.seq order by r.seq
  loop
    exit when listed >= list_rejections.first;
    return query
    select c.record, c.position, c.line, c.column_name, c.code, c.message, c.raw
    from importer.job_rejections as r
    cross join lateral importer.rejected_cells(
      row(
        r.records, r.lines, r.raw, r.raw_ends, r.cell_places, r.cell_positions, r.cell_reasons, r.reasons
      )::importer.rejected_records
    ) as c
    where r.job_id = list_rejections.job_id and r.seq = chunk.seq
    order by c.record, c.position;
    listed := listed + chunk.records;
  end loop;
  if listed = 0 then
    return query
    select e.record_number, e.position, e.line_number, e.column_name, e.code, e.message, e.raw
    from public.import_job_errors as e where e.job_id = list_rejections.job_id
    order by e.record_number, e.position;
  end if;
end
$$;

COMMENT ON FUNCTION importer.list_rejections(job_id uuid, first bigint) IS 'Returns the rejected cells of a job in the order of the file, at least those of the first records: all of a job that has
not completed, with whole records, and what import_job_errors holds of others.';

CREATE FUNCTION importer.lock_for_reading(relation regclass, is_stage boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  part regclass;
begin
  execute format('lock table only %s in access share mode', relation);
  if not is_stage and exists (
    select
    from (
      select lock_for_reading.relation::oid as oid
      union
      select p.relid::oid from pg_catalog.pg_partition_tree(lock_for_reading.relation) as p
    ) as r
    inner join pg_catalog.pg_class as c on c.oid = r.oid
    inner join pg_catalog.pg_roles as o on o.oid = c.relowner
    where o.rolname <> current_user and not o.rolsuper
  ) then
    execute format('lock table only %s in share update exclusive mode', relation);
    for part in
      select p.relid from pg_catalog.pg_partition_tree(lock_for_reading.relation) as p order by p.level, p.relid
    loop
      execute format('lock table only %s in share update exclusive mode', part);
    end loop;
  end if;
  if to_regclass(relation::text) is distinct from relation or importer.has_planned_code(relation) or not exists (
    select from pg_catalog.pg_class as c
    where c.oid = lock_for_reading.relation and c.relkind in ('r', 'p') and not (
      is_stage and (
        c.relpersistence <> 't' or c.relhasindex or c.relhasrules or c.relrowsecurity or c.relkind <> 'r'
        or c.relchecks > 0 or exists (select from pg_catalog.pg_statistic_ext as e where e.stxrelid = c.oid)
      )
    )
  ) then
    raise exception 'not a plain table' using errcode = 'IJ503',
    hint = 'Find out who has done that, then register the target again with importer.register_target().';
  end if;
end
$$;

COMMENT ON FUNCTION importer.lock_for_reading(relation regclass, is_stage boolean) IS 'Keeps a table in its place until the end of the transaction, and keeps one of another owner from being given
statistics or indexes. Raises IJ503 if it is not a plain one.';

CREATE FUNCTION importer.lock_stage(stage regclass, relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.lock_for_reading(stage, is_stage => true);
  if exists (
    select from pg_catalog.pg_attribute as s
    left join pg_catalog.pg_attribute as a
      on a.attrelid = lock_stage.relation and a.attname = s.attname and a.attnum > 0 and not a.attisdropped
    where s.attrelid = lock_stage.stage and s.attnum > 0 and not s.attisdropped and s.atttypid is distinct from case
      when s.attname = '#record' then 'bigint'::regtype else a.atttypid
    end
  ) then
    raise exception 'a staged column has another type than the column of the table' using errcode = 'IJ503',
    hint = 'Find out who has done that, then register the target again with importer.register_target().';
  end if;
end
$$;

COMMENT ON FUNCTION importer.lock_stage(stage regclass, relation regclass) IS 'Keeps a stage in its place until the end of the transaction. Raises IJ503 if it is not a plain one of the columns of a
table.';

CREATE FUNCTION importer.lock_target(name_or_table text) RETURNS regclass
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  relation regclass := importer.target_relation(name_or_table, must_exist => true);
begin
  if has_table_privilege(current_user, relation, 'select') then
    execute format('lock table only %s in access share mode', relation);
  end if;
  return importer.target_relation(name_or_table, must_exist => true);
end
$$;

COMMENT ON FUNCTION importer.lock_target(name_or_table text) IS 'Returns the table of a target, which stays in its place until the end of the transaction. Raises IJ503 as
importer.target_relation() does.';

CREATE FUNCTION importer.may_broadcast(job public.import_jobs) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  has_ended constant boolean := job.status in ('completed', 'failed', 'cancelled');
  since constant timestamptz := clock_timestamp() - interval '1 s';
begin
  if not has_ended and (
    exists (select from importer.broadcasts as b where b.job_id = job.id and b.sent_at > since)
    or (select count(*) >= 20 from importer.broadcasts as b where b.owner = job.created_by and b.sent_at > since)
  ) then
    return false;
  end if;
  insert into importer.broadcasts as b (job_id, owner, sent_at) values (job.id, job.created_by, clock_timestamp())
  on conflict on constraint broadcasts_pkey do update set sent_at = excluded.sent_at;
  if has_ended then
    delete from importer.broadcasts as b
    where b.owner = job.created_by and b.sent_at < clock_timestamp() - interval '1 minute' and b.job_id <> job.id;
  end if;
  return true;
end
$$;

COMMENT ON FUNCTION importer.may_broadcast(job public.import_jobs) IS 'Returns whether a message about a job may be sent now, and counts it as sent: the last one always, others once a second
and job and 20 times a second and owner.';

CREATE FUNCTION importer.may_import_into(target_name text, identity jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return (
    select t.allowed_roles @> array[may_import_into.identity ->> 'role']
      and importer.condition_holds(t.allowed_when, may_import_into.identity -> 'claims')
    from public.import_targets as t where t.name = may_import_into.target_name
  );
end
$$;

COMMENT ON FUNCTION importer.may_import_into(target_name text, identity jsonb) IS 'Returns whether an owner with this identity may import into a target; null if there is no such target.';

CREATE FUNCTION importer.mended_key(parent_job_id uuid, bucket_id text, object_path text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  digest text;
begin
  execute 'select o.metadata ->> ''eTag'' from storage.objects as o where o.bucket_id = $1 and o.name = $2'
  into digest using mended_key.bucket_id, mended_key.object_path;
  return mended_key.parent_job_id || ' ' || btrim(digest, '"');
exception when undefined_table or invalid_schema_name or insufficient_privilege then
  return null;
end
$_$;

COMMENT ON FUNCTION importer.mended_key(parent_job_id uuid, bucket_id text, object_path text) IS 'Returns the idempotency key of a job with a parent: the parent''s id and the digest of the file; null if there is no
such file yet.';

CREATE FUNCTION importer.missing_privileges(target public.import_targets, uploader text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_array(p.privilege, p.column_name)), '[]')
    from importer.target_privileges(target) as p
    inner join pg_catalog.pg_class as c on c.oid = to_regclass(target."table")
    inner join pg_catalog.pg_roles as r on r.rolname = uploader
    where not has_schema_privilege(r.oid, c.relnamespace, 'usage')
      or case
        when p.column_name is null then not has_table_privilege(r.oid, c.oid, p.privilege)
        -- By number, which gives null for a dropped column, whereas its name would raise an error.
        else not has_column_privilege(
          r.oid, c.oid,
          (select a.attnum from pg_catalog.pg_attribute as a where a.attrelid = c.oid and a.attname = p.column_name),
          p.privilege
        )
      end
  );
end
$$;

COMMENT ON FUNCTION importer.missing_privileges(target public.import_targets, uploader text) IS 'Returns the privileges that a role lacks for an import into a target: pairs of privilege and column (null: the
table).';

CREATE FUNCTION importer.next_ids(job_id uuid, token uuid, column_name text, row_count integer, taken bigint[]) RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  job public.import_jobs;
  relation regclass;
  sequence regclass;
  writer text;
  draws integer := next_ids.row_count;
  had integer := 0;
  drawn bigint[];
  ids bigint[] := array[]::bigint[];
begin
  perform importer.check_token(next_ids.job_id, next_ids.token);
  select j.* into job from public.import_jobs as j where j.id = next_ids.job_id;
  relation := importer.target_relation(job.target, must_exist => true);
  sequence := pg_get_serial_sequence(relation::text, next_ids.column_name)::regclass;
  select coalesce(max(i.role), 'import_processor') into writer
  from importer.job_identities as i cross join lateral importer.find_target(job.target) as t
  where i.job_id = job.id and job.created_by is not null and t.run_as = 'uploader';
  if exists (
    select from pg_catalog.pg_attribute as a
    where a.attrelid = relation and a.attname = next_ids.column_name and a.attidentity = ''
  ) and not has_sequence_privilege(writer, sequence, 'usage') then
    raise exception '% may not use the sequence of column "%"', writer, next_ids.column_name using errcode = 'IJ603',
    hint = format('Run grant usage on sequence %s to %s, then retry the job.', sequence, quote_ident(writer));
  end if;
  perform importer.advance_sequences_of(job);
  while cardinality(ids) < next_ids.row_count loop
    select array_agg(nextval(sequence)) into drawn from generate_series(1, draws);
    select ids || coalesce(array_agg(d.id order by d.place), '{}') into ids
    from unnest(drawn) with ordinality as d (id, place)
    where not exists (select from unnest(next_ids.taken) as t (id) where t.id = d.id);
    -- More after a round in vain, so that thousands of ids of the file that come next take a few rounds.
    draws := case when cardinality(ids) > had then next_ids.row_count - cardinality(ids) else least(2 * draws, 100000) end;
    had := cardinality(ids);
  end loop;
  return ids[1 : next_ids.row_count];
end
$$;

COMMENT ON FUNCTION importer.next_ids(job_id uuid, token uuid, column_name text, row_count integer, taken bigint[]) IS 'Takes so many values of a column''s own sequence, in order and without those that are taken. Raises IJ603 if the role
that writes may not use the sequence of a serial column, and IJ103 without a valid lease.';

CREATE FUNCTION importer.next_inspections(max_jobs integer) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE ROWS 2
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
begin
  return query
  select w.id
  from (
    select
      q.id, q.created_at,
      row_number() over (partition by q.created_by order by q.created_at, q.id) + (
        select count(*) from public.import_jobs as r
        where r.status = 'running' and r.inspects and r.created_by is not distinct from q.created_by
      ) as turn
    from (
      (
        select j.id, j.created_by, j.created_at from public.import_jobs as j
        where j.status = 'pending' and j.attempts < j.max_attempts and j.inspects and j.run_after <= clock_timestamp()
        order by j.created_at
        limit 1000
      )
      union
      (
        select j.id, j.created_by, j.created_at from public.import_jobs as j
        where j.status = 'pending' and j.attempts < j.max_attempts and j.inspects and j.run_after <= clock_timestamp()
        order by j.created_at desc
        limit 1000
      )
    ) as q
  ) as w
  order by w.turn, w.created_at, w.id
  limit next_inspections.max_jobs;
end
$$;

COMMENT ON FUNCTION importer.next_inspections(max_jobs integer) IS 'Returns the ids of the inspections to run next, in order.';

CREATE FUNCTION importer.next_jobs(max_jobs integer) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE ROWS 10
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_sort TO 'off'
    AS $$
declare
  nobody constant uuid := '00000000-0000-0000-0000-000000000000'::uuid;
  due constant timestamptz := clock_timestamp();
  heads cursor for
    select
      h.*,
      case when h.owner = nobody then h.priority else 0 end as precedence,
      h.owner_runs + least(100, 1 + count(*) filter (where h.run_after <= due) over (
        partition by h.owner, case when h.owner = nobody then h.priority end
        order by h.priority desc, h.created_at, h.id rows between unbounded preceding and 1 preceding
      )) as turn
    from importer.queue_heads() as h
    order by precedence desc, turn, h.last_start nulls first, h.created_at, h.id;
  head record;
  job importer.queued_job;
  waiting importer.queued_job[] := '{}'::importer.queued_job[];
  per_target jsonb := '{}'::jsonb;
  per_owner jsonb := '{}'::jsonb;
  room bigint;
  chosen integer := 0;
begin
  open heads;
  loop
    fetch heads into head;
    for job in
      select w.* from unnest(waiting) as w
      where head.id is null or (-w.precedence, w.turn, coalesce(w.last_start, '-infinity'), w.created_at, w.id)
        < (-head.precedence, head.turn, coalesce(head.last_start, '-infinity'), head.created_at, head.id)
      order by w.precedence desc, w.turn, w.last_start nulls first, w.created_at, w.id
    loop
      exit when chosen >= max_jobs;
      waiting := array_remove(waiting, job);
      continue when coalesce((per_target -> job.name)::integer, 0) >= job.target_room
        or coalesce((per_owner -> job.owner::text)::integer, 0) >= job.owner_room;
      per_target := per_target || jsonb_build_object(job.name, coalesce((per_target -> job.name)::integer, 0) + 1);
      per_owner := per_owner || jsonb_build_object(job.owner, coalesce((per_owner -> job.owner::text)::integer, 0) + 1);
      chosen := chosen + 1;
      return next job.id;
    end loop;
    exit when head.id is null or chosen >= max_jobs;
    room := least(
      head.target_room - coalesce((per_target -> head.name)::integer, 0),
      head.owner_room - coalesce((per_owner -> head.owner::text)::integer, 0),
      max_jobs - chosen
    );
    continue when room <= 0;
    waiting := waiting || array(
      select
        row(
          head.name, head.target_room, head.owner, head.owner_room,
          case when head.owner = nobody then j.priority else 0 end,
          head.owner_runs + (
            -- Two ranges of the index, because a row comparison cannot mix directions.
            select count(*) from (
              (
                select from public.import_jobs as e
                where e.status = 'pending' and e.attempts < e.max_attempts and not e.inspects
                  and e.priority > j.priority
                  and coalesce(e.created_by, '00000000-0000-0000-0000-000000000000') = head.owner
                  and head.owner <> nobody and e.run_after <= due
                limit 100
              )
              union all
              (
                select from public.import_jobs as e
                where e.status = 'pending' and e.attempts < e.max_attempts and not e.inspects
                  and e.priority = j.priority
                  and coalesce(e.created_by, '00000000-0000-0000-0000-000000000000') = head.owner
                  and (e.created_at, e.id) <= (j.created_at, j.id) and e.run_after <= due
                order by e.created_at, e.id
                limit 100
              )
              limit 100
            ) as earlier
          ),
          head.last_start, j.created_at, j.id
        )::importer.queued_job
      from public.import_jobs as j
      where j.status = 'pending' and j.attempts < j.max_attempts and not j.inspects and j.target = head.target
        and coalesce(j.created_by, '00000000-0000-0000-0000-000000000000') = head.owner and j.run_after <= due
      order by j.priority desc, j.created_at, j.id
      limit room
    );
  end loop;
  close heads;
end
$$;

COMMENT ON FUNCTION importer.next_jobs(max_jobs integer) IS 'Returns the ids of the pending jobs to run next, in order.';

CREATE FUNCTION importer.note_anonymous_owner(job public.import_jobs) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  is_anonymous boolean;
  identity importer.job_identities;
begin
  begin
    execute 'select u.is_anonymous from auth.users as u where u.id = $1' into is_anonymous using job.created_by;
  exception when undefined_table or undefined_column then
    return;
  end;
  if is_anonymous then
    update importer.job_identities as i set claims = i.claims || '{"is_anonymous": true}'
    where i.job_id = job.id returning i.* into identity;
    if not importer.may_import_into((select t.name from importer.find_target(job.target) as t), to_jsonb(identity)) then
      raise exception 'you may not import into this target' using errcode = 'IJ601',
      hint = 'Ask an administrator to allow it in import_targets.allowed_roles or allowed_when.';
    end if;
  end if;
end
$_$;

COMMENT ON FUNCTION importer.note_anonymous_owner(job public.import_jobs) IS 'Writes into the claims of a job that its owner is an anonymous user, if so. Raises IJ601 if such a user may not import
into the target.';

CREATE FUNCTION importer.note_ring() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if new.newest_ring is not null and (tg_op = 'INSERT' or new.newest_ring is distinct from old.newest_ring) then
    new.ring_taken_at := clock_timestamp();
  end if;
  return new;
end
$$;

COMMENT ON FUNCTION importer.note_ring() IS 'Trigger function: notes when a processor takes a ring.';

CREATE FUNCTION importer.notify_process_import_jobs_async(job_ids uuid[] DEFAULT '{}'::uuid[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '200ms'
    AS $$
declare
  processor_url text := importer.setting('import_jobs_processor_url');
  wake_token text := importer.setting('import_jobs_wake_token');
  timeout integer := importer.ring_timeout();
  ring text;
begin
  if processor_url is null or wake_token is null then
    raise exception 'no processor is configured' using errcode = 'IJ109',
    hint = 'Run "import-jobs configure --processor-url <url>".';
  end if;
  begin
    insert into importer.rings (timeout_milliseconds) values (timeout) returning number::text into ring;
  exception when lock_not_available then
    ring := null; -- the ring is sent all the same, without a number
  end;
  return net.http_post(
    url := rtrim(processor_url, '/') || '/process-import-jobs',
    body := jsonb_build_object('job_ids', job_ids[1:1000]),
    headers := jsonb_strip_nulls(jsonb_build_object(
      'Content-Type', 'application/json', 'Authorization', 'Bearer ' || wake_token, 'Import-Jobs-Ring', ring
    )),
    timeout_milliseconds := timeout
  );
end
$$;

COMMENT ON FUNCTION importer.notify_process_import_jobs_async(job_ids uuid[]) IS 'Rings the processor through pg_net when the transaction commits, also while an earlier ring is unanswered; returns
pg_net''s request id. Raises IJ109 if no processor is configured.';

CREATE FUNCTION importer.notify_processors() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  now_ms constant bigint := extract(epoch from clock_timestamp()) * 1000;
  last_ms constant bigint := (select s.last_value from importer.last_notification as s);
begin
  if now_ms - last_ms not between 0 and 19 and pg_notification_queue_usage() < 0.5 then
    perform setval('importer.last_notification', now_ms);
    perform pg_notify('import_jobs', '');
  end if;
end
$$;

COMMENT ON FUNCTION importer.notify_processors() IS 'Sends a notification on the channel import_jobs at the commit, unless one was sent in the last 20 ms.';

CREATE FUNCTION importer.on_error(job public.import_jobs) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(
    on_error.job.options ->> 'on_error',
    (select t.options ->> 'on_error' from importer.find_target(on_error.job.target) as t), 'skip'
  )
$$;

COMMENT ON FUNCTION importer.on_error(job public.import_jobs) IS 'Returns what a bad row of a job does, skip or abort, by the job''s options or the defaults of its target.';

CREATE FUNCTION importer.open_job(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.open_job(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb) IS 'Writes the ETag, size and dialect of the file into the job and sets the phase to loading. Returns the ledger of the
job, in order. Raises IJ204 if ETag or size differ from those of the first attempt, IJ503 if the target''s table is not
the registered one, and IJ103 without a valid lease.';

CREATE SEQUENCE importer.ring_numbers
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

COMMENT ON SEQUENCE importer.ring_numbers IS 'Numbers of rings.';

CREATE UNLOGGED TABLE importer.rings (
    number bigint DEFAULT nextval('importer.ring_numbers'::regclass) NOT NULL,
    sent_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    timeout_milliseconds integer NOT NULL
);

COMMENT ON TABLE importer.rings IS 'Rings that were sent through pg_net in the last hour.';

COMMENT ON COLUMN importer.rings.number IS 'Number of the ring; the request has it in the header Import-Jobs-Ring.';

COMMENT ON COLUMN importer.rings.sent_at IS 'When the ring was handed to pg_net.';

COMMENT ON COLUMN importer.rings.timeout_milliseconds IS 'How long pg_net waits for the answer.';

CREATE FUNCTION importer.open_rings() RETURNS SETOF importer.rings
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select r.number, r.sent_at, r.timeout_milliseconds
  from importer.rings as r
  where r.number > coalesce((select max(p.newest_ring) from importer.processors as p), 0)
  order by r.number desc
  limit 200
$$;

COMMENT ON FUNCTION importer.open_rings() IS 'Returns the rings that no processor has taken, the newest first.';

CREATE FUNCTION importer.open_targets() RETURNS TABLE(target text, name text, room bigint)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_sort TO 'off'
    AS $$
#variable_conflict use_column
begin
  return query
  with recursive waiting as (
    (
      select j.target from public.import_jobs as j
      where j.status = 'pending' and j.attempts < j.max_attempts and not j.inspects
      order by j.target
      limit 1
    )
    union all
    select following.target
    from waiting as w cross join lateral (
      select j.target from public.import_jobs as j
      where j.status = 'pending' and j.attempts < j.max_attempts and not j.inspects and j.target > w.target
      order by j.target
      limit 1
    ) as following
  ),

  running as materialized (
    select j.target, count(*) as jobs
    from public.import_jobs as j where j.status = 'running' and not j.inspects group by j.target
  ),

  named as (
    select
      coalesce(w.target, r.target) as target, w.target is not null as waits, coalesce(r.jobs, 0) as jobs,
      coalesce(t.name, w.target, r.target) as name, coalesce(t.max_running_jobs, 4) as target_limit
    from waiting as w full join running as r on r.target = w.target
    left join lateral importer.find_target(coalesce(w.target, r.target)) as t on true
  ),

  counted as (
    select n.*, n.target_limit - sum(n.jobs) over (partition by n.name) as room from named as n
  )

  select c.target, c.name, c.room::bigint from counted as c where c.waits and c.room > 0;
end
$$;

COMMENT ON FUNCTION importer.open_targets() IS 'Returns each name that pending jobs use for their target, with the target''s own name and the number of further jobs
that it may run; only targets for which that number is at least 1.';

CREATE FUNCTION importer.own_objects() RETURNS TABLE(classid oid, objid oid)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.own_objects() IS 'Returns the tables, views, types and functions of import-jobs, as pg_depend refers to them.';

CREATE FUNCTION importer.parents_in_stage(job_id uuid, token uuid, stage regclass, written text[], keys oid[]) RETURNS TABLE(record bigint, parent bigint, other bigint)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  reader text := (
    select pg_get_userbyid(p.proowner) from pg_catalog.pg_proc as p
    where p.oid = 'importer.rows_before_their_parent'::regproc
  );
  key oid;
begin
  execute format('grant select on %s to %I', stage, reader);
  foreach key in array parents_in_stage.keys loop
    return query
    select r.place, r.first, r.last
    from importer.rows_before_their_parent(
      job_id => parents_in_stage.job_id, token => parents_in_stage.token, stage => parents_in_stage.stage,
      written => parents_in_stage.written, reference => key
    ) as r;
  end loop;
end
$$;

COMMENT ON FUNCTION importer.parents_in_stage(job_id uuid, token uuid, stage regclass, written text[], keys oid[]) IS 'Returns the staged rows whose parent by one of the foreign keys is not in the table, each with the first and the last
staged row that is its parent, if there is one. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.pause(reason text DEFAULT NULL::text) RETURNS timestamp with time zone
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  insert into importer.queue_pause as p (reason)
  values (coalesce(
    nullif(btrim(left(regexp_replace(pause.reason, '[[:cntrl:][:space:]]+', ' ', 'g'), 500)), ''), 'no reason was given'
  ))
  on conflict (paused) do update set reason = excluded.reason, paused_by = excluded.paused_by
  returning p.paused_at
$$;

COMMENT ON FUNCTION importer.pause(reason text) IS 'Pauses the queue: no processor takes a job or an undo any more; jobs that run end. Returns since when it is paused. A
queue that is paused gets the new reason. Clients can read the reason, of which 500 characters are kept.';

CREATE FUNCTION importer.policies_of_new_rows(relation regclass, role name, reads boolean DEFAULT false) RETURNS TABLE(condition text, by_sets boolean)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with policies as (
    select
      c.name as command, p.polpermissive as permissive, e.tree::text as tree, pg_get_expr(e.tree, p.polrelid) as expression
    from pg_catalog.pg_policy as p
    cross join (values ('insert', 'a'), ('select', 'r')) as c (name, letter)
    cross join lateral (
      select case when c.name = 'insert' then coalesce(p.polwithcheck, p.polqual) else p.polqual end as tree
    ) as e
    where p.polrelid = relation and p.polcmd in (c.letter, '*') and (c.name = 'insert' or reads) and e.tree is not null
      and exists (select from unnest(p.polroles) as r (id) where r.id = 0 or pg_has_role(role, r.id, 'usage'))
  )

  select
    (
      select string_agg(
        format(
          '(%s)%s',
          coalesce((
            select string_agg(format('(%s)', p.expression), ' or ') from policies as p
            where p.command = c.name and p.permissive
          ), 'false'),
          (
            select string_agg(format(' and (%s)', p.expression), '') from policies as p
            where p.command = c.name and not p.permissive
          )
        ), ' and '
      )
      from (values ('insert', true), ('select', reads)) as c (name, applies) where c.applies
    ),
    not exists (
      select from policies as p
      where p.tree ~ ':rtekind [^8]' or exists (
        select
        from regexp_matches(p.tree, ':(funcid|opno) ([0-9]+)', 'g') as m (parts)
        left join pg_catalog.pg_operator as o on m.parts[1] = 'opno' and o.oid = m.parts[2]::oid
        inner join pg_catalog.pg_proc as f on f.oid = coalesce(o.oprcode::oid, m.parts[2]::oid)
        where f.provolatile = 'v'
          or f.provolatile = 's' and f.oid >= 16384 and f.pronamespace::regnamespace::text <> 'auth'
      )
    )
$$;

COMMENT ON FUNCTION importer.policies_of_new_rows(relation regclass, role name, reads boolean) IS 'Returns the condition that row security puts on rows that a role writes, by a statement that reads rows or does not, and
whether it is the same for a row whatever rows were written before.';

CREATE FUNCTION importer.postpone_job(job_id uuid, token uuid, seconds double precision) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_lease(postpone_job.job_id, postpone_job.token);
  insert into public.import_job_events (job_id, event, attempt, detail)
  select j.id, 'postponed', j.attempts, jsonb_build_object('seconds', postpone_job.seconds)
  from public.import_jobs as j where j.id = postpone_job.job_id;
  update public.import_jobs as j
  set
    status = 'pending', attempts = j.attempts - 1,
    run_after = clock_timestamp() + make_interval(secs => postpone_job.seconds)
  where j.id = postpone_job.job_id;
end
$$;

COMMENT ON FUNCTION importer.postpone_job(job_id uuid, token uuid, seconds double precision) IS 'Sets a job pending again, without counting the attempt, to run after the given seconds. Raises IJ103 without a valid
lease.';

CREATE FUNCTION importer.prepare_default(job_id uuid, token uuid, column_name text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  relation regclass;
  place smallint;
  copy_name text;
  alterations text;
begin
  perform importer.check_token(prepare_default.job_id, prepare_default.token);
  select importer.target_relation(j.target, must_exist => true) into relation
  from public.import_jobs as j where j.id = prepare_default.job_id;
  select a.attnum into place
  from pg_catalog.pg_attribute as a where a.attrelid = relation and a.attname = prepare_default.column_name;
  copy_name := format('import_default_%s', place);
  execute format(
    'create temporary table %I (like %s including defaults, "#record" bigint) on commit drop', copy_name, relation
  );
  select
    string_agg(
      format(case when a.attnum = place then 'alter column %I drop not null' else 'drop column %I' end, a.attname), ', '
    )
  into alterations
  from pg_catalog.pg_attribute as a
  where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and (a.attnum <> place or a.attnotnull);
  if alterations is not null then
    execute format('alter table pg_temp.%I %s', copy_name, alterations);
  end if;
  execute format('grant insert, select on pg_temp.%I to public', copy_name);
  return copy_name;
end
$$;

COMMENT ON FUNCTION importer.prepare_default(job_id uuid, token uuid, column_name text) IS 'Creates a temporary table with one column of a job''s table, its default, and "#record"; returns its name. It lasts
until the end of the transaction, which may call this once for each column. Raises IJ103 without a valid lease, and IJ503
without a table.';

CREATE FUNCTION importer.prepare_key_table(job_id uuid, token uuid, columns text[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  keys text := importer.job_table_name('keys', prepare_key_table.job_id);
begin
  perform importer.check_lease(prepare_key_table.job_id, prepare_key_table.token);
  -- After a manual retry from the beginning there are keys of earlier attempts but no chunks.
  if exists (select from importer.job_chunks as c where c.job_id = prepare_key_table.job_id) then
    if to_regclass(format('importer.%I', keys)) is null then
      raise exception 'the keys of the loaded chunks are no longer stored' using errcode = 'IJ504',
      hint = 'Set on_duplicate_key of the target to last, then retry the job; keys are stored for a week.';
    end if;
    return keys;
  end if;
  perform importer.create_job_table(
    keys, importer.target_relation(j.target, must_exist => true), array['#record'], prepare_key_table.columns
  )
  from public.import_jobs as j where j.id = prepare_key_table.job_id;
  execute format(
    'alter table importer.%I add unique (%s)', keys,
    (select string_agg(format('%I', c.name), ', ') from unnest(prepare_key_table.columns) as c (name))
  );
  return keys;
end
$$;

COMMENT ON FUNCTION importer.prepare_key_table(job_id uuid, token uuid, columns text[]) IS 'Creates the table of the keys that occur in a job''s file, or keeps it if an earlier attempt has committed chunks;
returns its name. Raises IJ103 without a valid lease, IJ503 without a table, and IJ504 if the table no longer exists.';

CREATE FUNCTION importer.prepare_staging_table(job_id uuid, token uuid, columns text[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.prepare_staging_table(job_id uuid, token uuid, columns text[]) IS 'Creates the staging table of an all-or-nothing job, or keeps it if an earlier attempt has committed chunks; returns its
name. Raises IJ103 without a valid lease, IJ503 without a table, and IJ504 if the job has loaded chunks without
staging.';

CREATE FUNCTION importer.public_objects() RETURNS SETOF text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.public_objects() IS 'Returns the names of the tables, views, types and functions of import-jobs in schema public.';

CREATE FUNCTION importer.queue_heads() RETURNS TABLE(target text, name text, target_room bigint, owner uuid, owner_runs bigint, owner_room bigint, last_start timestamp with time zone, priority integer, run_after timestamp with time zone, created_at timestamp with time zone, id uuid)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_sort TO 'off'
    AS $_$
#variable_conflict use_column
declare
  nobody constant uuid := '00000000-0000-0000-0000-000000000000'::uuid;
  owner_limit integer := coalesce((
    select case when s.value ~ '^[[:space:]]*[+-]?[0-9]{1,9}[[:space:]]*$' then s.value::integer end
    from importer.settings as s where s.name = 'max_running_jobs_per_owner'
  ), 8);
begin
  return query
  with heads as materialized (
    select o.target, o.name, o.room, h.*
    from importer.open_targets() as o cross join lateral (
      with recursive heads as (
        (
          select
            coalesce(j.created_by, '00000000-0000-0000-0000-000000000000') as owner,
            j.priority, j.run_after, j.created_at, j.id
          from public.import_jobs as j
          where j.status = 'pending' and j.attempts < j.max_attempts and not j.inspects and j.target = o.target
          order by
            coalesce(j.created_by, '00000000-0000-0000-0000-000000000000'), j.priority desc, j.created_at, j.id
          limit 1
        )
        union all
        select following.*
        from heads as h cross join lateral (
          select
            coalesce(j.created_by, '00000000-0000-0000-0000-000000000000') as owner,
            j.priority, j.run_after, j.created_at, j.id
          from public.import_jobs as j
          where j.status = 'pending' and j.attempts < j.max_attempts and not j.inspects and j.target = o.target
            and coalesce(j.created_by, '00000000-0000-0000-0000-000000000000') > h.owner
          order by
            coalesce(j.created_by, '00000000-0000-0000-0000-000000000000'), j.priority desc, j.created_at, j.id
          limit 1
        ) as following
      )

      select * from heads
    ) as h
  ),

  running as materialized (
    select coalesce(j.created_by, nobody) as owner, count(*) as jobs
    from public.import_jobs as j where j.status = 'running' and not j.inspects group by coalesce(j.created_by, nobody)
  ),

  -- Jobs that have ended count as turns, too; otherwise one processor with one slot would empty the queue of the owner
  -- with the oldest jobs before it took a job of another. An index gives the order in both branches, also for nulls.
  owners as materialized (
    select
      w.owner,
      coalesce(r.jobs, 0) as runs,
      case when w.owner = nobody
        then (
          select j.started_at from public.import_jobs as j
          where j.created_by is null and j.started_at is not null and not j.inspects
          order by j.created_by desc, j.started_at desc limit 1
        )
        else (
          select j.started_at from public.import_jobs as j
          where j.created_by = w.owner and j.started_at is not null and not j.inspects
          order by j.started_at desc limit 1
        )
      end as last_start
    from (select distinct h.owner from heads as h) as w left join running as r on r.owner = w.owner
  )

  select
    h.target, h.name, h.room, h.owner, o.runs, case when h.owner <> nobody then owner_limit - o.runs end, o.last_start,
    h.priority::integer, h.run_after, h.created_at, h.id
  from heads as h inner join owners as o on o.owner = h.owner
  where h.owner = nobody or o.runs < owner_limit;
end
$_$;

COMMENT ON FUNCTION importer.queue_heads() IS 'Returns the first pending job of each owner for each open target, with the number of the owner''s running jobs, the
number of further jobs that the owner may run (null: any number) and the time of the owner''s last turn. Jobs without an
owner have the nil UUID as owner.';

CREATE FUNCTION importer.queue_place(job_id uuid) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  nobody constant uuid := '00000000-0000-0000-0000-000000000000'::uuid;
begin
  if not exists (
    select from public.import_jobs as j
    where j.id = queue_place.job_id and j.status = 'pending' and j.run_after <= now() and (
      coalesce(j.created_by, nobody) between importer.first_visible_owner() and importer.last_visible_owner()
      or current_setting('role', true) = 'service_role'
    )
  ) then
    return null;
  end if;
  return (
    with due as materialized (
      select j.id, coalesce(j.created_by, nobody) as owner, j.priority, j.created_at
      from public.import_jobs as j
      where j.status = 'pending' and j.run_after <= now() and j.attempts < j.max_attempts
        and not j.options @> '{"inspect": true}'
      limit 10001
    ),

    running as (
      select coalesce(j.created_by, nobody) as owner, count(*) as jobs
      from public.import_jobs as j where j.status = 'running' group by 1
    ),

    turns as (
      select
        d.id, d.created_at, case when d.owner = nobody then d.priority else 0 end as precedence,
        coalesce(r.jobs, 0) + row_number() over (partition by d.owner order by d.priority desc, d.created_at, d.id) as turn
      from due as d left join running as r on r.owner = d.owner
    )

    select case when (select count(*) from due) <= 10000 then 1 + (
      select count(*) from turns as t
      where (-t.precedence, t.turn, t.created_at, t.id) < (-own.precedence, own.turn, own.created_at, own.id)
    ) end
    from turns as own where own.id = queue_place.job_id
  );
end
$$;

COMMENT ON FUNCTION importer.queue_place(job_id uuid) IS 'Returns the place in the queue, from 1, of a due job that the caller may see; null for any other job, and while more than
10,000 jobs are due.';

CREATE TABLE importer.job_rejections (
    job_id uuid CONSTRAINT job_rejections_job_id_not_null1 NOT NULL,
    seq integer NOT NULL,
    part integer NOT NULL,
    records bigint[] NOT NULL,
    lines bigint[] NOT NULL,
    raw bytea NOT NULL,
    raw_ends integer[] NOT NULL,
    cell_places integer[] NOT NULL,
    cell_positions integer[] NOT NULL,
    cell_reasons integer[] NOT NULL,
    reasons jsonb NOT NULL
);
ALTER TABLE ONLY importer.job_rejections ALTER COLUMN records SET STORAGE EXTERNAL;
ALTER TABLE ONLY importer.job_rejections ALTER COLUMN lines SET STORAGE EXTERNAL;
ALTER TABLE ONLY importer.job_rejections ALTER COLUMN raw SET STORAGE EXTERNAL;
ALTER TABLE ONLY importer.job_rejections ALTER COLUMN raw_ends SET STORAGE EXTERNAL;
ALTER TABLE ONLY importer.job_rejections ALTER COLUMN cell_places SET STORAGE EXTERNAL;
ALTER TABLE ONLY importer.job_rejections ALTER COLUMN cell_positions SET STORAGE EXTERNAL;
ALTER TABLE ONLY importer.job_rejections ALTER COLUMN cell_reasons SET STORAGE EXTERNAL;

COMMENT ON TABLE importer.job_rejections IS 'All rejections of the jobs that have not completed, for errors.csv: a row for each chunk that has some.';

COMMENT ON COLUMN importer.job_rejections.job_id IS 'The job.';

COMMENT ON COLUMN importer.job_rejections.seq IS 'Number of the chunk, from 0.';

COMMENT ON COLUMN importer.job_rejections.part IS '0 for what was rejected when the chunk was loaded; higher for what the end of the job has rejected.';

COMMENT ON COLUMN importer.job_rejections.records IS 'Numbers of the rejected records in the file, from 1.';

COMMENT ON COLUMN importer.job_rejections.lines IS 'Line on which each record starts, from 1.';

COMMENT ON COLUMN importer.job_rejections.raw IS 'The whole records as in the file, in UTF-8, one after another.';

COMMENT ON COLUMN importer.job_rejections.raw_ends IS 'Where each record ends in raw.';

COMMENT ON COLUMN importer.job_rejections.cell_places IS 'For each rejected cell the place of its record, from 1.';

COMMENT ON COLUMN importer.job_rejections.cell_positions IS 'For each cell its number within its record, from 1.';

COMMENT ON COLUMN importer.job_rejections.cell_reasons IS 'For each cell the place of its reason, from 1.';

COMMENT ON COLUMN importer.job_rejections.reasons IS 'The reasons: objects with column (null: the whole record), code, message, params, and the number of their cells.';

CREATE FUNCTION importer.read_rejected_chunks(job_id uuid, token uuid) RETURNS SETOF importer.job_rejections
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_token(read_rejected_chunks.job_id, read_rejected_chunks.token);
  return query
  select r.* from importer.job_rejections as r where r.job_id = read_rejected_chunks.job_id order by r.seq, r.part;
end
$$;

COMMENT ON FUNCTION importer.read_rejected_chunks(job_id uuid, token uuid) IS 'Returns the rejections of a job chunk by chunk for the attempt that has its lease. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.read_rejections(job_id uuid, token uuid) RETURNS TABLE(record_number bigint, "position" integer, line_number bigint, column_name text, code text, message text, raw text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  perform importer.check_token(read_rejections.job_id, read_rejections.token);
  return query
  select r.record_number, r.position, r.line_number, r.column_name, r.code, r.message, r.raw
  from importer.list_rejections(read_rejections.job_id) as r;
end
$$;

COMMENT ON FUNCTION importer.read_rejections(job_id uuid, token uuid) IS 'Returns all rejected cells of a job for the attempt that has its lease. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.register_target(relation regclass, name text DEFAULT NULL::text, columns text[] DEFAULT NULL::text[], mode text DEFAULT NULL::text, key_columns text[] DEFAULT NULL::text[], update_columns text[] DEFAULT NULL::text[], owner_column text DEFAULT NULL::text, provenance_column text DEFAULT NULL::text, run_as text DEFAULT NULL::text, undo_days integer DEFAULT NULL::integer, remember_mappings boolean DEFAULT NULL::boolean) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  old public.import_targets;
  insertable text[];
  chosen text[];
  key text[] := register_target.key_columns;
  target_name text;
begin
  if (select c.relkind from pg_catalog.pg_class as c where c.oid = relation) not in ('r', 'p') then
    raise exception '% is not a table', relation using errcode = 'IJ503',
    hint = 'Register a table or a partitioned table.';
  end if;
  target_name := coalesce(register_target.name, (select c.relname from pg_catalog.pg_class as c where c.oid = relation));
  select t.* into old from public.import_targets as t where t.name = target_name;
  if key is null and coalesce(register_target.mode, old.mode) in ('upsert', 'update') and old.key_columns is null then
    select array_agg(a.attname::text order by a.attnum) into key
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid
      and a.attnum = any ((i.indkey::smallint[])[0 : i.indnkeyatts - 1]) -- without INCLUDE columns
    where i.indrelid = relation and i.indisprimary;
  end if;
  key := coalesce(key, old.key_columns);
  -- A key that is always generated does not outlive the mode update.
  if coalesce(register_target.mode, old.mode, 'insert') not in ('update', 'upsert')
    and register_target.key_columns is null and exists (
      select from pg_catalog.pg_attribute as a
      where a.attrelid = relation and a.attname = any (key) and (a.attgenerated <> '' or a.attidentity = 'a')
    )
  then
    key := null;
  end if;
  select array_agg(i.name order by i.place) into insertable
  from importer.target_columns(relation, coalesce(register_target.mode, old.mode), key) as i;
  chosen := coalesce(register_target.columns, insertable);
  if chosen is null or not chosen <@ insertable or chosen = '{}' then
    raise exception 'some columns cannot be imported into' using errcode = 'IJ503',
    hint = format('Choose from these columns: %s.', array_to_string(insertable, ', '));
  end if;
  insert into public.import_targets as t (
    name, "table", columns, mode, key_columns, update_columns, owner_column, provenance_column, run_as,
    undo_days, remember_mappings
  )
  values (
    target_name,
    (
      select format('%I.%I', n.nspname, c.relname)
      from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where c.oid = relation
    ),
    -- Settings that an administrator has made for a column stay.
    (select jsonb_object_agg(c.name, coalesce(old.columns -> c.name, '{}')) from unnest(chosen) as c (name)),
    coalesce(register_target.mode, nullif(old.mode, 'none'), 'insert'),
    key,
    coalesce(register_target.update_columns, old.update_columns),
    coalesce(register_target.owner_column, old.owner_column),
    coalesce(register_target.provenance_column, old.provenance_column),
    coalesce(register_target.run_as, old.run_as, 'uploader'),
    -- 0 takes the permission back, because null keeps what was registered.
    nullif(coalesce(register_target.undo_days, old.undo_days), 0),
    coalesce(register_target.remember_mappings, old.remember_mappings, true)
  )
  on conflict on constraint import_targets_pkey do update set
    "table" = excluded."table", columns = excluded.columns, mode = excluded.mode, key_columns = excluded.key_columns,
    update_columns = excluded.update_columns, owner_column = excluded.owner_column,
    provenance_column = excluded.provenance_column, run_as = excluded.run_as, undo_days = excluded.undo_days,
    remember_mappings = excluded.remember_mappings;
  -- The trigger function has kept the table already, unless another one has taken its place since then.
  if importer.target_relation(target_name) is distinct from relation then
    perform importer.keep_target_table(target_name);
    perform importer.grant_target(relation);
  end if;
  return target_name;
end
$$;

COMMENT ON FUNCTION importer.register_target(relation regclass, name text, columns text[], mode text, key_columns text[], update_columns text[], owner_column text, provenance_column text, run_as text, undo_days integer, remember_mappings boolean) IS 'Registers a table as a target and returns the name of the target. Defaults: the name of the table, all insertable
columns, and the primary key if the mode needs a key. Call it again after the table has changed; a parameter that is not
given keeps its registered value, and undo_days => 0 takes that permission back. For administrators.';

CREATE FUNCTION importer.registered_table(target public.import_targets) RETURNS regclass
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return (
    select k.relation::regclass
    from importer.target_tables as k inner join pg_catalog.pg_class as c on c.oid = k.relation
    where k.target = registered_table.target.name and k.relation = to_regclass(registered_table.target."table")
      and c.relkind = k.kind and pg_get_userbyid(c.relowner) = k.owner
  );
end
$$;

COMMENT ON FUNCTION importer.registered_table(target public.import_targets) IS 'Returns the table of a target; null if it is gone, or if another relation or another owner has taken its place.';

CREATE FUNCTION importer.reject_staged_rows(job_id uuid, token uuid, rejected importer.rejected_records, kept integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  part record;
begin
  perform importer.check_lease(reject_staged_rows.job_id, reject_staged_rows.token);

  for part in
    select c.seq, min(r.place) as first, max(r.place) as last, count(*) as records
    from (
      select
        k.seq, k.next_record,
        lag(k.next_record, 1, 0::bigint) over (order by k.seq) as first_record
      from importer.job_chunks as k where k.job_id = reject_staged_rows.job_id
    ) as c
    inner join unnest(rejected.records) with ordinality as r (record, place)
      on r.record >= c.first_record and r.record < c.next_record
    where c.next_record > rejected.records[1] and c.first_record <= rejected.records[cardinality(rejected.records)]
    group by c.seq order by c.seq
  loop
    update importer.job_chunks as c
    set rows_loaded = c.rows_loaded - part.records, rows_rejected = c.rows_rejected + part.records
    where c.job_id = reject_staged_rows.job_id and c.seq = part.seq;
    perform importer.keep_rejections(
      job_id => reject_staged_rows.job_id, seq => part.seq,
      rejected => importer.rejected_part(rejected, part.first, part.last),
      kept => least(greatest(kept - (part.first - 1), 0), part.records)::integer
    );
  end loop;

  update public.import_jobs as j
  set
    rows_loaded = j.rows_loaded - cardinality(rejected.records),
    rows_rejected = j.rows_rejected + cardinality(rejected.records)
  where j.id = reject_staged_rows.job_id;
end
$$;

COMMENT ON FUNCTION importer.reject_staged_rows(job_id uuid, token uuid, rejected importer.rejected_records, kept integer) IS 'Writes rejections of staged rows and counts the rows as rejected instead of loaded. Raises IJ103 without a valid
lease.';

CREATE FUNCTION importer.rejected_cells(rejected importer.rejected_records, first integer DEFAULT NULL::integer) RETURNS TABLE(record bigint, "position" integer, line bigint, column_name text, code text, message text, params jsonb, raw text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  return query
  select
    rejected.records[c.place], c.position, rejected.lines[c.place], r."column", r.code, r.message, r.params,
    case when c.position = 1 then
      convert_from(
        substring(
          rejected.raw from coalesce(rejected.raw_ends[c.place - 1], 0) + 1
          for rejected.raw_ends[c.place] - coalesce(rejected.raw_ends[c.place - 1], 0)
        ), 'UTF8'
      )
    end
  from unnest(rejected.cell_places, rejected.cell_positions, rejected.cell_reasons) as c (place, position, reason)
  inner join rows from (
    jsonb_to_recordset(rejected.reasons) as ("column" text, code text, message text, params jsonb)
  ) with ordinality as r on r.ordinality = c.reason
  where rejected_cells.first is null or c.place <= rejected_cells.first;
end
$$;

COMMENT ON FUNCTION importer.rejected_cells(rejected importer.rejected_records, first integer) IS 'Returns the cells of the first records, or of all of them, in any order, with the text of each record at position 1.';

CREATE FUNCTION importer.rejected_part(rejected importer.rejected_records, first bigint, last bigint) RETURNS importer.rejected_records
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with cells as (
    select c.place, c.position, c.reason, c.n
    from unnest(rejected.cell_places, rejected.cell_positions, rejected.cell_reasons)
      with ordinality as c (place, position, reason, n)
    where c.place between rejected_part.first and rejected_part.last
  ),

  start as (select coalesce(rejected.raw_ends[rejected_part.first - 1], 0) as raw)

  select row(
    rejected.records[first:last], rejected.lines[first:last],
    substring(rejected.raw from s.raw + 1 for rejected.raw_ends[last] - s.raw),
    array(
      select e.raw_end - s.raw from unnest(rejected.raw_ends[first:last]) with ordinality as e (raw_end, n) order by e.n
    ),
    array(select c.place - (rejected_part.first - 1)::integer from cells as c order by c.n),
    array(select c.position from cells as c order by c.n),
    array(select c.reason from cells as c order by c.n),
    (
      select jsonb_agg(
        o.reason || jsonb_build_object('cells', (select count(*) from cells as c where c.reason = o.n)) order by o.n
      )
      from jsonb_array_elements(rejected.reasons) with ordinality as o (reason, n)
    )
  )::importer.rejected_records
  from start as s
$$;

COMMENT ON FUNCTION importer.rejected_part(rejected importer.rejected_records, first bigint, last bigint) IS 'Returns some of the rejected records: those from place `first` to place `last`, counted from 1.';

CREATE FUNCTION importer.release_job(job_id uuid, token uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_lease(release_job.job_id, release_job.token);
  insert into public.import_job_events (job_id, event, attempt)
  select j.id, 'released', j.attempts from public.import_jobs as j where j.id = release_job.job_id;
  update public.import_jobs as j
  set status = 'pending', attempts = j.attempts - 1
  where j.id = release_job.job_id;
  perform importer.ring_processor(array[release_job.job_id]);
end
$$;

COMMENT ON FUNCTION importer.release_job(job_id uuid, token uuid) IS 'Sets a job pending again without counting the attempt, and rings for another processor. Raises IJ103 without a valid
lease.';

CREATE FUNCTION importer.remember_mapping() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  known public.import_targets;
  file_headers text[];
begin
  select t.* into known from importer.find_target(new.target) as t;
  if known.name is null or not known.remember_mappings or new.rows_loaded = 0
    or new.dialect -> 'has_header' is distinct from 'true' or octet_length((new.report -> 'headers')::text) > 65536
  then
    return null;
  end if;
  select array_agg(h.name) into file_headers
  from (
    select m.value ->> 'header' as name from jsonb_array_elements(new.report -> 'headers') as m (value)
    union all
    select i.value from jsonb_array_elements_text(new.report -> 'ignored_headers') as i (value)
  ) as h;
  insert into public.import_mappings as m (owner, target, headers_key, headers, mapping, dialect, locale, used_at)
  select
    new.created_by, known.name, importer.headers_key(file_headers), file_headers,
    (
      select coalesce(jsonb_object_agg(h.value ->> 'header', h.value ->> 'column'), '{}')
      from jsonb_array_elements(new.report -> 'headers') as h (value)
    ),
    (
      select coalesce(jsonb_object_agg(d.key, coalesce(nullif(d.value, 'null'), '""')), '{}')
      from jsonb_each(new.dialect) as d
      where d.key in ('encoding', 'delimiter', 'quote', 'escape', 'comment', 'skip_lines')
    ),
    coalesce(new.options ->> 'locale', known.options ->> 'locale'), clock_timestamp()
  on conflict on constraint import_mappings_pkey do update
  set
    headers = excluded.headers, mapping = excluded.mapping, dialect = excluded.dialect, locale = excluded.locale,
    used_at = excluded.used_at;
  delete from public.import_mappings as m
  where m.owner = new.created_by and m.target = known.name and m.headers_key in (
    select o.headers_key from public.import_mappings as o
    where o.owner = new.created_by and o.target = known.name
    order by o.used_at desc
    offset 100
  );
  return null;
exception when others then
  raise warning 'import-jobs could not remember the mapping of a job (%): %', sqlstate, sqlerrm
  using hint = 'No action is needed: the job is completed, and the next inspection proposes nothing.';
  return null;
end
$$;

COMMENT ON FUNCTION importer.remember_mapping() IS 'Trigger function: keeps what a completed import of an owner used for its headers, in place of what was kept for them
before; of more than 100 for one owner and target, the oldest go.';

CREATE FUNCTION importer.remembered_mapping(job_id uuid, token uuid, headers text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_token(remembered_mapping.job_id, remembered_mapping.token);
  return (
    select jsonb_build_object(
      'mapping', (
        select coalesce(jsonb_object_agg(c.key, c.value), '{}')
        from jsonb_each_text(m.mapping) as c where t.columns ? c.value
      ),
      'dialect', m.dialect, 'locale', m.locale, 'used_at', m.used_at
    )
    from public.import_jobs as j
    cross join lateral importer.find_target(j.target) as t
    inner join public.import_mappings as m
      on m.owner = j.created_by and m.target = t.name
        and m.headers_key = importer.headers_key(remembered_mapping.headers)
    where j.id = remembered_mapping.job_id and t.remember_mappings
  );
end
$$;

COMMENT ON FUNCTION importer.remembered_mapping(job_id uuid, token uuid, headers text[]) IS 'Returns what the owner of a job used for these headers before, without columns that the target no longer lists; null if
there is nothing. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.remove_from_platform() RETURNS SETOF text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.remove_from_platform() IS 'Removes our policies on tables of Storage and Realtime, our schedules and our secrets. Returns what the caller''s rights
do not allow.';

CREATE FUNCTION importer.remove_role(role_name name) RETURNS SETOF text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.remove_role(role_name name) IS 'Takes all privileges from a role of the processor and drops it. Returns what the caller''s rights do not allow.';

CREATE FUNCTION importer.renew_lease(job_id uuid, token uuid, lease_seconds integer DEFAULT 45, session integer DEFAULT NULL::integer) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with renewed as (
    update importer.job_leases as l
    set
      expires_at = clock_timestamp() + make_interval(secs => renew_lease.lease_seconds),
      session = case when renew_lease.session is null then l.session else nullif(renew_lease.session, 0) end,
      session_lost_at = case when renew_lease.session is null then l.session_lost_at end
    where l.job_id = renew_lease.job_id and l.token = renew_lease.token and l.expires_at > clock_timestamp()
    returning l.job_id
  )

  select exists (select from renewed)
$$;

COMMENT ON FUNCTION importer.renew_lease(job_id uuid, token uuid, lease_seconds integer, session integer) IS 'Extends a valid lease and, unless it is null, writes the key of the processor''s session into it (0: no session).
Returns false if the lease has expired, another processor has taken it over, or the job was cancelled.';

CREATE FUNCTION importer.renew_target_tables() RETURNS SETOF text
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  update importer.target_tables as k set relation = c.oid
  from public.import_targets as t inner join pg_catalog.pg_class as c on c.oid = to_regclass(t."table")
  where t.name = k.target and c.oid <> k.relation and c.relkind = k.kind and pg_get_userbyid(c.relowner) = k.owner
  returning k.target
$$;

COMMENT ON FUNCTION importer.renew_target_tables() IS 'Accepts the present table of each target whose table has another OID but the same name, kind and owner, as after a dump
and restore; returns the names of these targets. For administrators.';

CREATE FUNCTION importer.report_processor(worker text, ring bigint DEFAULT NULL::bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into importer.processors as p (worker, newest_ring)
  -- A number higher than that of any ring would make all later ones count as taken.
  values (
    report_processor.worker,
    case when report_processor.ring is not null
      then least(report_processor.ring, coalesce((select max(r.number) from importer.rings as r), 0))
    end
  )
  on conflict on constraint processors_pkey do update
  set seen_at = clock_timestamp(), newest_ring = greatest(p.newest_ring, excluded.newest_ring);
end
$$;

COMMENT ON FUNCTION importer.report_processor(worker text, ring bigint) IS 'Records that a processor is alive and, unless it is null, the number of the ring that it has taken.';

CREATE FUNCTION importer.request_undo() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  known public.import_targets;
  identity jsonb;
  obstacle text;
begin
  if new.undo_requested_at is null or (
    old.undo_requested_at is not null and old.undo_error_code is null and old.undone_at is null
  ) then
    new.undo_requested_at := old.undo_requested_at;
    return new;
  end if;
  select t.* into known from importer.find_target(new.target) as t;
  obstacle := case
    when new.status is distinct from old.status then 'its status changes'
    when new.created_by is null then 'it has no owner; an administrator undoes it with importer.undo_import_job()'
    when auth.uid() <> new.created_by then 'only its owner asks for that'
    when known.undo_days is null then 'its target does not let owners undo'
    else importer.undo_obstacle(old)
  end;
  if obstacle is null and new.finished_at < now() - make_interval(days => known.undo_days) then
    obstacle := format('its target lets owners undo for %s days', known.undo_days);
  end if;
  if obstacle is not null then
    raise exception 'the job cannot be undone: %', obstacle using errcode = 'IJ112',
    hint = 'Owners undo within undo_days of the target; ask an administrator to set it, or to undo the job.';
  end if;
  if (
    select count(*) from public.import_job_events as e
    where e.job_id = new.id and e.event = 'undo_requested' and e.happened_at > clock_timestamp() - interval '1 minute'
  ) >= 5 then
    raise exception 'the undo of a job is asked for too often' using errcode = 'IJ116',
    hint = 'Wait a minute; in each minute the undo of a job may be asked for 5 times.';
  end if;
  select
    case
      when auth.uid() = new.created_by then importer.current_identity(new.created_by, known.claims)
      else (
        select jsonb_build_object('role', i.role, 'claims', i.claims)
        from importer.job_identities as i where i.job_id = new.id
      )
    end
  into identity;
  if identity is null then
    raise exception 'the job cannot be undone: the rights of its owner are not known' using errcode = 'IJ112',
    hint = 'Ask for the undo as the owner of the job.';
  end if;
  insert into importer.undo_requests as u (job_id, role, claims, turn)
  select new.id, identity ->> 'role', identity -> 'claims', 1 + count(*)
  from importer.undo_requests as w inner join public.import_jobs as j on j.id = w.job_id
  where j.created_by = new.created_by
  on conflict on constraint undo_requests_pkey do update
  set role = excluded.role, claims = excluded.claims, attempts = 0, run_after = clock_timestamp();
  new.undo_requested_at := clock_timestamp();
  new.undo_error_code := null;
  new.undo_error_message := null;
  new.undo_error_hint := null;
  insert into public.import_job_events (job_id, event, attempt) values (new.id, 'undo_requested', new.attempts);
  perform importer.ring_processor(array[new.id]);
  return new;
end
$$;

COMMENT ON FUNCTION importer.request_undo() IS 'Trigger function: accepts the request to undo a job and rings the processor, or raises IJ112 with the reason, or IJ116
if it is asked for too often. A request that is being worked on already stays as it is.';

CREATE FUNCTION importer.restore_attempt(job_id uuid, token uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '10s'
    AS $$
begin
  delete from importer.lost_attempts as l where l.job_id = restore_attempt.job_id and l.token = restore_attempt.token;
  if not found then
    return false;
  end if;
  update public.import_jobs as j set attempts = j.attempts - 1
  where j.id = restore_attempt.job_id and j.status in ('pending', 'running') and j.attempts > 0;
  if found then
    insert into public.import_job_events (job_id, event, attempt)
    select j.id, 'attempt_restored', j.attempts from public.import_jobs as j where j.id = restore_attempt.job_id;
  end if;
  return found;
end
$$;

COMMENT ON FUNCTION importer.restore_attempt(job_id uuid, token uuid) IS 'Called by a processor that has lost a lease and is alive: an attempt that was taken over because the processor''s session
had ended is not counted. Returns whether it was.';

CREATE FUNCTION importer.restore_claims(former text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform set_config('request.jwt.claims', restore_claims.former[1], true);
  perform set_config('request.jwt.claim', restore_claims.former[2], true);
  perform set_config('request.jwt.claim.sub', restore_claims.former[3], true);
  perform set_config('request.jwt.claim.role', restore_claims.former[4], true);
end
$$;

COMMENT ON FUNCTION importer.restore_claims(former text[]) IS 'Sets the claims to what importer.set_claims() has returned.';

CREATE FUNCTION importer.resume() RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  delete from importer.queue_pause;
  if not found then
    return false;
  end if;
  perform importer.ring_processor(array(
    select j.id from public.import_jobs as j
    where j.status = 'pending' and j.run_after <= clock_timestamp() and j.attempts < j.max_attempts
    order by j.priority desc, j.created_at
    limit 1000
  ));
  return true;
end
$$;

COMMENT ON FUNCTION importer.resume() IS 'Ends a pause of the queue and rings the processor. Returns whether the queue was paused.';

CREATE FUNCTION importer.ring_is_unanswered() RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '50ms'
    AS $$
begin
  return exists (
    select from importer.open_rings() as r
    where clock_timestamp() < r.sent_at + make_interval(secs => r.timeout_milliseconds / 1000.0)
  );
exception when others then
  return false; -- somebody has locked the note; a ring too many does no harm
end
$$;

COMMENT ON FUNCTION importer.ring_is_unanswered() IS 'Returns whether a ring was sent that no processor has taken and whose time-out is not over.';

CREATE FUNCTION importer.ring_processor(job_ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.notify_processors();
  begin
    if not importer.ring_is_unanswered() then
      perform importer.notify_process_import_jobs_async(job_ids);
    end if;
  exception when others then
    raise warning 'import-jobs could not ring the processor (%): %', sqlstate, sqlerrm
    using hint = 'No action is needed for the job: the sweep will find it.';
  end;
end
$$;

COMMENT ON FUNCTION importer.ring_processor(job_ids uuid[]) IS 'Rings both bells: NOTIFY on the channel import_jobs and, unless an earlier ring is unanswered, a request through
pg_net. An error becomes a warning, since the sweep finds the jobs anyway.';

CREATE FUNCTION importer.ring_timeout() RETURNS integer
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '50ms'
    AS $$
declare
  long constant integer := least(greatest(importer.setting_number('ring_timeout_milliseconds', 300000), 1000), 300000);
  silent_since constant timestamptz := clock_timestamp() - interval '15 s';
begin
  if lower((select s.value from importer.settings as s where s.name = 'processor_sleeps')) in ('true', 'on', 'yes', '1')
  then
    return long;
  end if;
  if (select max(p.seen_at) from importer.processors as p) < silent_since
    or exists (select from importer.processors) and exists (
      select from importer.open_rings() as r where r.sent_at < silent_since
    )
  then
    return least(long, 2000);
  end if;
  return long;
exception when lock_not_available then
  return 2000;
end
$$;

COMMENT ON FUNCTION importer.ring_timeout() IS 'Returns for how many milliseconds pg_net waits for the answer to a ring: ring_timeout_milliseconds, or 2,000 if the
processor was seen before and is silent, unless the setting processor_sleeps is true.';

CREATE FUNCTION importer.rows_before_their_parent(job_id uuid, token uuid, stage regclass, written text[], reference oid, winners bytea DEFAULT NULL::bytea, judged bytea DEFAULT NULL::bytea) RETURNS TABLE(place bigint, first bigint, last bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET jit TO 'off'
    SET constraint_exclusion TO 'off'
    SET work_mem TO '32MB'
    SET random_page_cost TO '1'
    AS $_$
#variable_conflict use_variable
declare
  relation regclass := importer.judged_table(rows_before_their_parent.job_id, rows_before_their_parent.token);
  rule record;
  rows text;
begin
  perform importer.lock_for_reading(relation);
  perform importer.lock_stage(stage, relation);
  select
    array_to_string(f.conditions, ' and ') as same, (
      select string_agg(format('s.%I is not null', a.attname), ' and ')
      from pg_catalog.pg_attribute as a where a.attrelid = relation and a.attnum = any (f.columns)
    ) as complete, (
      select string_agg(format('r.%I', a.attname), ', ')
      from pg_catalog.pg_attribute as a where a.attrelid = relation and a.attnum = any (f.referenced)
    ) as key
  into strict rule
  from importer.table_references(relation) as f
  where f.id = rows_before_their_parent.reference and f.is_plain and f.parent = relation;
  rows := importer.staged_rows(relation, written, stage::text);
  return query execute format(
    'select s."#record", p.first, p.last
    from %1$s as s left join (
      select min(r."#record") as first, max(r."#record") as last, %2$s
      from %1$s as r where $1 is null or get_bit($1, r."#record") = 1 group by %2$s
    ) as p on %3$s
    where ($2 is null or get_bit($2, s."#record") = 1) and %4$s
      and not exists (select from only %5$s as p where %3$s) and not exists (select from (select s.*) as p where %3$s)',
    rows, rule.key, rule.same, rule.complete, relation
  ) using winners, judged;
end
$_$;

COMMENT ON FUNCTION importer.rows_before_their_parent(job_id uuid, token uuid, stage regclass, written text[], reference oid, winners bytea, judged bytea) IS 'Returns those of the judged rows for which a foreign key of the table to itself finds no parent in the table, each with
the first and the last winner that is its parent, if there is one. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.rows_of_job(job public.import_jobs, rules jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case
    when rules ->> 'provenance_column' is not null then format('t.%I = %L', rules ->> 'provenance_column', job.id)
    when job.created_by is null or rules ->> 'owner_column' is null then 'true'
    else format('t.%I = %L', rules ->> 'owner_column', job.created_by)
  end
$$;

COMMENT ON FUNCTION importer.rows_of_job(job public.import_jobs, rules jsonb) IS 'Returns the condition by which an undo finds the rows of a job; rules are those of importer.describe_target().';

CREATE FUNCTION importer.rows_that_meet(job_id uuid, token uuid, stage regclass, written text[], key oid, whose text, judged bytea) RETURNS bytea
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET jit TO 'off'
    SET constraint_exclusion TO 'off'
    SET work_mem TO '32MB'
    SET random_page_cost TO '1'
    AS $_$
declare
  relation regclass;
  owner_name text;
  owner_is text := 'true';
  rule record;
  rows bytea;
begin
  perform importer.check_token(rows_that_meet.job_id, rows_that_meet.token);
  select
    importer.target_relation(j.target, must_exist => true),
    case when whose <> 'anybody' then format(
      '(%I operator(pg_catalog.=) %L) is %s true', t.owner_column, j.created_by,
      case when whose = 'others' then 'not' end
    ) else 'true' end, t.owner_column
  into relation, owner_is, owner_name
  from public.import_jobs as j cross join importer.find_target(j.target) as t
  where j.id = rows_that_meet.job_id;
  perform importer.lock_for_reading(relation);
  perform importer.lock_stage(stage, relation);
  select
    string_agg(format('%s as k%s', e.value, e.place), ', ') as keys,
    string_agg(format('t.k%s operator(pg_catalog.=) s.k%s', e.place, e.place), ' and ') as same
  into strict rule
  from importer.table_keys(relation) as k cross join unnest(k.expressions) with ordinality as e (value, place)
  where k.id = rows_that_meet.key and k.is_plain and (
    -- An owner of another type might be compared by a cast of other people.
    whose = 'anybody' or not exists (
      select from pg_catalog.pg_attribute as a
      where a.attrelid = relation and a.attname = owner_name and importer.base_type(a.atttypid) >= 16384
    )
  )
  having count(*) > 0;
  execute format(
    'select string_agg(int8send(s.place), '''')
    from (select s."#record" as place, %1$s from %2$s as s where get_bit($1, s."#record") = 1) as s
    where exists (select from (select %1$s from only %3$s where %4$s) as t where %5$s)',
    rule.keys, importer.staged_rows(relation, written, stage::text), relation, owner_is, rule.same
  ) into rows using judged;
  return rows;
end
$_$;

COMMENT ON FUNCTION importer.rows_that_meet(job_id uuid, token uuid, stage regclass, written text[], key oid, whose text, judged bytea) IS 'Returns those of the judged rows, as 8-byte numbers, whose key a row of the table has: one of anybody, of the owner of
the job, or of others. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.rows_with_key_of_another(job_id uuid, token uuid, stage regclass, written text[], key oid, met oid, winners bytea, judged bytea) RETURNS TABLE(taken bytea, unclear boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET jit TO 'off'
    SET constraint_exclusion TO 'off'
    SET work_mem TO '32MB'
    SET random_page_cost TO '1'
    AS $_$
declare
  relation regclass := importer.judged_table(rows_with_key_of_another.job_id, rows_with_key_of_another.token);
  rule record;
  other record;
begin
  perform importer.lock_for_reading(relation);
  perform importer.lock_stage(stage, relation);
  select
    string_agg(format('%s as k%s', e.value, e.place), ', ') as keys,
    string_agg(format('k%s', e.place), ', ') as names,
    string_agg(format('k%s is not null', e.place), ' and ') as complete,
    string_agg(format('t.k%s operator(pg_catalog.=) w.k%s', e.place, e.place), ' and ') as same,
    min(k.condition) as condition
  into strict rule
  from importer.table_keys(relation) as k cross join unnest(k.expressions) with ordinality as e (value, place)
  where k.id = rows_with_key_of_another.key and k.is_plain
  having count(*) > 0;
  select
    string_agg(format('%s as m%s', e.value, e.place), ', ') as keys,
    string_agg(format('m%s', e.place), ', ') as names,
    string_agg(format('t.m%s operator(pg_catalog.=) w.m%s', e.place, e.place), ' and ') as same
  into strict other
  from importer.table_keys(relation) as k cross join unnest(k.expressions) with ordinality as e (value, place)
  where k.id = rows_with_key_of_another.met and k.is_plain
  having count(*) > 0;
  return query execute format(
    'with staged as (
      select s."#record" as place, %1$s, %2$s, (%3$s) as is_in from %4$s as s
      where get_bit($1, s."#record") = 1 or get_bit($2, s."#record") = 1
    ),
    w as (
      select staged.*, min(case when get_bit($1, place) = 1 then place end) over (partition by %5$s) as first
      from staged where is_in and %6$s
    ),
    t as (
      select w.place, t.* from w inner join (select %1$s, %2$s from only %7$s where (%3$s)) as t on %8$s
      where get_bit($2, w.place) = 1 and (%9$s) is not true
    )
    select
      (select string_agg(int8send(w.place), '''') from w
      where get_bit($2, w.place) = 1 and (w.first < w.place or w.place in (select t.place from t))),
      exists (
        select from t inner join staged as w on %9$s
        where w.place < t.place and (w.is_in and %8$s) is not true
      )',
    rule.keys, other.keys, rule.condition, importer.staged_rows(relation, written, stage::text), rule.names,
    rule.complete, relation, rule.same, other.same
  ) using winners, judged;
end
$_$;

COMMENT ON FUNCTION importer.rows_with_key_of_another(job_id uuid, token uuid, stage regclass, written text[], key oid, met oid, winners bytea, judged bytea) IS 'Returns those of the judged rows, as 8-byte numbers, whose key is that of an earlier winner or of another row of the
table than the one that the row changes, and whether an earlier row may give such a key back. Raises IJ103 without a
valid lease.';

CREATE FUNCTION importer.rows_with_taken_key(job_id uuid, token uuid, stage regclass, written text[], key oid, winners bytea, judged bytea) RETURNS bytea
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET jit TO 'off'
    SET constraint_exclusion TO 'off'
    SET work_mem TO '32MB'
    SET random_page_cost TO '1'
    AS $_$
declare
  relation regclass := importer.judged_table(rows_with_taken_key.job_id, rows_with_taken_key.token);
  rule record;
  rows bytea;
begin
  perform importer.lock_for_reading(relation);
  perform importer.lock_stage(stage, relation);
  select
    string_agg(format('%s as k%s', e.value, e.place), ', ') as keys,
    string_agg(format('k%s', e.place), ', ') as names,
    string_agg(format('k%s is not null', e.place), ' and ') as complete,
    string_agg(format('t.k%s operator(pg_catalog.=) w.k%s', e.place, e.place), ' and ') as same,
    min(k.condition) as condition
  into strict rule
  from importer.table_keys(relation) as k cross join unnest(k.expressions) with ordinality as e (value, place)
  where k.id = rows_with_taken_key.key and k.is_plain
  having count(*) > 0;
  execute format(
    'select string_agg(int8send(w.place), '''')
    from (
      select k.*, min(case when get_bit($1, k.place) = 1 then k.place end) over (partition by %2$s) as first
      from (
        select s."#record" as place, %1$s from %6$s as s
        where (get_bit($1, s."#record") = 1 or get_bit($2, s."#record") = 1) and (%5$s)
      ) as k
      where %3$s
    ) as w
    where get_bit($2, w.place) = 1 and (
      w.first < w.place or exists (select from (select %1$s from only %7$s where (%5$s)) as t where %4$s)
    )',
    rule.keys, rule.names, rule.complete, rule.same, rule.condition,
    importer.staged_rows(relation, written, stage::text), relation
  ) into rows using winners, judged;
  return rows;
end
$_$;

COMMENT ON FUNCTION importer.rows_with_taken_key(job_id uuid, token uuid, stage regclass, written text[], key oid, winners bytea, judged bytea) IS 'Returns those of the judged rows, as 8-byte numbers, whose key the table has, or an earlier winner. Raises IJ103
without a valid lease.';

CREATE FUNCTION importer.rows_without_parent(job_id uuid, token uuid, stage regclass, written text[], reference oid, judged bytea) RETURNS bytea
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    SET jit TO 'off'
    SET constraint_exclusion TO 'off'
    SET work_mem TO '32MB'
    SET random_page_cost TO '1'
    AS $_$
declare
  relation regclass := importer.judged_table(rows_without_parent.job_id, rows_without_parent.token);
  parent_table regclass;
  rule record;
  rows bytea;
begin
  execute format('lock table only %s in access share mode', relation);
  select f.parent into strict parent_table
  from importer.table_references(relation) as f where f.id = rows_without_parent.reference;
  perform importer.lock_for_reading(parent_table);
  perform importer.lock_stage(stage, relation);
  -- Only now, because to wait for a lock is to wait for somebody who may alter the table.
  select
    array_to_string(f.conditions, ' and ') as same, (
      select string_agg(format('s.%I is not null', a.attname), ' and ')
      from pg_catalog.pg_attribute as a where a.attrelid = relation and a.attnum = any (f.columns)
    ) as complete, (select p.relkind = 'r' from pg_catalog.pg_class as p where p.oid = f.parent) as is_only
  into strict rule
  from importer.table_references(relation) as f
  where f.id = rows_without_parent.reference and f.parent = parent_table and f.is_plain;
  execute format(
    'select string_agg(int8send(s."#record"), '''') from %s as s
    where get_bit($1, s."#record") = 1 and %s and not exists (select from %s %s as p where %s)',
    importer.staged_rows(relation, written, stage::text), rule.complete, case when rule.is_only then 'only' else '' end,
    parent_table, rule.same
  ) into rows using judged;
  return rows;
end
$_$;

COMMENT ON FUNCTION importer.rows_without_parent(job_id uuid, token uuid, stage regclass, written text[], reference oid, judged bytea) IS 'Returns those of the judged rows, as 8-byte numbers, for which the foreign key finds no parent. Raises IJ103 without a
valid lease.';

CREATE FUNCTION importer.rules_of_modes(relation regclass, written text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  known smallint[] := array(select k.number from importer.known_columns(relation, written) as k);
begin
  return (
    select jsonb_build_object(
      'updates', not c.relhassubclass
      and not exists (select from pg_catalog.pg_rewrite as r where r.ev_class = c.oid and r.ev_type = '2')
      and not exists (
        select from pg_catalog.pg_trigger as g
        where g.tgrelid = c.oid and not g.tgisinternal and g.tgtype & 1 = 1 and g.tgtype & 20 > 0
          and g.tgenabled in ('O', 'A')
      ),
      'knows_keys', not exists (select from importer.table_keys(relation) as k where not k.columns <@ known),
      'unfilled', array(
        select a.attname::text
        from pg_catalog.pg_attribute as a inner join pg_catalog.pg_type as t on t.oid = a.atttypid
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and not a.atthasdef and a.attidentity = ''
          and t.typdefault is null and not a.attname = any (written)
      ),
      'referenced', array(
        select unnest(importer.base_columns(relation, o.confkey))
        from pg_catalog.pg_constraint as o where o.confrelid = c.oid and o.contype = 'f'
      ),
      'checks', (
        select coalesce(jsonb_object_agg(o.conname, jsonb_build_object(
          'columns', importer.base_columns(relation, o.conkey), 'valid', o.convalidated
        )), '{}')
        from pg_catalog.pg_constraint as o where o.conrelid = c.oid and o.contype = 'c'
      ),
      'keys', (
        select coalesce(jsonb_object_agg(k.id, jsonb_build_object(
          'columns', importer.base_columns(relation, k.columns),
          'whole', num_nulls(i.indexprs, i.indpred) = 2 and i.indnkeyatts = i.indnatts and not exists (
            select from pg_catalog.pg_attribute as a
            where a.attrelid = c.oid and a.attnum = any (k.columns) and a.attgenerated <> ''
          )
        )), '{}')
        from importer.table_keys(relation) as k inner join pg_catalog.pg_index as i on i.indexrelid = k.id
      ),
      'references', (
        select coalesce(jsonb_object_agg(o.oid, jsonb_build_object(
          'columns', importer.base_columns(relation, o.conkey), 'valid', o.convalidated, 'on_update', g.tgname
        )), '{}')
        from pg_catalog.pg_constraint as o
        inner join pg_catalog.pg_trigger as g on g.tgconstraint = o.oid and g.tgrelid = o.conrelid and g.tgtype & 16 > 0
        where o.conrelid = c.oid and o.contype = 'f'
      )
    )
    from pg_catalog.pg_class as c where c.oid = relation
  );
end
$$;

COMMENT ON FUNCTION importer.rules_of_modes(relation regclass, written text[]) IS 'Returns what importer.table_rules() leaves out: of which columns each rule is, whether all rows obey it, which columns
other tables refer to or nothing fills, and whether no trigger, rule or child of the table takes part in an UPDATE.';

CREATE FUNCTION importer.schedule_sweep() RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if to_regclass('cron.job') is null then
    return false;
  end if;
  execute 'select cron.unschedule(j.jobid) from cron.job as j where j.jobname = ''import-jobs-sweep''';
  execute 'select cron.schedule(''import-jobs-sweep'', ''* * * * *'', ''select importer.sweep_import_jobs()'')';
  return true;
end
$$;

COMMENT ON FUNCTION importer.schedule_sweep() IS 'Lets pg_cron run the sweep once a minute; returns whether pg_cron is there. For administrators.';

CREATE FUNCTION importer.self_references(job_id uuid, token uuid) RETURNS TABLE(name text, columns text[], referenced text[], id oid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  relation regclass;
begin
  perform importer.check_token(self_references.job_id, self_references.token);
  select importer.registered_table(t) into relation
  from public.import_jobs as j cross join lateral importer.find_target(j.target) as t
  where j.id = self_references.job_id;
  return query
  with family as (
    select relation::oid as oid
    union
    select p.relid::oid from pg_catalog.pg_partition_tree(relation) as p
  )

  select
    c.conname::text,
    array(
      select a.attname::text from unnest(c.conkey) with ordinality as k (number, place)
      inner join pg_catalog.pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.number order by k.place
    ),
    array(
      select a.attname::text from unnest(c.confkey) with ordinality as k (number, place)
      inner join pg_catalog.pg_attribute as a on a.attrelid = c.confrelid and a.attnum = k.number order by k.place
    ),
    case
      when importer.takes_rows_as_they_are(relation)
      then (select f.id from importer.table_references(relation) as f where f.id = c.oid and f.is_plain)
    end
  from pg_catalog.pg_constraint as c
  where c.contype = 'f' and c.conrelid in (select f.oid from family as f)
    and c.confrelid in (select f.oid from family as f)
  order by c.conrelid = relation desc, c.conname;
end
$$;

COMMENT ON FUNCTION importer.self_references(job_id uuid, token uuid) IS 'Returns the foreign keys by which rows of a job''s table refer to rows of the same table, with their columns, and with
their OIDs where sets can look parents up. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.send_test_ring() RETURNS TABLE(ring bigint, request bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into importer.rings (timeout_milliseconds) values (8000) returning number into ring;
  request := net.http_post(
    url := rtrim(importer.setting('import_jobs_processor_url'), '/') || '/process-import-jobs',
    headers := jsonb_build_object(
      'Content-Type', 'application/json', 'Authorization', 'Bearer ' || importer.setting('import_jobs_wake_token'),
      'Import-Jobs-Ring', ring::text
    ),
    timeout_milliseconds := 8000
  );
  return next;
end
$$;

COMMENT ON FUNCTION importer.send_test_ring() IS 'Rings the processor when the transaction commits; returns the number of the ring and pg_net''s request id.';

CREATE FUNCTION importer.session_is_open(session integer) RETURNS boolean
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from pg_catalog.pg_locks as l
    where l.locktype = 'advisory' and l.granted and l.classid = 1229606722 and l.objsubid = 2
      and l.objid::bigint = session_is_open.session
      and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())
  )
$$;

COMMENT ON FUNCTION importer.session_is_open(session integer) IS 'Returns whether the lock of a processor''s session is held.';

CREATE FUNCTION importer.set_claims(claims text) RETURNS text[]
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  names constant text[] := array[
    'request.jwt.claims', 'request.jwt.claim', 'request.jwt.claim.sub', 'request.jwt.claim.role'
  ];
  former constant text[] := array(select coalesce(current_setting(n.name, true), '') from unnest(names) as n (name));
begin
  perform set_config(n.name, case when n.name = names[1] then set_claims.claims else '' end, true)
  from unnest(names) as n (name);
  return former;
end
$$;

COMMENT ON FUNCTION importer.set_claims(claims text) IS 'Sets the claims of the request until the end of the transaction, and returns the former values of its settings.';

CREATE FUNCTION importer.setting(name text) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  secrets constant regclass := to_regclass('vault.decrypted_secrets');
  secret text;
begin
  if secrets is not null then
    execute format('select decrypted_secret from %s where name = $1 order by created_at desc limit 1', secrets)
    into secret using setting.name;
  end if;
  return coalesce(secret, (select s.value from importer.settings as s where s.name = setting.name));
end
$_$;

COMMENT ON FUNCTION importer.setting(name text) IS 'Returns the value of a setting: the Vault secret of that name, else the row in importer.settings, else null.';

CREATE FUNCTION importer.setting_number(name text, default_value bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  return (
    select coalesce(
      (
        select s.value::bigint from importer.settings as s
        where s.name = setting_number.name and s.value ~ '^[0-9]{1,18}$'
      ),
      setting_number.default_value
    )
  );
end
$_$;

COMMENT ON FUNCTION importer.setting_number(name text, default_value bigint) IS 'Returns a setting as a whole number; the default if the setting is missing or not a whole number.';

CREATE FUNCTION importer.settle_waiting(job_id uuid, token uuid, seq integer, waiting bigint[], rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, kept integer, rejected importer.rejected_records DEFAULT NULL::importer.rejected_records) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  settled bigint;
begin
  perform importer.check_lease(settle_waiting.job_id, settle_waiting.token);
  select cardinality(w.records) - cardinality(settle_waiting.waiting) into settled
  from importer.waiting_records as w
  where w.job_id = settle_waiting.job_id and w.seq = settle_waiting.seq;
  if settled is distinct from
    settle_waiting.rows_loaded + settle_waiting.rows_rejected + settle_waiting.rows_skipped
  then
    raise exception '% waiting rows of a chunk have become % rows', settled,
      settle_waiting.rows_loaded + settle_waiting.rows_rejected + settle_waiting.rows_skipped
    using errcode = 'IJ902', hint = 'This is a defect of import-jobs. Report it with the file''s dialect.';
  end if;
  if cardinality(settle_waiting.waiting) = 0 then
    delete from importer.waiting_records as w
    where w.job_id = settle_waiting.job_id and w.seq = settle_waiting.seq;
  else
    update importer.waiting_records as w set records = settle_waiting.waiting
    where w.job_id = settle_waiting.job_id and w.seq = settle_waiting.seq;
  end if;
  if settle_waiting.rows_rejected > 0 then
    perform importer.keep_rejections(settle_waiting.job_id, settle_waiting.seq, settle_waiting.rejected, kept);
  end if;
  update importer.job_chunks as c
  set
    rows_read = c.rows_read + settled, rows_loaded = c.rows_loaded + settle_waiting.rows_loaded,
    rows_rejected = c.rows_rejected + settle_waiting.rows_rejected,
    rows_skipped = c.rows_skipped + settle_waiting.rows_skipped
  where c.job_id = settle_waiting.job_id and c.seq = settle_waiting.seq;
  update public.import_jobs as j
  set
    rows_read = j.rows_read + settled, rows_loaded = j.rows_loaded + settle_waiting.rows_loaded,
    rows_rejected = j.rows_rejected + settle_waiting.rows_rejected,
    rows_skipped = j.rows_skipped + settle_waiting.rows_skipped
  where j.id = settle_waiting.job_id and j.status = 'running';
end
$$;

COMMENT ON FUNCTION importer.settle_waiting(job_id uuid, token uuid, seq integer, waiting bigint[], rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, kept integer, rejected importer.rejected_records) IS 'Enters waiting rows of a chunk that were tried into the ledger and the counters of the job; `waiting` are the records
that still wait. Raises IJ902 unless the counts add up, and IJ103 without a valid lease.';

CREATE FUNCTION importer.skip_duplicate(job_id uuid, token uuid, duplicate_of uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.skip_duplicate(job_id uuid, token uuid, duplicate_of uuid) IS 'Completes a job whose file another job has imported. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.skip_staged_rows(job_id uuid, token uuid, row_count bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  skipped bigint;
begin
  perform importer.check_lease(skip_staged_rows.job_id, skip_staged_rows.token);
  with counted as (
    select c.seq, c.rows_loaded, sum(c.rows_loaded) over (order by c.seq desc) - c.rows_loaded as loaded_after
    from importer.job_chunks as c where c.job_id = skip_staged_rows.job_id
  ),

  changed as (
    update importer.job_chunks as c
    set rows_loaded = c.rows_loaded - g.rows, rows_skipped = c.rows_skipped + g.rows
    from (
      select k.seq, least(k.rows_loaded, skip_staged_rows.row_count - k.loaded_after)::bigint as rows
      from counted as k where k.loaded_after < skip_staged_rows.row_count
    ) as g
    where c.job_id = skip_staged_rows.job_id and c.seq = g.seq
    returning g.rows
  )

  select coalesce(sum(g.rows), 0) into skipped from changed as g;
  if skipped <> skip_staged_rows.row_count then
    raise exception 'cannot skip % staged rows: the ledger has %', skip_staged_rows.row_count, skipped
    using errcode = 'IJ902', hint = 'This is a defect of import-jobs. Report it with the file''s dialect.';
  end if;
  update public.import_jobs as j
  set
    rows_loaded = j.rows_loaded - skip_staged_rows.row_count,
    rows_skipped = j.rows_skipped + skip_staged_rows.row_count
  where j.id = skip_staged_rows.job_id;
end
$$;

COMMENT ON FUNCTION importer.skip_staged_rows(job_id uuid, token uuid, row_count bigint) IS 'Counts the given number of staged rows as skipped instead of loaded. Raises IJ902 if there are fewer, and IJ103 without
a valid lease.';

CREATE FUNCTION importer.source_deleted(job_id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  update public.import_jobs as j set source_deleted_at = clock_timestamp()
  where j.id = source_deleted.job_id and j.status = 'completed' and j.source_deleted_at is null
$$;

COMMENT ON FUNCTION importer.source_deleted(job_id uuid) IS 'Records that the file of a completed job has been deleted.';

CREATE FUNCTION importer.sources_to_delete() RETURNS TABLE(job_id uuid, bucket_id text, object_path text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.sources_to_delete() IS 'Returns the files that completed jobs asked to delete and that have not been deleted yet, the oldest job first.';

CREATE FUNCTION importer.staged_rows(relation regclass, written text[], stage text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format(
    '(select r.*%s from (select s."#record"%s from only %s as s) as r)',
    string_agg(format(', %s as %I', k.value, k.name), '' order by k.number) filter (where k.generated),
    string_agg(format(', %s as %I', k.value, k.name), '' order by k.number) filter (where not k.generated),
    stage
  )
  from importer.known_columns(relation, written) as k
$$;

COMMENT ON FUNCTION importer.staged_rows(relation regclass, written text[], stage text) IS 'Composes the query for staged rows as the table will have them, as far as that is known.';

CREATE FUNCTION importer.stages(job public.import_jobs) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select 'true' in (coalesce(stages.job.options -> 'atomic', 'null'), coalesce(stages.job.options -> 'dry_run', 'null'))
    or importer.on_error(stages.job) = 'abort'
    or exists (select from importer.find_target(stages.job.target) as t where t.mode = 'replace')
$$;

COMMENT ON FUNCTION importer.stages(job public.import_jobs) IS 'Returns whether the rows of a job are collected in a staging table until its end.';

CREATE FUNCTION importer.sweep_import_jobs() RETURNS TABLE(job_id uuid, action text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
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
  -- A renewal that was in progress during the first query counts: the lock waits for it, and the second query has a new
  -- snapshot.
  perform from importer.job_leases as l where l.job_id = any (lost) for update;
  select array_agg(c.id) into lost
  from unnest(lost) as c (id)
  where not exists (
    select from importer.job_leases as l where l.job_id = c.id and l.expires_at > clock_timestamp()
  );

  -- If the session of the processor is closed, a failure of the network or of a pooler may be the cause. If it is open,
  -- the processor hangs, and the file may be the cause.
  insert into importer.lost_attempts (job_id, token)
  select l.job_id, l.token from importer.job_leases as l
  where l.job_id = any (lost) and l.session is not null and not importer.session_is_open(l.session);

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
        when j.attempts >= j.max_attempts then 'Look for the cause in the processor''s log, then set status to pending.'
      end
    where j.id = any (lost)
    returning j.id, j.status
  )

  select e.id, case e.status when 'failed' then 'attempts_used_up' else 'lease_lost' end from ended as e;

  perform importer.drop_job_tables();
  perform importer.forget_processors();
  perform importer.forget_samples();

  if importer.is_paused() then
    return; -- nobody may take what is due
  end if;
  select array_agg(d.id) into due
  from (
    select j.id from public.import_jobs as j
    where j.status = 'pending' and j.run_after <= now() and j.attempts < j.max_attempts
    order by j.priority desc, j.created_at
    limit 1000
  ) as d;
  if due is null and exists (select from importer.undo_requests as u where u.run_after <= clock_timestamp()) then
    perform importer.ring_processor('{}');
  end if;
  if due is not null then
    perform importer.ring_processor(due);
    return query select d.id, 'rung' from unnest(due) as d (id);
  end if;
end
$$;

COMMENT ON FUNCTION importer.sweep_import_jobs() IS 'Takes back running jobs whose lease has expired, fails those without attempts left, drops tables of ended jobs, deletes
old samples, and rings for pending jobs and undos that are due unless the queue is paused. Returns each job with what was
done. pg_cron, if installed, and every processor run it regularly.';

CREATE FUNCTION importer.table_keys(relation regclass) RETURNS TABLE(id oid, name text, columns smallint[], expressions text[], condition text, is_plain boolean, trigger_name text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  return query
  select
    i.indexrelid, c.relname::text,
    array(
      select k.number from unnest(i.indkey::smallint[]) as k (number) where k.number > 0
      union
      select d.refobjsubid::smallint from pg_catalog.pg_depend as d
      where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refclassid = 'pg_class'::regclass
        and d.refobjid = i.indrelid and d.refobjsubid > 0
    ),
    array(
      select format('(%s)', pg_get_indexdef(i.indexrelid, g.place, false)) || case
        when l.collname is null or l.collname = 'default' then '' else format(' collate %I.%I', n.nspname, l.collname)
      end
      from generate_series(1, i.indnkeyatts::integer) as g (place)
      left join pg_catalog.pg_collation as l on l.oid = i.indcollation[g.place - 1]
      left join pg_catalog.pg_namespace as n on n.oid = l.collnamespace
      order by g.place
    ),
    coalesce(pg_get_expr(i.indpred, i.indrelid), 'true'),
    i.indisunique and not i.indisexclusion and not i.indnullsnotdistinct
      and not importer.has_own_code('pg_class', i.indexrelid)
      and not exists (
        select
        from unnest(i.indkey::smallint[]) as k (number)
        inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
        where importer.has_own_casts(a.atttypid)
      )
      and not exists (select from unnest(i.indclass::oid[]) as o (id) where o.id >= 16384)
      and not exists (
        select from unnest(i.indcollation::oid[]) as o (id) inner join pg_catalog.pg_collation as l on l.oid = o.id
        where not l.collisdeterministic
      ),
    case when not i.indimmediate then (
      select min(g.tgname::text collate "C")
      from pg_catalog.pg_trigger as g inner join pg_catalog.pg_constraint as o on o.oid = g.tgconstraint
      where g.tgrelid = i.indrelid and o.conindid = i.indexrelid and o.contype in ('p', 'u', 'x')
    ) end
  from pg_catalog.pg_index as i inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
  where i.indrelid = table_keys.relation and (i.indisunique or i.indisexclusion) and i.indisready;
end
$$;

COMMENT ON FUNCTION importer.table_keys(relation regclass) IS 'Returns the unique indexes and exclusion constraints of a table: what they compare, for which rows, whether a set can
be looked up in them, and, of one that is checked after the rows are written, the trigger that does so.';

CREATE FUNCTION importer.table_references(relation regclass) RETURNS TABLE(id oid, name text, parent regclass, columns smallint[], referenced smallint[], conditions text[], is_plain boolean, trigger_name text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  return query
  select
    o.oid, o.conname::text, o.confrelid::regclass, o.conkey, o.confkey,
    array(
      select format(
        'p.%I operator(pg_catalog.%s) %s%s', b.attname, e.oprname, format('s.%I', a.attname), case
          when l.collname is null or l.collname = 'default' then '' else format(' collate %I.%I', n.nspname, l.collname)
        end
      )
      from unnest(o.conkey, o.confkey, o.conpfeqop) as k (number, parent_number, operator)
      inner join pg_catalog.pg_attribute as a on a.attrelid = o.conrelid and a.attnum = k.number
      inner join pg_catalog.pg_attribute as b on b.attrelid = o.confrelid and b.attnum = k.parent_number
      inner join pg_catalog.pg_operator as e on e.oid = k.operator
      left join pg_catalog.pg_collation as l on l.oid = b.attcollation
      left join pg_catalog.pg_namespace as n on n.oid = l.collnamespace
    ),
    (o.confmatchtype = 's' or cardinality(o.conkey) = 1)
      and coalesce(to_jsonb(o) ->> 'conperiod', 'false') = 'false'
      and not exists (select from unnest(o.conpfeqop) as e (id) where e.id >= 16384)
      and not importer.has_planned_code(o.confrelid)
      -- An enum is compared with itself alone: with anything else a cast of other people would be called.
      and not exists (
        select from unnest(o.conkey, o.confkey) as k (number, parent_number)
        inner join pg_catalog.pg_attribute as a on a.attrelid = o.conrelid and a.attnum = k.number
        inner join pg_catalog.pg_attribute as b on b.attrelid = o.confrelid and b.attnum = k.parent_number
        where importer.has_own_casts(a.atttypid) or importer.has_own_casts(b.atttypid)
          or a.atttypid <> b.atttypid and greatest(a.atttypid, b.atttypid) >= 16384
            and exists (
              select from pg_catalog.pg_type as t where t.oid in (a.atttypid, b.atttypid) and t.typtype = 'e'
            )
      )
      and not exists (
        select from unnest(o.confkey) as k (number)
        inner join pg_catalog.pg_attribute as b on b.attrelid = o.confrelid and b.attnum = k.number
        inner join pg_catalog.pg_collation as l on l.oid = b.attcollation
        where not l.collisdeterministic
      ),
    g.tgname::text
  from pg_catalog.pg_constraint as o
  inner join pg_catalog.pg_trigger as g
    on g.tgconstraint = o.oid and g.tgrelid = o.conrelid and g.tgtype & 4 > 0 and g.tgenabled in ('O', 'A')
  where o.conrelid = table_references.relation and o.contype = 'f';
end
$$;

COMMENT ON FUNCTION importer.table_references(relation regclass) IS 'Returns the foreign keys of a table that are checked for new rows: the conditions that join a parent p with a row s,
and whether a set can be looked up by them.';

CREATE FUNCTION importer.table_rules(relation regclass, written text[], role name DEFAULT NULL::name, reads boolean DEFAULT false) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  known smallint[] := array(select k.number from importer.known_columns(relation, written) as k);
  used smallint[];
  needed text[];
  checks jsonb;
  checks_are_plain boolean;
begin
  select
    coalesce(jsonb_agg(jsonb_build_object('name', o.conname, 'condition', pg_get_expr(o.conbin, o.conrelid))
      order by o.conname::text collate "C"), '[]'),
    coalesce(bool_and(o.conkey <@ known and not exists (
      select from pg_catalog.pg_depend as d
      left join pg_catalog.pg_operator as e on d.refclassid = 'pg_operator'::regclass and e.oid = d.refobjid
      inner join pg_catalog.pg_proc as p
        on p.oid = coalesce(e.oprcode, case when d.refclassid = 'pg_proc'::regclass then d.refobjid end)
      where d.classid = 'pg_constraint'::regclass and d.objid = o.oid and p.provolatile <> 'i'
    )), true)
  into checks, checks_are_plain
  from pg_catalog.pg_constraint as o
  where o.conrelid = table_rules.relation and o.contype = 'c'
    and coalesce(to_jsonb(o) ->> 'conenforced', 'true') = 'true';
  used := array(
    select unnest(o.conkey) from pg_catalog.pg_constraint as o where o.conrelid = relation and o.contype in ('c', 'f')
    union
    select unnest(k.columns) from importer.table_keys(relation) as k
    union
    select d.refobjsubid::smallint from pg_catalog.pg_depend as d inner join pg_catalog.pg_policy as p on p.oid = d.objid
    where d.classid = 'pg_policy'::regclass and p.polrelid = table_rules.relation and table_rules.role is not null
      and d.refclassid = 'pg_class'::regclass and d.refobjid = table_rules.relation and d.refobjsubid > 0
  );
  needed := array(
    select a.attname::text from pg_catalog.pg_attribute as a
    where a.attrelid = table_rules.relation and a.attname = any (written) and (
      a.attnum = any (used) or exists (
        select from pg_catalog.pg_attrdef as d inner join pg_catalog.pg_depend as p
          on p.classid = 'pg_attrdef'::regclass and p.objid = d.oid and p.refclassid = 'pg_class'::regclass
        where d.adrelid = a.attrelid and d.adnum = any (used) and p.refobjid = a.attrelid and p.refobjsubid = a.attnum
      )
    )
    order by a.attnum
  );
  return (
    select jsonb_build_object(
      'by_sets', c.relkind = 'r' and not c.relispartition and checks_are_plain
      and not exists (select from pg_catalog.pg_rewrite as r where r.ev_class = c.oid and r.ev_type = '3')
      and not exists (
        select from pg_catalog.pg_trigger as g
        where g.tgrelid = c.oid and not g.tgisinternal and g.tgtype & 5 = 5 and g.tgenabled in ('O', 'A')
      )
      and not exists (
        select from pg_catalog.pg_attrdef as d inner join pg_catalog.pg_attribute as a
          on a.attrelid = d.adrelid and a.attnum = d.adnum
        where d.adrelid = c.oid and a.attgenerated <> '' and (a.attnotnull or importer.has_own_code('pg_attrdef', d.oid))
      )
      and not importer.has_planned_code(relation)
      and not exists (select from importer.table_keys(relation) as k where not k.is_plain)
      and not exists (select from importer.table_references(relation) as f where not f.is_plain),
      'rows', importer.staged_rows(relation, needed, 'pg_temp.import_judged'),
      'checks', checks,
      'policies', (
        select to_jsonb(p) from importer.policies_of_new_rows(relation, table_rules.role, table_rules.reads) as p
        where table_rules.role is not null
      ),
      'keys', (
        select coalesce(
          jsonb_agg(jsonb_build_object('id', k.id, 'name', k.name, 'after', k.trigger_name) order by k.id), '[]'
        )
        from importer.table_keys(relation) as k where k.columns <@ known
      ),
      'references', (
        select coalesce(
          jsonb_agg(jsonb_build_object(
            'id', f.id, 'name', f.name, 'after', f.trigger_name, 'is_own', f.parent = relation
          ) order by f.id), '[]'
        )
        from importer.table_references(relation) as f
        where f.columns <@ known and (f.parent <> relation or f.referenced <@ known)
      ),
      'columns', to_jsonb(needed),
      'reader', (
        select pg_get_userbyid(p.proowner) from pg_catalog.pg_proc as p
        where p.oid = 'importer.rows_with_taken_key'::regproc)
    )
    from pg_catalog.pg_class as c where c.oid = table_rules.relation
  );
end
$$;

COMMENT ON FUNCTION importer.table_rules(relation regclass, written text[], role name, reads boolean) IS 'Returns what can refuse rows of which the file fills the columns `written`, and whether sets can say which ones: checks,
keys, foreign keys, and policies if row security applies to `role`; the query for the rows, and the role that looks up.';

CREATE FUNCTION importer.take_back_lost_jobs(own_session integer, grace interval DEFAULT '00:00:03'::interval) RETURNS TABLE(job_id uuid, action text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  watched uuid[];
  lost uuid[];
begin
  select array_agg(l.job_id) into watched
  from importer.job_leases as l
  where l.session is distinct from take_back_lost_jobs.own_session and l.session is not null
    and (l.session_lost_at is null) <> importer.session_is_open(l.session);
  if watched is null and not exists (select from importer.job_leases as l where l.session_lost_at is not null) then
    return;
  end if;

  update importer.job_leases as l
  set session_lost_at = case when l.session_lost_at is null then clock_timestamp() end
  from (select w.job_id from importer.job_leases as w where w.job_id = any (watched) for update skip locked) as w
  where l.job_id = w.job_id and (l.session_lost_at is null) <> importer.session_is_open(l.session);

  -- In the order of all others: the job first, then its lease.
  select array_agg(c.id) into lost
  from (
    select j.id from public.import_jobs as j inner join importer.job_leases as l on l.job_id = j.id
    where j.status = 'running' and j.attempts < j.max_attempts
      and l.session_lost_at < clock_timestamp() - take_back_lost_jobs.grace
      and l.session is distinct from take_back_lost_jobs.own_session
    for update of j skip locked
  ) as c;
  perform from importer.job_leases as l where l.job_id = any (lost) for update;

  return query
  with gone as materialized (
    select l.job_id, l.token from importer.job_leases as l
    where l.job_id = any (lost) and l.session_lost_at is not null and not importer.session_is_open(l.session)
  ),

  remembered as (
    insert into importer.lost_attempts (job_id, token) select g.job_id, g.token from gone as g
  ),

  noted as (
    insert into public.import_job_events (job_id, event, attempt, detail)
    select j.id, 'lease_lost', j.attempts, '{"cause": "session"}'
    from public.import_jobs as j inner join gone as g on g.job_id = j.id
  ),

  ended as (
    update public.import_jobs as j set status = 'pending', run_after = clock_timestamp()
    from gone as g where j.id = g.job_id
    returning j.id
  )

  select e.id, 'lease_lost' from ended as e;
  if found then
    perform importer.ring_processor(lost);
  end if;

  return query
  select l.job_id, 'session_missing' from importer.job_leases as l
  where l.session_lost_at is not null and l.session is distinct from take_back_lost_jobs.own_session;
end
$$;

COMMENT ON FUNCTION importer.take_back_lost_jobs(own_session integer, grace interval) IS 'Takes back running jobs whose processor''s session has been closed for longer than the grace, and rings for them; the
caller''s own are left alone. Returns them with lease_lost, and with session_missing those whose grace is not over.';

CREATE FUNCTION importer.take_jobs(job_ids uuid[], worker text, lease_seconds integer, session integer) RETURNS SETOF jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
begin
  if importer.is_paused() then
    return;
  end if;
  return query
  with chosen as (
    select j.id, j.started_at is null as fresh
    from unnest(take_jobs.job_ids) as n (id) inner join public.import_jobs as j on j.id = n.id
    where j.status = 'pending'
    for update of j skip locked
  ),

  claimed as (
    update public.import_jobs as j
    set
      status = 'running', phase = 'opening', attempts = j.attempts + 1,
      started_at = coalesce(j.started_at, clock_timestamp())
    from chosen where j.id = chosen.id
    returning j.*, chosen.fresh
  ),

  leases as (
    insert into importer.job_leases (job_id, worker, attempt, expires_at, session)
    select
      c.id, take_jobs.worker, c.attempts, clock_timestamp() + make_interval(secs => take_jobs.lease_seconds),
      nullif(take_jobs.session, 0)
    from claimed as c
    on conflict (job_id) do update
    set
      token = gen_random_uuid(), worker = excluded.worker, attempt = excluded.attempt,
      claimed_at = clock_timestamp(), expires_at = excluded.expires_at, session = excluded.session,
      session_lost_at = null
    returning job_id, token
  ),

  taken as (
    select c.*, l.token, i.role, i.claims
    from claimed as c
    inner join leases as l on l.job_id = c.id
    left join importer.job_identities as i on i.job_id = c.id
  ),

  -- Once for all jobs of a target and role, since a call takes 1 ms.
  targets as materialized (
    select d.target, d.role, importer.describe_target(d.target, d.role) as description
    from (select distinct t.target, t.role from taken as t) as d
  )

  select jsonb_build_object(
    'id', t.id, 'token', t.token, 'attempt', t.attempts, 'bucket_id', t.bucket_id, 'object_path', t.object_path,
    'target_name', t.target, 'target', d.description, 'options', t.options,
    'owner', t.created_by, 'role', t.role, 'claims', t.claims, 'expected_sha256', t.expected_sha256,
    'last', t.attempts >= t.max_attempts, 'fresh', t.fresh,
    'age', extract(epoch from clock_timestamp() - t.created_at),
    'waited', extract(epoch from clock_timestamp() - greatest(t.created_at, t.run_after))
  )
  from taken as t
  inner join targets as d on d.target = t.target and d.role is not distinct from t.role
  order by t.priority desc, t.created_at;
end
$$;

COMMENT ON FUNCTION importer.take_jobs(job_ids uuid[], worker text, lease_seconds integer, session integer) IS 'Sets those of the given jobs running that are pending and that no other transaction has locked, counts the attempt and
gives each a lease; none while the queue is paused. Returns for each job what the processor needs, including the token of
the lease, and the seconds since it was created and since it was due.';

CREATE FUNCTION importer.takes_rows_as_they_are(relation regclass) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select c.relkind = 'r' and not c.relispartition and not importer.has_planned_code(c.oid)
    and not exists (select from pg_catalog.pg_rewrite as r where r.ev_class = c.oid and r.ev_type = '3')
    and not exists (
      select from pg_catalog.pg_trigger as g
      where g.tgrelid = c.oid and not g.tgisinternal and g.tgtype & 7 = 7 and g.tgenabled in ('O', 'A')
    )
  from pg_catalog.pg_class as c where c.oid = takes_rows_as_they_are.relation
$$;

COMMENT ON FUNCTION importer.takes_rows_as_they_are(relation regclass) IS 'Returns whether a table is a plain one, and no rule or trigger changes the rows that are inserted into it.';

CREATE FUNCTION importer.target_columns(relation regclass, mode text, key_columns text[]) RETURNS TABLE(name text, place smallint, type text, base text, kind text, not_null boolean, required boolean, labels text[])
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  filled constant boolean := importer.has_trigger_before_rows(target_columns.relation, target_columns.mode);
begin
  return query
  select
    a.attname::text,
    a.attnum,
    format_type(a.atttypid, a.atttypmod),
    format_type(case t.typtype when 'd' then importer.base_type(t.oid) else t.oid end, null),
    t.typtype::text,
    a.attnotnull and not filled or t.typnotnull,
    (a.attnotnull and not filled or t.typnotnull)
    and not a.atthasdef and a.attidentity = '' and t.typdefault is null
    and (target_columns.mode is distinct from 'update' or a.attname = any (target_columns.key_columns)),
    coalesce(
      (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_catalog.pg_enum as e where e.enumtypid = t.oid),
      '{}'
    )
  from pg_catalog.pg_attribute as a
  inner join pg_catalog.pg_type as t on t.oid = a.atttypid
  where a.attrelid = target_columns.relation and a.attnum > 0 and not a.attisdropped
    and (
      (a.attgenerated = '' and a.attidentity <> 'a')
      or (target_columns.mode = 'update' and a.attname = any (target_columns.key_columns) and a.attgenerated in ('', 's'))
    )
  order by a.attnum;
end
$$;

COMMENT ON FUNCTION importer.target_columns(relation regclass, mode text, key_columns text[]) IS 'Returns the columns of a table that a file may fill in a mode, with their types as Postgres spells them: those that can
be inserted into, and for the mode update the columns of its key that are always generated. not_null and required are
false where a trigger may fill the column; the mode update requires no column but those of its key.';

CREATE FUNCTION importer.target_privileges(target public.import_targets) RETURNS TABLE(privilege text, column_name text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  return query
  with written as (
    select k.name from jsonb_object_keys(target.columns) as k (name)
    union
    select e.name from unnest(array[target.owner_column, target.provenance_column]) as e (name) where e.name is not null
  ),

  changed as (
    select w.name from written as w
    where not w.name = any (target.key_columns)
      and w.name is distinct from target.provenance_column and w.name is distinct from target.owner_column
      and (target.update_columns is null or w.name = any (target.update_columns))
  )

  select 'insert', w.name from written as w where target.mode in ('insert', 'upsert', 'ignore', 'replace')
  union all
  select p.name, c.name
  from changed as c inner join (values ('update', 'upsert'), ('update', 'update'), ('select', 'upsert')) as p (name, mode)
    on p.mode = target.mode
  union all
  select 'select', k.name from unnest(target.key_columns) as k (name) where target.mode in ('upsert', 'ignore', 'update')
  union all
  select 'select', target.owner_column
  where target.mode in ('upsert', 'update', 'replace') and target.owner_column is not null
    and not target.owner_column = any (coalesce(target.key_columns, '{}'))
  union all
  select 'delete', null where target.mode = 'replace';
end
$$;

COMMENT ON FUNCTION importer.target_privileges(target public.import_targets) IS 'Returns the privileges that an import into the target needs, each on a column or, where the column is null, on the
table.';

CREATE FUNCTION importer.target_relation(name_or_table text, must_exist boolean DEFAULT false) RETURNS regclass
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  target public.import_targets;
  relation regclass;
begin
  select t.* into target from importer.find_target(name_or_table) as t;
  relation := importer.registered_table(target);
  if must_exist and relation is null and to_regclass(target."table") is null then
    raise exception 'the table of the target no longer exists' using errcode = 'IJ503',
    hint = 'Restore the table or register the target again with importer.register_target().';
  elsif must_exist and relation is null then
    raise exception 'another table has taken the place of the target''s table, or it has another owner'
    using errcode = 'IJ503',
    hint = 'Find out who has done that, then register the target again with importer.register_target().';
  end if;
  return relation;
end
$$;

COMMENT ON FUNCTION importer.target_relation(name_or_table text, must_exist boolean) IS 'Returns the table of a target; null, or IJ503 if it must exist, when there is no such target, when its table is gone or
when another one has taken its place.';

CREATE FUNCTION importer.test_ring_result(ring bigint, request bigint) RETURNS TABLE(taken boolean, status integer, error text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  taken := exists (select from importer.processors as p where p.newest_ring >= test_ring_result.ring);
  begin
    execute 'select r.status_code, r.error_msg from net._http_response as r where r.id = $1'
    into status, error using test_ring_result.request;
  exception when undefined_table or undefined_column or insufficient_privilege then
    status := null;
  end;
  if not taken then
    delete from importer.rings as r
    where r.number = test_ring_result.ring and (
      error is not null or status not between 200 and 299 or r.sent_at < clock_timestamp() - interval '8 s'
    );
  end if;
  return next;
end
$_$;

COMMENT ON FUNCTION importer.test_ring_result(ring bigint, request bigint) IS 'Returns whether a processor has taken a ring, and the HTTP status and the error that pg_net has noted.';

CREATE FUNCTION importer.trigger_import_job_processing() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  due uuid[];
begin
  if tg_op = 'INSERT' then
    select array_agg(n.id) into due from new_rows as n where n.status = 'pending' and n.run_after <= now();
  else
    select array_agg(n.id) into due
    from new_rows as n inner join old_rows as o using (id)
    where n.status = 'pending' and (
      o.status in ('failed', 'cancelled') or o.status = 'pending' and o.run_after > n.run_after and n.run_after <= now()
    );
  end if;
  if due is not null then
    perform importer.ring_processor(due);
  end if;
  return null;
exception when others then
  raise warning 'import-jobs could not ring the processor (%): %', sqlstate, sqlerrm
  using hint = 'No action is needed for the job: the sweep will find it.';
  return null;
end
$$;

COMMENT ON FUNCTION importer.trigger_import_job_processing() IS 'Trigger function: rings the processor once for the pending jobs of a statement; it never fails the statement.';

CREATE FUNCTION importer.typed_values(columns jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  result jsonb := '[]'::jsonb;
  item record;
  typed jsonb;
begin
  for item in
    select c.value ->> 'type' as type_name, c.value -> 'texts' as texts
    from jsonb_array_elements(columns) with ordinality as c (value, place)
    order by c.place
  loop
    begin
      if item.type_name like '%[]' then
        execute format(
          'select jsonb_agg(to_jsonb(r.v::text) order by t.place)
          from jsonb_array_elements($1) with ordinality as t (value, place)
          cross join lateral jsonb_to_record(jsonb_build_object(''v'', t.value)) as r (v %s)', item.type_name
        ) into typed using item.texts;
      else
        execute format(
          'select jsonb_agg(to_jsonb(u.v::text) order by u.place)
          from jsonb_to_record(jsonb_build_object(''v'', $1)) as r (v %s[])
          cross join lateral unnest(r.v) with ordinality as u (v, place)', item.type_name
        ) into typed using (
          select '{' || string_agg(
            coalesce('"' || replace(replace(t.value, E'\\', E'\\\\'), '"', E'\\"') || '"', 'NULL'), ',' order by t.place
          ) || '}'
          from jsonb_array_elements_text(item.texts) with ordinality as t (value, place)
        );
      end if;
    exception when others then
      typed := null; -- a text of this column is not valid, and the texts are shown as they are in the file
    end;
    result := result || jsonb_build_array(coalesce(typed, item.texts));
  end loop;
  return result;
end
$_$;

COMMENT ON FUNCTION importer.typed_values(columns jsonb) IS 'Returns texts as the type of their column spells them, such as 2026-01-05 for a date: for an array of objects with type
and texts, an array of arrays. The texts of a column with an invalid text are returned as they are.';

CREATE FUNCTION importer.undo_import_job(id uuid) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'off'
    AS $_$
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
$_$;

COMMENT ON FUNCTION importer.undo_import_job(id uuid) IS 'Removes the rows of a job that has ended, or restores the rows that it replaced, and returns the number of rows; the
counters of the job keep their values. Raises IJ112, with the reason, if the job cannot be undone. For administrators.';

CREATE FUNCTION importer.undo_obstacle(job public.import_jobs) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  rules jsonb := importer.describe_target(job.target);
  kept regclass := to_regclass('importer.' || importer.job_table_name('replaced', job.id));
begin
  return case
    when job.status in ('pending', 'running') then 'it has not ended'
    when job.undone_at is not null then 'it has already been undone'
    when job.inspects then 'it was an inspection and wrote nothing'
    when job.options -> 'dry_run' = 'true' then 'it was a dry run and wrote nothing'
    when rules -> 'replaced' = 'true' then 'another table has taken the place of its table, or it has another owner'
    when importer.target_relation(job.target) is null then 'its target or table no longer exists'
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
end
$$;

COMMENT ON FUNCTION importer.undo_obstacle(job public.import_jobs) IS 'Returns why a job cannot be undone, in words; null if it can.';

CREATE FUNCTION importer.uninstall() RETURNS SETOF text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION importer.uninstall() IS 'Removes import-jobs from the database: schema, tables, functions, roles, grants, policies, schedules and secrets. Tables
of users and files stay. Returns what the caller''s rights did not allow; raises IJ133 while jobs run, and if objects of
others would be dropped.';

CREATE FUNCTION importer.unregister_target(name text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  delete from public.import_targets as t where t.name = unregister_target.name;
  return found;
end
$$;

COMMENT ON FUNCTION importer.unregister_target(name text) IS 'Removes a target and the processor''s grants that no other target of the table needs; returns false if there is no such
target. For administrators.';

CREATE FUNCTION importer.waiting_chunks(job_id uuid, token uuid) RETURNS TABLE(seq integer, byte_start bigint, byte_end bigint, line bigint, record bigint, records bigint[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform importer.check_token(waiting_chunks.job_id, waiting_chunks.token);
  return query
  select w.seq, c.byte_start, c.byte_end, w.line, w.record, w.records
  from importer.waiting_records as w inner join importer.job_chunks as c using (job_id, seq)
  where w.job_id = waiting_chunks.job_id
  order by w.seq;
end
$$;

COMMENT ON FUNCTION importer.waiting_chunks(job_id uuid, token uuid) IS 'Returns the chunks of a job with waiting records, in order. Raises IJ103 without a valid lease.';

CREATE FUNCTION importer.wake_token() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select importer.setting('import_jobs_wake_token')
$$;

COMMENT ON FUNCTION importer.wake_token() IS 'Returns the token that rings the processor; null if none is configured.';

CREATE FUNCTION importer.work_is_left(soon interval) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    exists (select from public.import_jobs as j where j.status = 'running')
    or not importer.is_paused() and (
      exists (
        select from public.import_jobs as j
        where j.status = 'pending' and j.attempts < j.max_attempts
          and j.run_after <= clock_timestamp() + work_is_left.soon
      )
      or exists (select from importer.undo_requests)
    )
$$;

COMMENT ON FUNCTION importer.work_is_left(soon interval) IS 'Returns whether a job runs or, unless the queue is paused, a pending job is due within the given time or somebody asks
for an undo.';

CREATE FUNCTION importer.write_accepted_rows(write text, stage regclass, first bigint, last bigint, max_rejected bigint, role text, path text, row_states text[], other_states text[], step_rows integer DEFAULT 64) RETURNS TABLE(state text, constraint_name text, column_name text, table_name text, nested boolean, records bytea, written bigint)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
#variable_conflict use_variable
declare
  numbers bigint[];
  prepared boolean := true;
  place integer := 1; -- of the next row
  step integer := write_accepted_rows.step_rows;
  suspect boolean := false; -- the row after this step has stopped a larger step
  stop integer;
  count_before bigint;
  consumed bigint;
  rows bigint;
  all_written bigint := 0;
  context text;
  -- Where the context of an error begins to be about this function, and not about what the statement executes.
  here text := 'SQL statement "execute import_write (';
  last_rejected integer := 0;
  runs_without_rows boolean := false; -- which is asked once, because it takes as long as five refused rows
  reason jsonb;
  reasons jsonb[] := '{}';
  rejected bigint[] := '{}';
  reason_of integer[] := '{}';
begin
  execute format(
    'select array_agg(s."#record" order by s."#record") from %s as s where s."#record" between $1 and $2', stage
  ) into numbers using write_accepted_rows.first, write_accepted_rows.last;
  if exists (select from pg_catalog.pg_prepared_statements as p where p.name = 'import_write') then
    deallocate import_write;
  end if;
  perform pg_catalog.set_config('search_path', write_accepted_rows.path, true);
  perform pg_catalog.set_config('role', coalesce(write_accepted_rows.role, 'none'), true);
  begin
    execute 'prepare import_write (bigint, bigint) as with w as (' || write_accepted_rows.write
      || ' returning 1) select pg_catalog.count(*) from w';
  exception when feature_not_supported then
    prepared := false; -- the table has rules
    here := 'SQL statement "' || write_accepted_rows.write || '"';
  end;
  while place <= cardinality(numbers) and cardinality(rejected) < write_accepted_rows.max_rejected loop
    stop := least(place + step - 1, cardinality(numbers));
    count_before := pg_catalog.nextval('pg_temp.import_place');
    begin
      perform pg_catalog.set_config('role', coalesce(write_accepted_rows.role, 'none'), true); -- a trigger may leave it
      if prepared then
        execute 'execute import_write (' || numbers[place]::text || ', ' || numbers[stop]::text || ')' into rows;
      else
        execute write_accepted_rows.write using numbers[place], numbers[stop];
        get diagnostics rows = row_count;
      end if;
      all_written := all_written + rows;
      place := stop + 1;
      step := case when suspect then 1 else least(step * 2, 16 * write_accepted_rows.step_rows) end;
      suspect := false;
    exception when assert_failure or others then
      if sqlstate like any (write_accepted_rows.other_states) then
        raise;
      end if;
      if not runs_without_rows and not sqlstate like any (write_accepted_rows.row_states) then
        begin
          execute write_accepted_rows.write using 0, 0;
          runs_without_rows := true;
        exception when assert_failure or others then
          null;
        end;
        if not runs_without_rows then
          raise; -- no row is the cause
        end if;
      end if;
      consumed := pg_catalog.nextval('pg_temp.import_place') - count_before - 1;
      if stop = place then
        get stacked diagnostics
          context = pg_exception_context, constraint_name = constraint_name, column_name = column_name,
          table_name = table_name;
        context := pg_catalog.left(context, pg_catalog.strpos(context, here) - 1);
        reason := pg_catalog.jsonb_build_array(
          sqlstate, constraint_name, column_name, table_name, context ~ '(?n)^(PL/|SQL (statement|function) )'
        );
        if not reason = any (reasons) then
          reasons := reasons || reason;
        end if;
        rejected := rejected || numbers[place];
        reason_of := reason_of || pg_catalog.array_position(reasons, reason);
        -- As many rows as there were good ones before this one.
        step := greatest(place - last_rejected - 1, 1);
        last_rejected := place;
        place := place + 1;
      else
        suspect := consumed between 2 and stop - place;
        step := case
          when consumed = 1 then 1
          when suspect then consumed - 1
          else (stop - place + 1) / 2
        end;
      end if;
    end;
  end loop;
  perform pg_catalog.set_config('role', 'none', true);
  if prepared then
    deallocate import_write;
  end if;
  return query
  select
    reasons[r.reason] ->> 0, reasons[r.reason] ->> 1, reasons[r.reason] ->> 2, reasons[r.reason] ->> 3,
    (reasons[r.reason] ->> 4)::boolean, pg_catalog.string_agg(pg_catalog.int8send(r.record), '' order by r.record),
    null::bigint
  from unnest(rejected, reason_of) as r (record, reason)
  group by r.reason
  union all
  select null, null, null, null, null, null, all_written;
end
$_$;

COMMENT ON FUNCTION importer.write_accepted_rows(write text, stage regclass, first bigint, last bigint, max_rejected bigint, role text, path text, row_states text[], other_states text[], step_rows integer) IS 'Executes the statement `write` for the staged records from `first` to `last`, as `role`, and leaves out those that the
table refuses, at most `max_rejected`. Returns them by what Postgres says about them, as 8-byte numbers, and in a last
line without a state how many rows were written. Raises an error whose SQLSTATE is
like one of `other_states`, and one that `write` raises without rows unless it is like one of `row_states`.';

CREATE FUNCTION importer.yield_upload() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  delete from public.import_jobs as j
  where j.id in (
    select w.id
    from importer.uploads as u inner join public.import_jobs as w on w.id = u.job_id
    where u.bucket_id = new.bucket_id and u.object_path = new.object_path and w.id <> new.id
      and w.status = 'pending' and w.attempts = 0 and w.created_by is not distinct from new.created_by
    for update of w skip locked
  );
  return null;
end
$$;

COMMENT ON FUNCTION importer.yield_upload() IS 'Trigger function: removes the job that an upload has made, and that nobody has claimed, when its owner inserts one for
the same file.';

CREATE FUNCTION public.cancel_import_job(id uuid) RETURNS public.import_jobs
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  job public.import_jobs;
begin
  update public.import_jobs as j set status = 'cancelled'
  where j.id = cancel_import_job.id returning j.* into job;
  if job.id is null then
    raise exception 'the job does not exist' using errcode = 'IJ108',
    hint = 'Check the id, and that the job belongs to you.';
  end if;
  return job;
end
$$;

COMMENT ON FUNCTION public.cancel_import_job(id uuid) IS 'Cancels a pending or running job; committed rows stay in the target and in the counters. Raises IJ101 for a job that
has ended.';

CREATE FUNCTION public.check_planned_import(target text, bytes bigint, content_type text DEFAULT 'text/csv'::text, options jsonb DEFAULT '{}'::jsonb) RETURNS TABLE(target_name text, estimated_seconds integer)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT p.target_name,
     p.estimated_seconds
    FROM importer.check_planned_import(check_planned_import.target, check_planned_import.bytes, check_planned_import.content_type, check_planned_import.options) p(target_name, estimated_seconds);
END;

COMMENT ON FUNCTION public.check_planned_import(target text, bytes bigint, content_type text, options jsonb) IS 'Says before an upload whether the caller may import such a file; inserts nothing. Returns the target''s name and how many
seconds the import is likely to take. Raises IJ102 for invalid options, IJ106 for an unknown target, IJ114 beyond the
limits of one owner, IJ205 and IJ207 for a size or type that the bucket does not accept, IJ601 for a target that the caller
may not import into.';

CREATE FUNCTION public.create_import_job(object_path text, target text, options jsonb DEFAULT '{}'::jsonb, bucket_id text DEFAULT 'imports'::text, priority smallint DEFAULT 0, run_after timestamp with time zone DEFAULT now(), idempotency_key text DEFAULT NULL::text, id uuid DEFAULT gen_random_uuid(), file_name text DEFAULT NULL::text, parent_job_id uuid DEFAULT NULL::uuid) RETURNS public.import_jobs
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  job public.import_jobs;
  key text := create_import_job.idempotency_key;
begin
  insert into public.import_jobs as j (
    id, bucket_id, object_path, target, options, priority, run_after, idempotency_key, file_name, parent_job_id
  )
  values (
    create_import_job.id, create_import_job.bucket_id, create_import_job.object_path, create_import_job.target,
    create_import_job.options, create_import_job.priority, create_import_job.run_after,
    create_import_job.idempotency_key, create_import_job.file_name, create_import_job.parent_job_id
  )
  returning j.* into job;
  return job;
exception when unique_violation then
  -- The trigger makes the key of a job with a parent, and no error tells a user under row security which one it was.
  if key is null and create_import_job.parent_job_id is not null and to_regclass('storage.objects') is not null then
    execute 'select $1 || '' '' || btrim(o.metadata ->> ''eTag'', ''"'')
      from storage.objects as o where o.bucket_id = $2 and o.name = $3'
    into key using create_import_job.parent_job_id, create_import_job.bucket_id, create_import_job.object_path;
  end if;
  select j.* into job from public.import_jobs as j
  where j.idempotency_key = key and j.created_by is not distinct from (select auth.uid());
  if job.id is null then
    raise;
  end if;
  return job;
end
$_$;

COMMENT ON FUNCTION public.create_import_job(object_path text, target text, options jsonb, bucket_id text, priority smallint, run_after timestamp with time zone, idempotency_key text, id uuid, file_name text, parent_job_id uuid) IS 'Inserts a job and returns it; if the owner has used the idempotency_key before, returns the first job instead. The key
of a job with a parent is by default the parent and the digest of the file.';

CREATE FUNCTION public.execute_import_job(id uuid) RETURNS public.import_jobs
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  job public.import_jobs;
begin
  perform set_config('import_jobs.execute', execute_import_job.id::text, true);
  update public.import_jobs as j set status = 'pending'
  where j.id = execute_import_job.id and j.status = 'pending' returning j.* into job;
  perform set_config('import_jobs.execute', '', true);
  if job.id is not null then
    return job;
  end if;
  select j.* into job from public.import_jobs as j where j.id = execute_import_job.id;
  if job.id is null then
    raise exception 'the job does not exist' using errcode = 'IJ108',
    hint = 'Check the id, and that the job belongs to you.';
  end if;
  raise exception 'a % job cannot be executed', job.status using errcode = 'IJ101',
  hint = 'Only a pending job waits for its time; retry a failed or cancelled one.';
end
$$;

COMMENT ON FUNCTION public.execute_import_job(id uuid) IS 'Lets a pending job run now: ends the delay of run_after and of a back-off, and rings. Limits and turns apply. Raises
IJ101 for a job in any other state.';

CREATE FUNCTION public.import_doctor() RETURNS TABLE(name text, severity text, message text, hint text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT d.name,
     d.severity,
     d.message,
     d.hint
    FROM importer.doctor() d(name, severity, message, hint);
END;

COMMENT ON FUNCTION public.import_doctor() IS 'Examines the installation, for supervisors: returns each check; message and hint are null where nothing is wrong.';

CREATE FUNCTION public.import_job_statistics(since timestamp with time zone DEFAULT (now() - '30 days'::interval), until timestamp with time zone DEFAULT now(), only_target text DEFAULT NULL::text) RETURNS TABLE(day date, target text, jobs bigint, pending bigint, running bigint, completed bigint, failed bigint, cancelled bigint, success_rate numeric, median_seconds numeric, rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    c.day, c.target, count(*), count(*) filter (where c.status = 'pending'),
    count(*) filter (where c.status = 'running'), count(*) filter (where c.status = 'completed'),
    count(*) filter (where c.status = 'failed'), count(*) filter (where c.status = 'cancelled'),
    round(
      count(*) filter (where c.status = 'completed')::numeric
      / nullif(count(*) filter (where c.status in ('completed', 'failed')), 0), 4
    ),
    round((
      percentile_cont(0.5) within group (order by extract(epoch from c.finished_at - c.started_at))
      filter (where c.status = 'completed')
    )::numeric, 3),
    coalesce(sum(c.rows_read), 0)::bigint, coalesce(sum(c.rows_loaded), 0)::bigint,
    coalesce(sum(c.rows_rejected), 0)::bigint, coalesce(sum(c.rows_skipped), 0)::bigint
  from (
    select (j.created_at at time zone 'UTC')::date as day, j.*
    from public.import_jobs as j
    where j.created_at >= import_job_statistics.since and j.created_at <= import_job_statistics.until
      and (import_job_statistics.only_target is null or j.target = import_job_statistics.only_target)
      and not j.options @> '{"inspect": true}' and not j.options @> '{"dry_run": true}'
  ) as c
  group by cube (c.day, c.target)
  order by c.day nulls first, c.target nulls first
$$;

COMMENT ON FUNCTION public.import_job_statistics(since timestamp with time zone, until timestamp with time zone, only_target text) IS 'Returns figures about the jobs that were inserted in a span of time, by default the last 30 days, without inspections and
dry runs: a row for each day (UTC) and target, one for each day with target null, one for each target with day null, and
the first one, with both null, for all. success_rate is the share of completed jobs in those that completed or failed,
from 0 to 1; null if none did.';

CREATE FUNCTION public.import_queue(job_id uuid DEFAULT NULL::uuid) RETURNS TABLE(waiting bigint, scheduled bigint, running bigint, oldest_waiting_since timestamp with time zone, place bigint)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT q.waiting,
     q.scheduled,
     q.running,
     q.oldest_waiting_since,
     importer.queue_place(import_queue.job_id) AS place
    FROM importer.import_queue() q(waiting, scheduled, running, oldest_waiting_since);
END;

COMMENT ON FUNCTION public.import_queue(job_id uuid) IS 'Returns how many jobs of all owners wait, are scheduled for later and run, since when the oldest one waits, and the place
of one due job of the caller, from 1. The place is null for other jobs, and while more than 10,000 are due.';

CREATE FUNCTION public.import_queue_health() RETURNS TABLE(processor_alive boolean, processors bigint, processor_seen_at timestamp with time zone, processor_sleeps boolean, last_ring_at timestamp with time zone, last_ring_taken_at timestamp with time zone, queue_paused boolean, paused_reason text, paused_since timestamp with time zone)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT h.processor_alive,
     h.processors,
     h.processor_seen_at,
     h.processor_sleeps,
     h.last_ring_at,
     h.last_ring_taken_at,
     h.queue_paused,
     h.paused_reason,
     h.paused_since
    FROM importer.import_queue_health() h(processor_alive, processors, processor_seen_at, processor_sleeps, last_ring_at, last_ring_taken_at, queue_paused, paused_reason, paused_since);
END;

COMMENT ON FUNCTION public.import_queue_health() IS 'Returns whether a processor is alive, how many were seen in the last 15 s, when the last one was seen, whether it may sleep
until it is rung, when the last ring was sent, when one last arrived, and whether an administrator has paused the queue,
why and since when.';

CREATE FUNCTION public.list_import_jobs(status public.import_job_status DEFAULT NULL::public.import_job_status, target text DEFAULT NULL::text, name text DEFAULT NULL::text, page_size integer DEFAULT 50, after uuid DEFAULT NULL::uuid) RETURNS SETOF public.import_jobs
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  last_time timestamptz;
begin
  if list_import_jobs.after is not null then
    select j.created_at into last_time from public.import_jobs as j where j.id = list_import_jobs.after;
    if not found then
      raise exception 'the job in after does not exist' using errcode = 'IJ108',
      hint = 'Give the id of the last job of a page, or begin again without after.';
    end if;
  end if;
  return query
  select j.*
  from public.import_jobs as j
  where (list_import_jobs.status is null or j.status = list_import_jobs.status)
    and (list_import_jobs.target is null or j.target = list_import_jobs.target)
    and (
      list_import_jobs.name is null
      or strpos(lower(coalesce(j.file_name, j.object_path)), lower(list_import_jobs.name)) > 0
    )
    and not j.options @> '{"inspect": true}'
    and (list_import_jobs.after is null or (j.created_at, j.id) < (last_time, list_import_jobs.after))
  order by j.created_at desc, j.id desc
  limit least(greatest(list_import_jobs.page_size, 1), 1000);
end
$$;

COMMENT ON FUNCTION public.list_import_jobs(status public.import_job_status, target text, name text, page_size integer, after uuid) IS 'Returns jobs, the newest first, without inspections: of a status, of a target as the jobs name it, with a text in
file_name (or, without one, in object_path), whatever the case. At most 1,000 a page; after is the last id of the page
before. Raises IJ108 if there is no such job.';

CREATE FUNCTION public.list_import_targets() RETURNS TABLE(name text, mode text, key_columns text[], options jsonb, undo_days integer, max_bytes bigint, columns jsonb)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT r.name,
     r.mode,
     r.key_columns,
     r.options,
     r.undo_days,
     r.max_bytes,
     r.columns
    FROM (importer.list_import_targets() t(target)
      CROSS JOIN LATERAL jsonb_to_record(t.target) r(name text, mode text, key_columns text[], options jsonb, undo_days integer, max_bytes bigint, columns jsonb));
END;

COMMENT ON FUNCTION public.list_import_targets() IS 'Returns the targets into which the caller may import, with what a person must know before choosing a file: mode, key,
default options, for how many days an import can be undone (null: not at all), the largest file that the bucket accepts
(null: no limit of its own), and the columns with name, type, enum labels, aliases, and whether they are required.';

CREATE FUNCTION public.retry_import_job(id uuid, options jsonb DEFAULT '{}'::jsonb) RETURNS public.import_jobs
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  job public.import_jobs;
begin
  perform set_config('import_jobs.retry_options', coalesce(retry_import_job.options, '{}')::text, true);
  update public.import_jobs as j set status = 'pending'
  where j.id = retry_import_job.id returning j.* into job;
  perform set_config('import_jobs.retry_options', '', true);
  if job.id is null then
    raise exception 'the job does not exist' using errcode = 'IJ108',
    hint = 'Check the id, and that the job belongs to you.';
  end if;
  return job;
end
$$;

COMMENT ON FUNCTION public.retry_import_job(id uuid, options jsonb) IS 'Sets a failed or cancelled job pending again; it loads only the rows that are not loaded yet. The options are added to
the job''s own; while rows of the job are in the target, only those may change that do not say how the file is read
(IJ102). Raises IJ101 for a job in any other state.';

CREATE FUNCTION public.undo_import_job(id uuid) RETURNS public.import_jobs
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  job public.import_jobs;
begin
  update public.import_jobs as j set undo_requested_at = clock_timestamp()
  where j.id = undo_import_job.id returning j.* into job;
  if job.id is null then
    raise exception 'the job does not exist' using errcode = 'IJ108',
    hint = 'Check the id, and that the job belongs to you.';
  end if;
  return job;
end
$$;

COMMENT ON FUNCTION public.undo_import_job(id uuid) IS 'Asks for the undo of a job that has ended, and returns it. A processor removes the job''s rows, or restores those that
it replaced, under the rights of its owner, and sets undone_at, or undo_error_code. Raises IJ112, with the reason, if
the target or the job does not allow it.';

CREATE UNLOGGED TABLE importer.broadcasts (
    job_id uuid NOT NULL,
    owner uuid NOT NULL,
    sent_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE importer.broadcasts IS 'When the last message about a job was sent, for a minute.';

COMMENT ON COLUMN importer.broadcasts.job_id IS 'The job.';

COMMENT ON COLUMN importer.broadcasts.owner IS 'Owner of the job.';

COMMENT ON COLUMN importer.broadcasts.sent_at IS 'When the message was sent.';

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
    chunk_bytes bigint DEFAULT 0 NOT NULL,
    attempt integer NOT NULL,
    figures jsonb,
    committed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT job_chunks_check CHECK ((byte_end > byte_start)),
    CONSTRAINT job_chunks_check1 CHECK ((rows_read = ((rows_loaded + rows_rejected) + rows_skipped))),
    CONSTRAINT job_chunks_seq_check CHECK ((seq >= 0))
);

COMMENT ON TABLE importer.job_chunks IS 'The ledger: the committed chunks of a job, with the bytes that they cover.';

COMMENT ON COLUMN importer.job_chunks.job_id IS 'The job.';

COMMENT ON COLUMN importer.job_chunks.seq IS 'Number of the chunk in the file, from 0.';

COMMENT ON COLUMN importer.job_chunks.byte_start IS 'Offset of the first byte of the chunk in the text stream.';

COMMENT ON COLUMN importer.job_chunks.byte_end IS 'Offset of the first byte after the chunk.';

COMMENT ON COLUMN importer.job_chunks.next_line IS 'Line on which the next chunk starts.';

COMMENT ON COLUMN importer.job_chunks.next_record IS 'Number of the first record of the next chunk.';

COMMENT ON COLUMN importer.job_chunks.rows_read IS 'Number of records in the chunk.';

COMMENT ON COLUMN importer.job_chunks.rows_loaded IS 'Number of records loaded into the target.';

COMMENT ON COLUMN importer.job_chunks.rows_rejected IS 'Number of rejected records.';

COMMENT ON COLUMN importer.job_chunks.rows_skipped IS 'Number of skipped records.';

COMMENT ON COLUMN importer.job_chunks.chunk_bytes IS 'Size by which the file is cut into chunks; a later attempt uses the same size, so that its chunks match the ledger.';

COMMENT ON COLUMN importer.job_chunks.attempt IS 'The attempt that committed the chunk.';

COMMENT ON COLUMN importer.job_chunks.figures IS 'Figures of the report, and the chunks that they cover, for an attempt that resumes; at most one entry of a job has
them.';

COMMENT ON COLUMN importer.job_chunks.committed_at IS 'When the chunk was committed, by the clock of the database.';

CREATE TABLE importer.job_identities (
    job_id uuid NOT NULL,
    role text NOT NULL,
    claims jsonb NOT NULL,
    CONSTRAINT job_identities_claims_check CHECK ((jsonb_typeof(claims) = 'object'::text))
);

COMMENT ON TABLE importer.job_identities IS 'Role and claims of the owners of jobs, as they were at the insert.';

COMMENT ON COLUMN importer.job_identities.job_id IS 'The job.';

COMMENT ON COLUMN importer.job_identities.role IS 'Role that writes the rows, usually authenticated.';

COMMENT ON COLUMN importer.job_identities.claims IS 'The claims sub, role, aal and is_anonymous, and those that the target lists.';

CREATE TABLE importer.job_leases (
    job_id uuid NOT NULL,
    token uuid DEFAULT gen_random_uuid() NOT NULL,
    worker text NOT NULL,
    attempt integer NOT NULL,
    claimed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    session integer,
    session_lost_at timestamp with time zone
);

COMMENT ON TABLE importer.job_leases IS 'Leases on running jobs: which processor holds the job, and until when.';

COMMENT ON COLUMN importer.job_leases.job_id IS 'The job; a job has at most one lease.';

COMMENT ON COLUMN importer.job_leases.token IS 'Fencing token; each claim makes a new one.';

COMMENT ON COLUMN importer.job_leases.worker IS 'Name of the processor, for people.';

COMMENT ON COLUMN importer.job_leases.attempt IS 'The attempt to which the lease belongs.';

COMMENT ON COLUMN importer.job_leases.claimed_at IS 'When the job was claimed, by the clock of the database.';

COMMENT ON COLUMN importer.job_leases.expires_at IS 'When the lease expires, by the clock of the database.';

COMMENT ON COLUMN importer.job_leases.session IS 'Key of the lock that the processor''s session holds; null if it has no session, so that only the expiry counts.';

COMMENT ON COLUMN importer.job_leases.session_lost_at IS 'When the lock was first seen to be missing; null while it is held.';

CREATE SEQUENCE importer.last_notification
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

COMMENT ON SEQUENCE importer.last_notification IS 'When processors were last notified, in milliseconds since 1970.';

CREATE TABLE importer.lost_attempts (
    job_id uuid NOT NULL,
    token uuid NOT NULL,
    lost_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE importer.lost_attempts IS 'Attempts that were taken over because the session of their processor had ended; kept for a day.';

COMMENT ON COLUMN importer.lost_attempts.job_id IS 'The job.';

COMMENT ON COLUMN importer.lost_attempts.token IS 'Token of the lease that was lost.';

COMMENT ON COLUMN importer.lost_attempts.lost_at IS 'When the job was taken over.';

CREATE TABLE importer.migrations (
    version text NOT NULL,
    name text NOT NULL,
    sha256 text,
    release text,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE importer.migrations IS 'The migrations of import-jobs that this database has.';

COMMENT ON COLUMN importer.migrations.version IS 'Version of the migration: 14 digits, with which its file begins.';

COMMENT ON COLUMN importer.migrations.name IS 'Name of the migration.';

COMMENT ON COLUMN importer.migrations.sha256 IS 'SHA-256 of the text that was applied; null if the version comes from the history of the Supabase CLI.';

COMMENT ON COLUMN importer.migrations.release IS 'Release of import-jobs that applied it; null if the version comes from the history of the Supabase CLI.';

COMMENT ON COLUMN importer.migrations.applied_at IS 'When it was applied, or copied from the history of the CLI.';

CREATE TABLE importer.owner_changes (
    owner uuid NOT NULL,
    since timestamp with time zone NOT NULL,
    changes integer NOT NULL
);

COMMENT ON TABLE importer.owner_changes IS 'How often owners have changed jobs again within a minute.';

COMMENT ON COLUMN importer.owner_changes.owner IS 'The owner.';

COMMENT ON COLUMN importer.owner_changes.since IS 'Start of the minute.';

COMMENT ON COLUMN importer.owner_changes.changes IS 'Number of cancellations and retries of jobs that had just been changed.';

CREATE TABLE importer.processors (
    worker text NOT NULL,
    seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    newest_ring bigint,
    ring_taken_at timestamp with time zone
);

COMMENT ON TABLE importer.processors IS 'The processors that were seen in the last hour; the one that was seen last stays longer.';

COMMENT ON COLUMN importer.processors.worker IS 'Name of the processor, as in importer.job_leases.';

COMMENT ON COLUMN importer.processors.seen_at IS 'When the processor last said that it is alive, which it does every 5 s.';

COMMENT ON COLUMN importer.processors.newest_ring IS 'The highest number of a ring that the processor has taken.';

COMMENT ON COLUMN importer.processors.ring_taken_at IS 'When the processor last took a ring that it had not taken yet.';

CREATE TABLE importer.queue_pause (
    paused boolean DEFAULT true NOT NULL,
    reason text NOT NULL,
    paused_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    paused_by text DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT queue_pause_paused_check CHECK (paused)
);

COMMENT ON TABLE importer.queue_pause IS 'Has one row while no job is taken from the queue.';

COMMENT ON COLUMN importer.queue_pause.paused IS 'Always true, so that there is one row at most.';

COMMENT ON COLUMN importer.queue_pause.reason IS 'Why the queue is paused; clients can read it.';

COMMENT ON COLUMN importer.queue_pause.paused_at IS 'Since when the queue is paused.';

COMMENT ON COLUMN importer.queue_pause.paused_by IS 'The role that has paused it, or that has changed the reason.';

CREATE TABLE importer.settings (
    name text NOT NULL,
    value text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE importer.settings IS 'Limits, import_jobs_processor_url and import_jobs_wake_token; Vault secrets of these names take precedence.';

COMMENT ON COLUMN importer.settings.name IS 'Name of the setting.';

COMMENT ON COLUMN importer.settings.value IS 'Value of the setting, as text.';

COMMENT ON COLUMN importer.settings.updated_at IS 'When the setting was last written.';

CREATE TABLE importer.target_tables (
    target text NOT NULL,
    relation oid NOT NULL,
    kind "char" NOT NULL,
    owner name NOT NULL
);

COMMENT ON TABLE importer.target_tables IS 'The table of each target, as it was when the target was registered.';

COMMENT ON COLUMN importer.target_tables.target IS 'Name of the target.';

COMMENT ON COLUMN importer.target_tables.relation IS 'OID of the table.';

COMMENT ON COLUMN importer.target_tables.kind IS 'Kind of the table, as in pg_class: r or p (partitioned).';

COMMENT ON COLUMN importer.target_tables.owner IS 'Name of the role that owns the table.';

CREATE TABLE importer.undo_requests (
    job_id uuid NOT NULL,
    role text NOT NULL,
    claims jsonb NOT NULL,
    token uuid DEFAULT gen_random_uuid() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    run_after timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    turn bigint DEFAULT 1 NOT NULL,
    CONSTRAINT undo_requests_claims_check CHECK ((jsonb_typeof(claims) = 'object'::text))
);

COMMENT ON TABLE importer.undo_requests IS 'Undos that owners have asked for and that are not done.';

COMMENT ON COLUMN importer.undo_requests.job_id IS 'The job.';

COMMENT ON COLUMN importer.undo_requests.role IS 'Role whose rights count, usually authenticated.';

COMMENT ON COLUMN importer.undo_requests.claims IS 'Claims of the owner when the undo was asked for.';

COMMENT ON COLUMN importer.undo_requests.token IS 'Token of the last claim.';

COMMENT ON COLUMN importer.undo_requests.attempts IS 'How often a processor has taken the request.';

COMMENT ON COLUMN importer.undo_requests.run_after IS 'When a processor may take it next.';

COMMENT ON COLUMN importer.undo_requests.turn IS 'One more than the number of requests that its owner had then, so that owners take turns.';

CREATE TABLE importer.uploads (
    bucket_id text NOT NULL,
    object_path text NOT NULL,
    version text NOT NULL,
    job_id uuid NOT NULL
);

COMMENT ON TABLE importer.uploads IS 'The last version of each file whose upload made a job.';

COMMENT ON COLUMN importer.uploads.bucket_id IS 'Storage bucket.';

COMMENT ON COLUMN importer.uploads.object_path IS 'Path of the file.';

COMMENT ON COLUMN importer.uploads.version IS 'Version of the file, as Storage names it.';

COMMENT ON COLUMN importer.uploads.job_id IS 'The job that the upload made.';

CREATE TABLE importer.waiting_records (
    job_id uuid NOT NULL,
    seq integer NOT NULL,
    line bigint NOT NULL,
    record bigint NOT NULL,
    records bigint[] NOT NULL,
    CONSTRAINT waiting_records_records_check CHECK ((cardinality(records) > 0))
);

COMMENT ON TABLE importer.waiting_records IS 'Rows of committed chunks that wait for the row to which they refer, a line for each chunk that has some.';

COMMENT ON COLUMN importer.waiting_records.job_id IS 'The job.';

COMMENT ON COLUMN importer.waiting_records.seq IS 'Number of the chunk in the file, from 0.';

COMMENT ON COLUMN importer.waiting_records.line IS 'Line on which the chunk starts.';

COMMENT ON COLUMN importer.waiting_records.record IS 'Number of the first record of the chunk.';

COMMENT ON COLUMN importer.waiting_records.records IS 'Numbers of the records that wait, in order.';

CREATE VIEW public.import_job_chains AS
SELECT
    NULL::uuid AS job_id,
    NULL::uuid AS created_by,
    NULL::text AS target,
    NULL::text AS file_name,
    NULL::timestamp with time zone AS created_at,
    NULL::bigint AS rows_read,
    NULL::bigint AS jobs,
    NULL::bigint AS active_jobs,
    NULL::bigint AS rows_loaded,
    NULL::bigint AS rows_skipped,
    NULL::bigint AS rows_rejected,
    NULL::timestamp with time zone AS last_finished_at;

COMMENT ON VIEW public.import_job_chains IS 'One row for each job without a parent, with the totals of the jobs that mend it: rows_read of the first job; rows_loaded
and rows_skipped of all; rows_rejected that no later job has loaded. Row security of import_jobs applies.';

COMMENT ON COLUMN public.import_job_chains.job_id IS 'The first job.';

COMMENT ON COLUMN public.import_job_chains.created_by IS 'Owner of the jobs.';

COMMENT ON COLUMN public.import_job_chains.target IS 'Target of the first job.';

COMMENT ON COLUMN public.import_job_chains.file_name IS 'Name of the first job''s file.';

COMMENT ON COLUMN public.import_job_chains.created_at IS 'When the first job was inserted.';

COMMENT ON COLUMN public.import_job_chains.rows_read IS 'Number of records in the first file.';

COMMENT ON COLUMN public.import_job_chains.jobs IS 'Number of jobs, the first one included.';

COMMENT ON COLUMN public.import_job_chains.active_jobs IS 'Number of pending and running jobs among them.';

COMMENT ON COLUMN public.import_job_chains.rows_loaded IS 'Number of rows that all jobs together have in the target.';

COMMENT ON COLUMN public.import_job_chains.rows_skipped IS 'Number of records that all jobs together have skipped.';

COMMENT ON COLUMN public.import_job_chains.rows_rejected IS 'Number of the first job''s rejected rows less those that later jobs have loaded.';

COMMENT ON COLUMN public.import_job_chains.last_finished_at IS 'When the last of the jobs ended.';

CREATE TABLE public.import_job_errors (
    job_id uuid NOT NULL,
    record_number bigint NOT NULL,
    line_number bigint NOT NULL,
    column_name text,
    code text NOT NULL,
    message text NOT NULL,
    raw text,
    error_params jsonb,
    "position" integer DEFAULT 1 NOT NULL,
    CONSTRAINT import_job_errors_error_params_check CHECK ((jsonb_typeof(error_params) = 'object'::text))
);

COMMENT ON TABLE public.import_job_errors IS 'Rejected rows of a job, with their lines and reasons: a row for each invalid column of a record.';

COMMENT ON COLUMN public.import_job_errors.job_id IS 'The job.';

COMMENT ON COLUMN public.import_job_errors.record_number IS 'Number of the record in the file; the first one below the header is 1.';

COMMENT ON COLUMN public.import_job_errors.line_number IS 'Line of the file on which the record starts, counted from 1.';

COMMENT ON COLUMN public.import_job_errors.column_name IS 'Column of the target whose value is invalid; null: the whole row.';

COMMENT ON COLUMN public.import_job_errors.code IS 'Stable code, see docs/reference/errors.md.';

COMMENT ON COLUMN public.import_job_errors.message IS 'The reason in words; it never contains the value.';

COMMENT ON COLUMN public.import_job_errors.raw IS 'The record as it is in the file, cut at 8,192 bytes of UTF-8; null except at position 1.';

COMMENT ON COLUMN public.import_job_errors.error_params IS 'The names and numbers in the message besides the column, each by its name; null if it has none.';

COMMENT ON COLUMN public.import_job_errors."position" IS 'Number of the invalid column within the record, from 1, in the order of the table.';

CREATE TABLE public.import_job_events (
    id bigint NOT NULL,
    job_id uuid NOT NULL,
    happened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    event text NOT NULL,
    attempt integer NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL
);

COMMENT ON TABLE public.import_job_events IS 'The log of a job, in order.';

COMMENT ON COLUMN public.import_job_events.id IS 'Position in the order of events.';

COMMENT ON COLUMN public.import_job_events.job_id IS 'The job.';

COMMENT ON COLUMN public.import_job_events.happened_at IS 'When the event happened, by the clock of the database.';

COMMENT ON COLUMN public.import_job_events.event IS 'The new status of the job, or: retry_scheduled, released, postponed, resumed, lease_lost, attempt_restored,
undo_requested, undo_failed, undone.';

COMMENT ON COLUMN public.import_job_events.attempt IS 'The attempt during which the event happened.';

COMMENT ON COLUMN public.import_job_events.detail IS 'Further details; never a value of a row.';

ALTER TABLE public.import_job_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.import_job_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.import_mappings (
    owner uuid NOT NULL,
    target text NOT NULL,
    headers_key text NOT NULL,
    headers text[] NOT NULL,
    mapping jsonb NOT NULL,
    dialect jsonb NOT NULL,
    locale text,
    used_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT import_mappings_dialect_check CHECK ((jsonb_typeof(dialect) = 'object'::text)),
    CONSTRAINT import_mappings_mapping_check CHECK ((jsonb_typeof(mapping) = 'object'::text))
);

COMMENT ON TABLE public.import_mappings IS 'How owners have imported files with these headers; report.inspection.remembered proposes it for the next one.';

COMMENT ON COLUMN public.import_mappings.owner IS 'The owner of the job.';

COMMENT ON COLUMN public.import_mappings.target IS 'Name of the target.';

COMMENT ON COLUMN public.import_mappings.headers_key IS 'Digest of the headers, whatever their order, case and white space.';

COMMENT ON COLUMN public.import_mappings.headers IS 'The headers of the file.';

COMMENT ON COLUMN public.import_mappings.mapping IS 'Header → column, for each header that went into a column.';

COMMENT ON COLUMN public.import_mappings.dialect IS 'How the file was read, as options of a job name it.';

COMMENT ON COLUMN public.import_mappings.locale IS 'The option locale of the job; null if it had none.';

COMMENT ON COLUMN public.import_mappings.used_at IS 'When an import last used it.';

ALTER TABLE ONLY importer.broadcasts
    ADD CONSTRAINT broadcasts_pkey PRIMARY KEY (job_id);

ALTER TABLE ONLY importer.job_chunks
    ADD CONSTRAINT job_chunks_pkey PRIMARY KEY (job_id, seq);

ALTER TABLE ONLY importer.job_identities
    ADD CONSTRAINT job_identities_pkey PRIMARY KEY (job_id);

ALTER TABLE ONLY importer.job_leases
    ADD CONSTRAINT job_leases_pkey PRIMARY KEY (job_id);

ALTER TABLE ONLY importer.job_rejections
    ADD CONSTRAINT job_rejections_pkey PRIMARY KEY (job_id, seq, part);

ALTER TABLE ONLY importer.lost_attempts
    ADD CONSTRAINT lost_attempts_pkey PRIMARY KEY (job_id, token);

ALTER TABLE ONLY importer.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY importer.owner_changes
    ADD CONSTRAINT owner_changes_pkey PRIMARY KEY (owner);

ALTER TABLE ONLY importer.processors
    ADD CONSTRAINT processors_pkey PRIMARY KEY (worker);

ALTER TABLE ONLY importer.queue_pause
    ADD CONSTRAINT queue_pause_pkey PRIMARY KEY (paused);

ALTER TABLE ONLY importer.rings
    ADD CONSTRAINT rings_pkey PRIMARY KEY (number);

ALTER TABLE ONLY importer.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);

ALTER TABLE ONLY importer.target_tables
    ADD CONSTRAINT target_tables_pkey PRIMARY KEY (target);

ALTER TABLE ONLY importer.undo_requests
    ADD CONSTRAINT undo_requests_pkey PRIMARY KEY (job_id);

ALTER TABLE ONLY importer.uploads
    ADD CONSTRAINT uploads_pkey PRIMARY KEY (bucket_id, object_path);

ALTER TABLE ONLY importer.waiting_records
    ADD CONSTRAINT waiting_records_pkey PRIMARY KEY (job_id, seq);

ALTER TABLE ONLY public.import_folders
    ADD CONSTRAINT import_folders_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.import_folders
    ADD CONSTRAINT import_folders_prefix UNIQUE (bucket_id, path_prefix);

ALTER TABLE ONLY public.import_job_errors
    ADD CONSTRAINT import_job_errors_pkey PRIMARY KEY (job_id, record_number, "position");

ALTER TABLE ONLY public.import_job_events
    ADD CONSTRAINT import_job_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.import_jobs
    ADD CONSTRAINT import_jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.import_mappings
    ADD CONSTRAINT import_mappings_pkey PRIMARY KEY (owner, target, headers_key);

ALTER TABLE ONLY public.import_targets
    ADD CONSTRAINT import_targets_pkey PRIMARY KEY (name);

CREATE INDEX broadcasts_owner ON importer.broadcasts USING btree (owner, sent_at);

CREATE INDEX uploads_job ON importer.uploads USING btree (job_id);

CREATE INDEX import_folders_owner ON public.import_folders USING btree (owner);

CREATE INDEX import_job_events_job ON public.import_job_events USING btree (job_id, id);

CREATE INDEX import_jobs_active ON public.import_jobs USING btree (created_by) WHERE (status = ANY (ARRAY['pending'::public.import_job_status, 'running'::public.import_job_status]));

CREATE INDEX import_jobs_chain ON public.import_jobs USING btree (first_job_id);

CREATE INDEX import_jobs_duplicate_of ON public.import_jobs USING btree (duplicate_of);

CREATE INDEX import_jobs_file ON public.import_jobs USING btree (file_sha256) WHERE (file_sha256 IS NOT NULL);

CREATE UNIQUE INDEX import_jobs_idempotency ON public.import_jobs USING btree (created_by, idempotency_key);

CREATE UNIQUE INDEX import_jobs_idempotency_unowned ON public.import_jobs USING btree (idempotency_key) WHERE (created_by IS NULL);

CREATE INDEX import_jobs_inspections ON public.import_jobs USING btree (created_at) WHERE ((status = 'pending'::public.import_job_status) AND (attempts < max_attempts) AND inspects);

CREATE INDEX import_jobs_last_start ON public.import_jobs USING btree (created_by, started_at) WHERE (NOT inspects);

CREATE INDEX import_jobs_owner ON public.import_jobs USING btree (created_by, created_at DESC);

CREATE INDEX import_jobs_parent ON public.import_jobs USING btree (parent_job_id);

CREATE INDEX import_jobs_pending ON public.import_jobs USING btree (priority DESC, created_at) WHERE (status = 'pending'::public.import_job_status);

CREATE INDEX import_jobs_queue_by_owner ON public.import_jobs USING btree (COALESCE(created_by, '00000000-0000-0000-0000-000000000000'::uuid), priority DESC, created_at, id, run_after) WHERE ((status = 'pending'::public.import_job_status) AND (attempts < max_attempts) AND (NOT inspects));

COMMENT ON INDEX public.import_jobs_queue_by_owner IS 'Pending jobs by owner, in the order in which they run.';

CREATE INDEX import_jobs_queue_by_target ON public.import_jobs USING btree (target, COALESCE(created_by, '00000000-0000-0000-0000-000000000000'::uuid), priority DESC, created_at, id, run_after) WHERE ((status = 'pending'::public.import_job_status) AND (attempts < max_attempts) AND (NOT inspects));

COMMENT ON INDEX public.import_jobs_queue_by_target IS 'Pending jobs by target and owner, in the order in which they run.';

CREATE INDEX import_jobs_running ON public.import_jobs USING btree (target) WHERE (status = 'running'::public.import_job_status);

CREATE INDEX import_jobs_samples ON public.import_jobs USING btree (finished_at) WHERE (inspects AND (status = 'completed'::public.import_job_status) AND ((report #> '{inspection,rows}'::text[]) IS NOT NULL));

CREATE INDEX import_jobs_sources_to_delete ON public.import_jobs USING btree (finished_at) WHERE ((status = 'completed'::public.import_job_status) AND (source_deleted_at IS NULL) AND ((options -> 'delete_source'::text) = 'true'::jsonb));

CREATE INDEX import_jobs_visible ON public.import_jobs USING btree (COALESCE(created_by, '00000000-0000-0000-0000-000000000000'::uuid), created_at DESC);

COMMENT ON INDEX public.import_jobs_visible IS 'Jobs by owner, as row security looks for them.';

CREATE INDEX import_jobs_waiting_for_file ON public.import_jobs USING btree (object_path) WHERE (status = 'pending'::public.import_job_status);

COMMENT ON INDEX public.import_jobs_waiting_for_file IS 'Pending jobs by the path of their file.';

CREATE INDEX import_mappings_target ON public.import_mappings USING btree (target);

CREATE INDEX import_mappings_used ON public.import_mappings USING btree (owner, target, used_at);

CREATE OR REPLACE VIEW public.import_job_chains WITH (security_invoker='true') AS
 SELECT f.id AS job_id,
    f.created_by,
    f.target,
    f.file_name,
    f.created_at,
    f.rows_read,
    count(*) AS jobs,
    count(*) FILTER (WHERE (j.status = ANY (ARRAY['pending'::public.import_job_status, 'running'::public.import_job_status]))) AS active_jobs,
    (COALESCE(sum(j.rows_loaded) FILTER (WHERE ((j.undone_at IS NULL) AND (NOT (j.options @> '{"dry_run": true}'::jsonb)))), (0)::numeric))::bigint AS rows_loaded,
    (COALESCE(sum(j.rows_skipped) FILTER (WHERE ((j.undone_at IS NULL) AND (NOT (j.options @> '{"dry_run": true}'::jsonb)))), (0)::numeric))::bigint AS rows_skipped,
    (GREATEST(((f.rows_rejected)::numeric - COALESCE(sum(j.rows_loaded) FILTER (WHERE ((j.id <> f.id) AND (j.undone_at IS NULL) AND (NOT (j.options @> '{"dry_run": true}'::jsonb)))), (0)::numeric)), (0)::numeric))::bigint AS rows_rejected,
    max(j.finished_at) AS last_finished_at
   FROM (public.import_jobs f
     JOIN public.import_jobs j ON (((f.id = j.id) OR (f.id = j.first_job_id))))
  WHERE (f.first_job_id IS NULL)
  GROUP BY f.id;

CREATE TRIGGER check_setting BEFORE INSERT OR UPDATE ON importer.settings FOR EACH ROW WHEN ((new.name = 'supervisor_when'::text)) EXECUTE FUNCTION importer.check_setting();

CREATE TRIGGER note_ring BEFORE INSERT OR UPDATE ON importer.processors FOR EACH ROW EXECUTE FUNCTION importer.note_ring();

CREATE TRIGGER advance_sequences_of_interrupted_job AFTER UPDATE ON public.import_jobs FOR EACH ROW WHEN (((old.status = ANY (ARRAY['pending'::public.import_job_status, 'running'::public.import_job_status])) AND (new.status = ANY (ARRAY['pending'::public.import_job_status, 'failed'::public.import_job_status, 'cancelled'::public.import_job_status])) AND (old.status IS DISTINCT FROM new.status) AND (new.rows_loaded > 0))) EXECUTE FUNCTION importer.advance_sequences_of_interrupted_job();

CREATE TRIGGER broadcast_progress AFTER UPDATE ON public.import_jobs FOR EACH ROW WHEN (((new.created_by IS NOT NULL) AND (((((((old.status IS DISTINCT FROM new.status) OR (old.phase IS DISTINCT FROM new.phase)) OR (old.bytes_read IS DISTINCT FROM new.bytes_read)) OR (old.rows_read IS DISTINCT FROM new.rows_read)) OR (old.rows_loaded IS DISTINCT FROM new.rows_loaded)) OR (old.rows_rejected IS DISTINCT FROM new.rows_rejected)) OR (old.undone_at IS DISTINCT FROM new.undone_at)))) EXECUTE FUNCTION importer.broadcast_progress();

CREATE TRIGGER check_import_folder BEFORE INSERT OR UPDATE OF bucket_id, path_prefix, target, options ON public.import_folders FOR EACH ROW EXECUTE FUNCTION importer.check_import_folder();

CREATE TRIGGER check_import_job BEFORE INSERT ON public.import_jobs FOR EACH ROW EXECUTE FUNCTION importer.check_import_job();

CREATE TRIGGER check_import_job_digest BEFORE INSERT ON public.import_jobs FOR EACH ROW WHEN ((new.expected_sha256 IS NOT NULL)) EXECUTE FUNCTION importer.check_import_job_digest();

CREATE TRIGGER check_import_job_inspection BEFORE INSERT ON public.import_jobs FOR EACH ROW EXECUTE FUNCTION importer.check_import_job_inspection();

CREATE TRIGGER check_import_job_origin BEFORE INSERT ON public.import_jobs FOR EACH ROW EXECUTE FUNCTION importer.check_import_job_origin();

CREATE TRIGGER check_import_job_retry BEFORE UPDATE ON public.import_jobs FOR EACH ROW WHEN (((old.status = ANY (ARRAY['failed'::public.import_job_status, 'cancelled'::public.import_job_status])) AND (new.status = 'pending'::public.import_job_status))) EXECUTE FUNCTION importer.check_import_job_retry();

CREATE TRIGGER check_import_job_retry_inspection BEFORE UPDATE ON public.import_jobs FOR EACH ROW WHEN (((old.status = ANY (ARRAY['failed'::public.import_job_status, 'cancelled'::public.import_job_status])) AND (new.status = 'pending'::public.import_job_status))) EXECUTE FUNCTION importer.check_import_job_inspection();

CREATE TRIGGER check_import_job_retry_options BEFORE UPDATE ON public.import_jobs FOR EACH ROW WHEN (((old.status = ANY (ARRAY['failed'::public.import_job_status, 'cancelled'::public.import_job_status])) AND (new.status = 'pending'::public.import_job_status) AND (old.options IS DISTINCT FROM new.options))) EXECUTE FUNCTION importer.check_import_job_retry_options();

CREATE TRIGGER check_import_job_retry_undo BEFORE UPDATE ON public.import_jobs FOR EACH ROW WHEN (((old.status = ANY (ARRAY['failed'::public.import_job_status, 'cancelled'::public.import_job_status])) AND (new.status = 'pending'::public.import_job_status))) EXECUTE FUNCTION importer.check_import_job_retry_undo();

CREATE TRIGGER check_import_target BEFORE INSERT OR UPDATE ON public.import_targets FOR EACH ROW EXECUTE FUNCTION importer.check_import_target();

CREATE TRIGGER execute_pending_import_job BEFORE UPDATE ON public.import_jobs FOR EACH ROW WHEN (((old.status = 'pending'::public.import_job_status) AND (new.status = 'pending'::public.import_job_status))) EXECUTE FUNCTION importer.execute_pending_import_job();

CREATE TRIGGER follow_import_job_insert AFTER INSERT ON public.import_jobs FOR EACH ROW EXECUTE FUNCTION importer.follow_import_job();

CREATE TRIGGER follow_import_job_update AFTER UPDATE ON public.import_jobs FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION importer.follow_import_job();

CREATE TRIGGER follow_import_target AFTER INSERT OR DELETE OR UPDATE ON public.import_targets FOR EACH ROW EXECUTE FUNCTION importer.follow_import_target();

CREATE TRIGGER guard_import_job BEFORE UPDATE ON public.import_jobs FOR EACH ROW EXECUTE FUNCTION importer.guard_import_job();

CREATE TRIGGER guard_import_job_params BEFORE UPDATE ON public.import_jobs FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION importer.guard_import_job_params();

CREATE TRIGGER limit_import_inspections AFTER INSERT ON public.import_jobs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION importer.limit_import_inspections();

CREATE TRIGGER limit_import_inspections_retry AFTER UPDATE ON public.import_jobs REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION importer.limit_import_inspections();

CREATE TRIGGER limit_import_job_changes AFTER UPDATE ON public.import_jobs FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) AND ((new.status = 'cancelled'::public.import_job_status) OR ((new.status = 'pending'::public.import_job_status) AND (old.status = ANY (ARRAY['failed'::public.import_job_status, 'cancelled'::public.import_job_status])))))) EXECUTE FUNCTION importer.limit_import_job_changes();

CREATE TRIGGER limit_import_jobs AFTER INSERT ON public.import_jobs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION importer.limit_import_jobs();

CREATE TRIGGER limit_import_jobs_retry AFTER UPDATE ON public.import_jobs REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION importer.limit_import_jobs();

CREATE TRIGGER remember_mapping AFTER UPDATE ON public.import_jobs FOR EACH ROW WHEN (((new.status = 'completed'::public.import_job_status) AND (old.status = 'running'::public.import_job_status) AND (new.created_by IS NOT NULL) AND (NOT new.inspects) AND ((new.options -> 'dry_run'::text) IS DISTINCT FROM 'true'::jsonb) AND (new.report ? 'headers'::text))) EXECUTE FUNCTION importer.remember_mapping();

CREATE TRIGGER request_undo BEFORE UPDATE ON public.import_jobs FOR EACH ROW WHEN (((new.undo_requested_at IS DISTINCT FROM old.undo_requested_at) AND (NOT ((new.undo_requested_at IS NULL) AND (old.status <> 'pending'::public.import_job_status) AND (new.status = 'pending'::public.import_job_status))))) EXECUTE FUNCTION importer.request_undo();

CREATE TRIGGER trigger_process_import_jobs AFTER INSERT ON public.import_jobs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION importer.trigger_import_job_processing();

CREATE TRIGGER trigger_process_import_jobs_retry AFTER UPDATE ON public.import_jobs REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION importer.trigger_import_job_processing();

CREATE TRIGGER yield_upload AFTER INSERT ON public.import_jobs FOR EACH ROW WHEN (((NOT (new.options @> '{"inspect": true}'::jsonb)) AND (NOT (new.options @> '{"dry_run": true}'::jsonb)))) EXECUTE FUNCTION importer.yield_upload();

ALTER TABLE ONLY importer.broadcasts
    ADD CONSTRAINT broadcasts_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY importer.job_chunks
    ADD CONSTRAINT job_chunks_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY importer.job_identities
    ADD CONSTRAINT job_identities_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY importer.job_leases
    ADD CONSTRAINT job_leases_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY importer.job_rejections
    ADD CONSTRAINT job_rejections_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY importer.lost_attempts
    ADD CONSTRAINT lost_attempts_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY importer.target_tables
    ADD CONSTRAINT target_tables_target_fkey FOREIGN KEY (target) REFERENCES public.import_targets(name) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE ONLY importer.undo_requests
    ADD CONSTRAINT undo_requests_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY importer.uploads
    ADD CONSTRAINT uploads_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY importer.waiting_records
    ADD CONSTRAINT waiting_records_job_id_seq_fkey FOREIGN KEY (job_id, seq) REFERENCES importer.job_chunks(job_id, seq) ON DELETE CASCADE;

ALTER TABLE ONLY public.import_job_errors
    ADD CONSTRAINT import_job_errors_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.import_job_events
    ADD CONSTRAINT import_job_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.import_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.import_jobs
    ADD CONSTRAINT import_jobs_duplicate_of_fkey FOREIGN KEY (duplicate_of) REFERENCES public.import_jobs(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.import_jobs
    ADD CONSTRAINT import_jobs_first_job_id_fkey FOREIGN KEY (first_job_id) REFERENCES public.import_jobs(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.import_jobs
    ADD CONSTRAINT import_jobs_parent_job_id_fkey FOREIGN KEY (parent_job_id) REFERENCES public.import_jobs(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.import_mappings
    ADD CONSTRAINT import_mappings_target_fkey FOREIGN KEY (target) REFERENCES public.import_targets(name) ON UPDATE CASCADE ON DELETE CASCADE;

CREATE POLICY "events of the jobs that a user sees" ON public.import_job_events FOR SELECT TO authenticated USING ((EXISTS ( SELECT
   FROM public.import_jobs
  WHERE (import_jobs.id = import_job_events.job_id))));

ALTER TABLE public.import_folders ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_job_errors ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_job_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_jobs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_mappings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_targets ENABLE ROW LEVEL SECURITY;

CREATE POLICY "owners change their folders" ON public.import_folders FOR UPDATE TO authenticated USING ((owner = ( SELECT auth.uid() AS uid))) WITH CHECK (((owner = ( SELECT auth.uid() AS uid)) AND (bucket_id = 'imports'::text) AND starts_with(path_prefix, ((( SELECT auth.uid() AS uid))::text || '/'::text))));

CREATE POLICY "owners delete their mappings" ON public.import_mappings FOR DELETE TO authenticated USING ((owner = ( SELECT auth.uid() AS uid)));

CREATE POLICY "owners insert their jobs" ON public.import_jobs FOR INSERT TO authenticated WITH CHECK ((created_by = ( SELECT auth.uid() AS uid)));

CREATE POLICY "owners remove their folders" ON public.import_folders FOR DELETE TO authenticated USING ((owner = ( SELECT auth.uid() AS uid)));

CREATE POLICY "owners retry and cancel their jobs, supervisors all" ON public.import_jobs FOR UPDATE TO authenticated USING (((COALESCE(created_by, '00000000-0000-0000-0000-000000000000'::uuid) >= ( SELECT importer.first_visible_owner() AS first_visible_owner)) AND (COALESCE(created_by, '00000000-0000-0000-0000-000000000000'::uuid) <= ( SELECT importer.last_visible_owner() AS last_visible_owner)))) WITH CHECK (((COALESCE(created_by, '00000000-0000-0000-0000-000000000000'::uuid) >= ( SELECT importer.first_visible_owner() AS first_visible_owner)) AND (COALESCE(created_by, '00000000-0000-0000-0000-000000000000'::uuid) <= ( SELECT importer.last_visible_owner() AS last_visible_owner))));

CREATE POLICY "owners see their folders" ON public.import_folders FOR SELECT TO authenticated USING ((owner = ( SELECT auth.uid() AS uid)));

CREATE POLICY "owners see their jobs, supervisors see all" ON public.import_jobs FOR SELECT TO authenticated USING (((COALESCE(created_by, '00000000-0000-0000-0000-000000000000'::uuid) >= ( SELECT importer.first_visible_owner() AS first_visible_owner)) AND (COALESCE(created_by, '00000000-0000-0000-0000-000000000000'::uuid) <= ( SELECT importer.last_visible_owner() AS last_visible_owner))));

CREATE POLICY "owners see their mappings" ON public.import_mappings FOR SELECT TO authenticated USING ((owner = ( SELECT auth.uid() AS uid)));

CREATE POLICY "rejected rows of the jobs that a user sees" ON public.import_job_errors FOR SELECT TO authenticated USING ((EXISTS ( SELECT
   FROM public.import_jobs
  WHERE (import_jobs.id = import_job_errors.job_id))));

CREATE POLICY "signed-in users see what they can import into" ON public.import_targets FOR SELECT TO authenticated USING ((allowed_roles @> ARRAY[(( SELECT auth.jwt() AS jwt) ->> 'role'::text)]));

CREATE POLICY "users make folders below their id" ON public.import_folders FOR INSERT TO authenticated WITH CHECK (((owner = ( SELECT auth.uid() AS uid)) AND (bucket_id = 'imports'::text) AND starts_with(path_prefix, ((( SELECT auth.uid() AS uid))::text || '/'::text))));

GRANT USAGE ON SCHEMA importer TO import_processor;
GRANT USAGE ON SCHEMA importer TO import_uploader;

GRANT USAGE ON SCHEMA public TO postgres;
GRANT USAGE ON SCHEMA public TO anon;
GRANT USAGE ON SCHEMA public TO authenticated;
GRANT USAGE ON SCHEMA public TO service_role;

REVOKE ALL ON FUNCTION importer.advance_sequences(relation regclass) FROM PUBLIC;

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

GRANT INSERT(file_name) ON TABLE public.import_jobs TO authenticated;
GRANT INSERT(file_name) ON TABLE public.import_jobs TO service_role;

GRANT INSERT(parent_job_id) ON TABLE public.import_jobs TO authenticated;
GRANT INSERT(parent_job_id) ON TABLE public.import_jobs TO service_role;

GRANT UPDATE(undo_requested_at) ON TABLE public.import_jobs TO authenticated;
GRANT UPDATE(undo_requested_at) ON TABLE public.import_jobs TO service_role;

GRANT INSERT(expected_sha256) ON TABLE public.import_jobs TO authenticated;
GRANT INSERT(expected_sha256) ON TABLE public.import_jobs TO service_role;

REVOKE ALL ON FUNCTION importer.advance_sequences_of(job public.import_jobs) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.advance_sequences_of_interrupted_job() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.backoff(attempt integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.base_columns(relation regclass, numbers smallint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.base_type(type_id oid) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.begin_undo(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.begin_undo(job_id uuid, token uuid) TO import_processor;
GRANT ALL ON FUNCTION importer.begin_undo(job_id uuid, token uuid) TO import_uploader;

REVOKE ALL ON FUNCTION importer.broadcast_progress() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_admission(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.check_admission(job_id uuid, token uuid) TO import_processor;
GRANT ALL ON FUNCTION importer.check_admission(job_id uuid, token uuid) TO import_uploader;

REVOKE ALL ON FUNCTION importer.check_import_folder() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_import_job() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_import_job_digest() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_import_job_inspection() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_import_job_origin() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_import_job_retry() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_import_job_retry_options() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_import_job_retry_undo() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_import_options(options jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_import_target() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_lease(job_id uuid, token uuid) FROM PUBLIC;

GRANT SELECT ON TABLE public.import_targets TO service_role;

GRANT SELECT(name) ON TABLE public.import_targets TO authenticated;

GRANT SELECT("table") ON TABLE public.import_targets TO authenticated;

GRANT SELECT(columns) ON TABLE public.import_targets TO authenticated;

GRANT SELECT(mode) ON TABLE public.import_targets TO authenticated;

GRANT SELECT(key_columns) ON TABLE public.import_targets TO authenticated;

GRANT SELECT(update_columns) ON TABLE public.import_targets TO authenticated;

GRANT SELECT(on_duplicate_key) ON TABLE public.import_targets TO authenticated;

GRANT SELECT(on_duplicate_file) ON TABLE public.import_targets TO authenticated;

GRANT SELECT(options) ON TABLE public.import_targets TO authenticated;

GRANT SELECT(remember_mappings) ON TABLE public.import_targets TO authenticated;

GRANT SELECT(undo_days) ON TABLE public.import_targets TO authenticated;

REVOKE ALL ON FUNCTION importer.check_owner(job public.import_jobs, target public.import_targets) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_planned_import(target text, bytes bigint, content_type text, options jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.check_planned_import(target text, bytes bigint, content_type text, options jsonb) TO authenticated;
GRANT ALL ON FUNCTION importer.check_planned_import(target text, bytes bigint, content_type text, options jsonb) TO service_role;

REVOKE ALL ON FUNCTION importer.check_quota(owner uuid, bytes bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_setting() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_token(job_id uuid, token uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.check_upload(bytes bigint, content_type text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.claim_file(job_id uuid, token uuid, sha256 text) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.claim_file(job_id uuid, token uuid, sha256 text) TO import_processor;
GRANT ALL ON FUNCTION importer.claim_file(job_id uuid, token uuid, sha256 text) TO import_uploader;

REVOKE ALL ON FUNCTION importer.claim_inspections(worker text, max_jobs integer, lease_seconds integer, session integer) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.claim_inspections(worker text, max_jobs integer, lease_seconds integer, session integer) TO import_processor;

REVOKE ALL ON FUNCTION importer.claim_jobs(worker text, max_jobs integer, lease_seconds integer, session integer) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.claim_jobs(worker text, max_jobs integer, lease_seconds integer, session integer) TO import_processor;

REVOKE ALL ON FUNCTION importer.claim_undos(max_undos integer) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.claim_undos(max_undos integer) TO import_processor;

REVOKE ALL ON FUNCTION importer.column_defaults(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.column_defaults(job_id uuid, token uuid) TO import_processor;
GRANT ALL ON FUNCTION importer.column_defaults(job_id uuid, token uuid) TO import_uploader;

REVOKE ALL ON FUNCTION importer.columns_for_clients(target public.import_targets) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.commit_chunk(job_id uuid, token uuid, seq integer, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, bytes_read bigint, rejected importer.rejected_records, kept integer, preview jsonb, chunk_bytes bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.commit_chunk(job_id uuid, token uuid, seq integer, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, bytes_read bigint, rejected importer.rejected_records, kept integer, preview jsonb, chunk_bytes bigint) TO import_processor;
GRANT ALL ON FUNCTION importer.commit_chunk(job_id uuid, token uuid, seq integer, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, bytes_read bigint, rejected importer.rejected_records, kept integer, preview jsonb, chunk_bytes bigint) TO import_uploader;

REVOKE ALL ON FUNCTION importer.commit_file(job_id uuid, token uuid, file_etag text, file_bytes bigint, dialect jsonb, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_loaded bigint, rows_skipped bigint, chunk_bytes bigint, preview jsonb, file_sha256 text, report jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.commit_file(job_id uuid, token uuid, file_etag text, file_bytes bigint, dialect jsonb, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_loaded bigint, rows_skipped bigint, chunk_bytes bigint, preview jsonb, file_sha256 text, report jsonb) TO import_processor;
GRANT ALL ON FUNCTION importer.commit_file(job_id uuid, token uuid, file_etag text, file_bytes bigint, dialect jsonb, byte_start bigint, byte_end bigint, next_line bigint, next_record bigint, rows_loaded bigint, rows_skipped bigint, chunk_bytes bigint, preview jsonb, file_sha256 text, report jsonb) TO import_uploader;

REVOKE ALL ON FUNCTION importer.condition_holds(condition text, claims jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.configure(processor_url text, wake_token text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.count_rejections_by_code(job_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.count_rows_of_job(job public.import_jobs, rules jsonb, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.create_job_table(table_name text, relation regclass, numbers text[], columns text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.current_identity(owner uuid, listed text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.declared_columns(columns jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.dependent_objects() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.describe_target(target text, uploader text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor() FROM PUBLIC;
GRANT ALL ON FUNCTION importer.doctor() TO import_processor;
GRANT ALL ON FUNCTION importer.doctor() TO authenticated;
GRANT ALL ON FUNCTION importer.doctor() TO service_role;

REVOKE ALL ON FUNCTION importer.doctor_bloat() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_bucket() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_bucket_policies() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_checks() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_connections() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_definers() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_leases() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_listener() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_open_functions() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_pause() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_pg_net() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_pg_net_worker() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_processor() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_processor_rights() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_processor_url() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_read_only() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_realtime() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_rings() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_row_security() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_search_paths() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_sweep() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_target_rights() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_targets() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_time_outs() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_triggers() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_upload_trigger() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.doctor_wake_token() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.drop_job_tables() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.drop_staging_table(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.drop_staging_table(job_id uuid, token uuid) TO import_processor;
GRANT ALL ON FUNCTION importer.drop_staging_table(job_id uuid, token uuid) TO import_uploader;

REVOKE ALL ON FUNCTION importer.end_former_sessions(job_id uuid, token uuid, lease_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.end_former_sessions(job_id uuid, token uuid, lease_seconds integer) TO import_processor;
GRANT ALL ON FUNCTION importer.end_former_sessions(job_id uuid, token uuid, lease_seconds integer) TO import_uploader;

REVOKE ALL ON FUNCTION importer.estimated_seconds(owner uuid, target text, bytes bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.execute_pending_import_job() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.fail_job(job_id uuid, token uuid, code text, message text, hint text, transient boolean, report jsonb, errors_path text, params jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.fail_job(job_id uuid, token uuid, code text, message text, hint text, transient boolean, report jsonb, errors_path text, params jsonb) TO import_processor;

REVOKE ALL ON FUNCTION importer.fail_undo(job_id uuid, token uuid, code text, message text, hint text) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.fail_undo(job_id uuid, token uuid, code text, message text, hint text) TO import_processor;

REVOKE ALL ON FUNCTION importer.failing_generated_columns(relation regclass, refused jsonb, role text) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.failing_generated_columns(relation regclass, refused jsonb, role text) TO import_processor;
GRANT ALL ON FUNCTION importer.failing_generated_columns(relation regclass, refused jsonb, role text) TO import_uploader;

REVOKE ALL ON FUNCTION importer.find_target(name_or_table text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.finish_inspection(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb, inspection jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.finish_inspection(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb, inspection jsonb) TO import_processor;
GRANT ALL ON FUNCTION importer.finish_inspection(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb, inspection jsonb) TO import_uploader;

REVOKE ALL ON FUNCTION importer.finish_job(job_id uuid, token uuid, records bigint, file_sha256 text, report jsonb, errors_path text, output_path text) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.finish_job(job_id uuid, token uuid, records bigint, file_sha256 text, report jsonb, errors_path text, output_path text) TO import_processor;
GRANT ALL ON FUNCTION importer.finish_job(job_id uuid, token uuid, records bigint, file_sha256 text, report jsonb, errors_path text, output_path text) TO import_uploader;

REVOKE ALL ON FUNCTION importer.finish_undo(job_id uuid, token uuid, removed bigint, restored bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.finish_undo(job_id uuid, token uuid, removed bigint, restored bigint) TO import_processor;
GRANT ALL ON FUNCTION importer.finish_undo(job_id uuid, token uuid, removed bigint, restored bigint) TO import_uploader;

REVOKE ALL ON FUNCTION importer.finish_upload(object jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.first_bytes(value text, bytes integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.first_visible_owner() FROM PUBLIC;
GRANT ALL ON FUNCTION importer.first_visible_owner() TO authenticated;

REVOKE ALL ON FUNCTION importer.follow_import_job() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.follow_import_target() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.follow_upload() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.forget_processors() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.forget_samples() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.grant_target(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.guard_import_job() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.guard_import_job_params() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.has_own_casts(type_id oid) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.has_own_code(class regclass, object oid) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.has_planned_code(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.has_trigger_before_rows(relation regclass, mode text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.has_unique_key(relation regclass, columns text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.headers_key(headers text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.hint_for_part(job_id uuid, code text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.hold_session(session integer) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.hold_session(session integer) TO import_processor;

REVOKE ALL ON FUNCTION importer.hold_target(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.hold_target(job_id uuid, token uuid) TO import_processor;
GRANT ALL ON FUNCTION importer.hold_target(job_id uuid, token uuid) TO import_uploader;

REVOKE ALL ON FUNCTION importer.import_queue() FROM PUBLIC;
GRANT ALL ON FUNCTION importer.import_queue() TO authenticated;
GRANT ALL ON FUNCTION importer.import_queue() TO service_role;
GRANT ALL ON FUNCTION importer.import_queue() TO import_processor;

REVOKE ALL ON FUNCTION importer.import_queue_health() FROM PUBLIC;
GRANT ALL ON FUNCTION importer.import_queue_health() TO authenticated;
GRANT ALL ON FUNCTION importer.import_queue_health() TO service_role;
GRANT ALL ON FUNCTION importer.import_queue_health() TO import_processor;

GRANT SELECT,DELETE ON TABLE public.import_folders TO authenticated;
GRANT SELECT,DELETE ON TABLE public.import_folders TO service_role;

GRANT INSERT(bucket_id),UPDATE(bucket_id) ON TABLE public.import_folders TO authenticated;
GRANT INSERT(bucket_id),UPDATE(bucket_id) ON TABLE public.import_folders TO service_role;

GRANT INSERT(path_prefix),UPDATE(path_prefix) ON TABLE public.import_folders TO authenticated;
GRANT INSERT(path_prefix),UPDATE(path_prefix) ON TABLE public.import_folders TO service_role;

GRANT INSERT(target),UPDATE(target) ON TABLE public.import_folders TO authenticated;
GRANT INSERT(target),UPDATE(target) ON TABLE public.import_folders TO service_role;

GRANT INSERT(options),UPDATE(options) ON TABLE public.import_folders TO authenticated;
GRANT INSERT(options),UPDATE(options) ON TABLE public.import_folders TO service_role;

GRANT INSERT(owner),UPDATE(owner) ON TABLE public.import_folders TO service_role;

REVOKE ALL ON FUNCTION importer.import_upload(folder public.import_folders, object jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.insertable_columns(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.install_realtime() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.install_upload_trigger() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.invalid_values(type_name text, candidates text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.invalid_values(type_name text, candidates text[]) TO import_processor;
GRANT ALL ON FUNCTION importer.invalid_values(type_name text, candidates text[]) TO import_uploader;

REVOKE ALL ON FUNCTION importer.is_artifact(object_path text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.is_imported(object jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.is_paused() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.is_supervisor() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.job_table_name(kind text, job_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.judged_table(job_id uuid, token uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.keep_figures(job_id uuid, token uuid, seq integer, figures jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.keep_figures(job_id uuid, token uuid, seq integer, figures jsonb) TO import_processor;
GRANT ALL ON FUNCTION importer.keep_figures(job_id uuid, token uuid, seq integer, figures jsonb) TO import_uploader;

REVOKE ALL ON FUNCTION importer.keep_loadable_rows(job_id uuid, token uuid, written text[], keys oid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.keep_loadable_rows(job_id uuid, token uuid, written text[], keys oid[]) TO import_processor;
GRANT ALL ON FUNCTION importer.keep_loadable_rows(job_id uuid, token uuid, written text[], keys oid[]) TO import_uploader;

REVOKE ALL ON FUNCTION importer.keep_preview(job_id uuid, token uuid, preview jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.keep_preview(job_id uuid, token uuid, preview jsonb) TO import_processor;
GRANT ALL ON FUNCTION importer.keep_preview(job_id uuid, token uuid, preview jsonb) TO import_uploader;

REVOKE ALL ON FUNCTION importer.keep_rejections(job_id uuid, seq integer, rejected importer.rejected_records, kept integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.keep_replaced_rows(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.keep_replaced_rows(job_id uuid, token uuid) TO import_processor;
GRANT ALL ON FUNCTION importer.keep_replaced_rows(job_id uuid, token uuid) TO import_uploader;

REVOKE ALL ON FUNCTION importer.keep_target_table(target text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.keep_waiting(job_id uuid, token uuid, seq integer, line bigint, record bigint, records bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.keep_waiting(job_id uuid, token uuid, seq integer, line bigint, record bigint, records bigint[]) TO import_processor;
GRANT ALL ON FUNCTION importer.keep_waiting(job_id uuid, token uuid, seq integer, line bigint, record bigint, records bigint[]) TO import_uploader;

REVOKE ALL ON FUNCTION importer.known_columns(relation regclass, written text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.last_visible_owner() FROM PUBLIC;
GRANT ALL ON FUNCTION importer.last_visible_owner() TO authenticated;

REVOKE ALL ON FUNCTION importer.lend_staging_table(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.lend_staging_table(job_id uuid, token uuid) TO import_uploader;

REVOKE ALL ON FUNCTION importer.limit_import_inspections() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.limit_import_job_changes() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.limit_import_jobs() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.list_import_targets() FROM PUBLIC;
GRANT ALL ON FUNCTION importer.list_import_targets() TO authenticated;
GRANT ALL ON FUNCTION importer.list_import_targets() TO service_role;

REVOKE ALL ON FUNCTION importer.list_rejections(job_id uuid, first bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.lock_for_reading(relation regclass, is_stage boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.lock_stage(stage regclass, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.lock_target(name_or_table text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.may_broadcast(job public.import_jobs) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.may_import_into(target_name text, identity jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.mended_key(parent_job_id uuid, bucket_id text, object_path text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.missing_privileges(target public.import_targets, uploader text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.next_ids(job_id uuid, token uuid, column_name text, row_count integer, taken bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.next_ids(job_id uuid, token uuid, column_name text, row_count integer, taken bigint[]) TO import_processor;
GRANT ALL ON FUNCTION importer.next_ids(job_id uuid, token uuid, column_name text, row_count integer, taken bigint[]) TO import_uploader;

REVOKE ALL ON FUNCTION importer.next_inspections(max_jobs integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.next_jobs(max_jobs integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.note_anonymous_owner(job public.import_jobs) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.note_ring() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.notify_process_import_jobs_async(job_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.notify_processors() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.on_error(job public.import_jobs) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.open_job(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.open_job(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb) TO import_processor;
GRANT ALL ON FUNCTION importer.open_job(job_id uuid, token uuid, file_etag text, bytes_total bigint, dialect jsonb) TO import_uploader;

REVOKE ALL ON FUNCTION importer.open_rings() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.open_targets() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.own_objects() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.parents_in_stage(job_id uuid, token uuid, stage regclass, written text[], keys oid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.parents_in_stage(job_id uuid, token uuid, stage regclass, written text[], keys oid[]) TO import_processor;
GRANT ALL ON FUNCTION importer.parents_in_stage(job_id uuid, token uuid, stage regclass, written text[], keys oid[]) TO import_uploader;

REVOKE ALL ON FUNCTION importer.pause(reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.policies_of_new_rows(relation regclass, role name, reads boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.postpone_job(job_id uuid, token uuid, seconds double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.postpone_job(job_id uuid, token uuid, seconds double precision) TO import_processor;

REVOKE ALL ON FUNCTION importer.prepare_default(job_id uuid, token uuid, column_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.prepare_default(job_id uuid, token uuid, column_name text) TO import_processor;
GRANT ALL ON FUNCTION importer.prepare_default(job_id uuid, token uuid, column_name text) TO import_uploader;

REVOKE ALL ON FUNCTION importer.prepare_key_table(job_id uuid, token uuid, columns text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.prepare_key_table(job_id uuid, token uuid, columns text[]) TO import_processor;

REVOKE ALL ON FUNCTION importer.prepare_staging_table(job_id uuid, token uuid, columns text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.prepare_staging_table(job_id uuid, token uuid, columns text[]) TO import_processor;

REVOKE ALL ON FUNCTION importer.public_objects() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.queue_heads() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.queue_place(job_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.queue_place(job_id uuid) TO authenticated;
GRANT ALL ON FUNCTION importer.queue_place(job_id uuid) TO service_role;

REVOKE ALL ON FUNCTION importer.read_rejected_chunks(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.read_rejected_chunks(job_id uuid, token uuid) TO import_processor;
GRANT ALL ON FUNCTION importer.read_rejected_chunks(job_id uuid, token uuid) TO import_uploader;

REVOKE ALL ON FUNCTION importer.read_rejections(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.read_rejections(job_id uuid, token uuid) TO import_processor;
GRANT ALL ON FUNCTION importer.read_rejections(job_id uuid, token uuid) TO import_uploader;

REVOKE ALL ON FUNCTION importer.register_target(relation regclass, name text, columns text[], mode text, key_columns text[], update_columns text[], owner_column text, provenance_column text, run_as text, undo_days integer, remember_mappings boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.registered_table(target public.import_targets) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.reject_staged_rows(job_id uuid, token uuid, rejected importer.rejected_records, kept integer) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.reject_staged_rows(job_id uuid, token uuid, rejected importer.rejected_records, kept integer) TO import_processor;

REVOKE ALL ON FUNCTION importer.rejected_cells(rejected importer.rejected_records, first integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.rejected_part(rejected importer.rejected_records, first bigint, last bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.release_job(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.release_job(job_id uuid, token uuid) TO import_processor;

REVOKE ALL ON FUNCTION importer.remember_mapping() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.remembered_mapping(job_id uuid, token uuid, headers text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.remembered_mapping(job_id uuid, token uuid, headers text[]) TO import_processor;
GRANT ALL ON FUNCTION importer.remembered_mapping(job_id uuid, token uuid, headers text[]) TO import_uploader;

REVOKE ALL ON FUNCTION importer.remove_from_platform() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.remove_role(role_name name) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.renew_lease(job_id uuid, token uuid, lease_seconds integer, session integer) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.renew_lease(job_id uuid, token uuid, lease_seconds integer, session integer) TO import_processor;
GRANT ALL ON FUNCTION importer.renew_lease(job_id uuid, token uuid, lease_seconds integer, session integer) TO import_uploader;

REVOKE ALL ON FUNCTION importer.renew_target_tables() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.report_processor(worker text, ring bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.report_processor(worker text, ring bigint) TO import_processor;

REVOKE ALL ON FUNCTION importer.request_undo() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.restore_attempt(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.restore_attempt(job_id uuid, token uuid) TO import_processor;

REVOKE ALL ON FUNCTION importer.restore_claims(former text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.resume() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.ring_is_unanswered() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.ring_processor(job_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.ring_timeout() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.rows_before_their_parent(job_id uuid, token uuid, stage regclass, written text[], reference oid, winners bytea, judged bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.rows_before_their_parent(job_id uuid, token uuid, stage regclass, written text[], reference oid, winners bytea, judged bytea) TO import_processor;
GRANT ALL ON FUNCTION importer.rows_before_their_parent(job_id uuid, token uuid, stage regclass, written text[], reference oid, winners bytea, judged bytea) TO import_uploader;

REVOKE ALL ON FUNCTION importer.rows_of_job(job public.import_jobs, rules jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.rows_that_meet(job_id uuid, token uuid, stage regclass, written text[], key oid, whose text, judged bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.rows_that_meet(job_id uuid, token uuid, stage regclass, written text[], key oid, whose text, judged bytea) TO import_processor;
GRANT ALL ON FUNCTION importer.rows_that_meet(job_id uuid, token uuid, stage regclass, written text[], key oid, whose text, judged bytea) TO import_uploader;

REVOKE ALL ON FUNCTION importer.rows_with_key_of_another(job_id uuid, token uuid, stage regclass, written text[], key oid, met oid, winners bytea, judged bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.rows_with_key_of_another(job_id uuid, token uuid, stage regclass, written text[], key oid, met oid, winners bytea, judged bytea) TO import_processor;
GRANT ALL ON FUNCTION importer.rows_with_key_of_another(job_id uuid, token uuid, stage regclass, written text[], key oid, met oid, winners bytea, judged bytea) TO import_uploader;

REVOKE ALL ON FUNCTION importer.rows_with_taken_key(job_id uuid, token uuid, stage regclass, written text[], key oid, winners bytea, judged bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.rows_with_taken_key(job_id uuid, token uuid, stage regclass, written text[], key oid, winners bytea, judged bytea) TO import_processor;
GRANT ALL ON FUNCTION importer.rows_with_taken_key(job_id uuid, token uuid, stage regclass, written text[], key oid, winners bytea, judged bytea) TO import_uploader;

REVOKE ALL ON FUNCTION importer.rows_without_parent(job_id uuid, token uuid, stage regclass, written text[], reference oid, judged bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.rows_without_parent(job_id uuid, token uuid, stage regclass, written text[], reference oid, judged bytea) TO import_processor;
GRANT ALL ON FUNCTION importer.rows_without_parent(job_id uuid, token uuid, stage regclass, written text[], reference oid, judged bytea) TO import_uploader;

REVOKE ALL ON FUNCTION importer.rules_of_modes(relation regclass, written text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.rules_of_modes(relation regclass, written text[]) TO import_processor;
GRANT ALL ON FUNCTION importer.rules_of_modes(relation regclass, written text[]) TO import_uploader;

REVOKE ALL ON FUNCTION importer.schedule_sweep() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.self_references(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.self_references(job_id uuid, token uuid) TO import_processor;
GRANT ALL ON FUNCTION importer.self_references(job_id uuid, token uuid) TO import_uploader;

REVOKE ALL ON FUNCTION importer.send_test_ring() FROM PUBLIC;
GRANT ALL ON FUNCTION importer.send_test_ring() TO import_processor;

REVOKE ALL ON FUNCTION importer.session_is_open(session integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.set_claims(claims text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.setting(name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.setting_number(name text, default_value bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.settle_waiting(job_id uuid, token uuid, seq integer, waiting bigint[], rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, kept integer, rejected importer.rejected_records) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.settle_waiting(job_id uuid, token uuid, seq integer, waiting bigint[], rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, kept integer, rejected importer.rejected_records) TO import_processor;
GRANT ALL ON FUNCTION importer.settle_waiting(job_id uuid, token uuid, seq integer, waiting bigint[], rows_loaded bigint, rows_rejected bigint, rows_skipped bigint, kept integer, rejected importer.rejected_records) TO import_uploader;

REVOKE ALL ON FUNCTION importer.skip_duplicate(job_id uuid, token uuid, duplicate_of uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.skip_duplicate(job_id uuid, token uuid, duplicate_of uuid) TO import_processor;
GRANT ALL ON FUNCTION importer.skip_duplicate(job_id uuid, token uuid, duplicate_of uuid) TO import_uploader;

REVOKE ALL ON FUNCTION importer.skip_staged_rows(job_id uuid, token uuid, row_count bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.skip_staged_rows(job_id uuid, token uuid, row_count bigint) TO import_processor;
GRANT ALL ON FUNCTION importer.skip_staged_rows(job_id uuid, token uuid, row_count bigint) TO import_uploader;

REVOKE ALL ON FUNCTION importer.source_deleted(job_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.source_deleted(job_id uuid) TO import_processor;

REVOKE ALL ON FUNCTION importer.sources_to_delete() FROM PUBLIC;
GRANT ALL ON FUNCTION importer.sources_to_delete() TO import_processor;

REVOKE ALL ON FUNCTION importer.staged_rows(relation regclass, written text[], stage text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.stages(job public.import_jobs) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.sweep_import_jobs() FROM PUBLIC;
GRANT ALL ON FUNCTION importer.sweep_import_jobs() TO import_processor;

REVOKE ALL ON FUNCTION importer.table_keys(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.table_references(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.table_rules(relation regclass, written text[], role name, reads boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.table_rules(relation regclass, written text[], role name, reads boolean) TO import_processor;
GRANT ALL ON FUNCTION importer.table_rules(relation regclass, written text[], role name, reads boolean) TO import_uploader;

REVOKE ALL ON FUNCTION importer.take_back_lost_jobs(own_session integer, grace interval) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.take_back_lost_jobs(own_session integer, grace interval) TO import_processor;

REVOKE ALL ON FUNCTION importer.take_jobs(job_ids uuid[], worker text, lease_seconds integer, session integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.takes_rows_as_they_are(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.target_columns(relation regclass, mode text, key_columns text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.target_privileges(target public.import_targets) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.target_relation(name_or_table text, must_exist boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.test_ring_result(ring bigint, request bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.test_ring_result(ring bigint, request bigint) TO import_processor;

REVOKE ALL ON FUNCTION importer.trigger_import_job_processing() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.typed_values(columns jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.typed_values(columns jsonb) TO import_processor;
GRANT ALL ON FUNCTION importer.typed_values(columns jsonb) TO import_uploader;

REVOKE ALL ON FUNCTION importer.undo_import_job(id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.undo_obstacle(job public.import_jobs) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.uninstall() FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.unregister_target(name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION importer.waiting_chunks(job_id uuid, token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.waiting_chunks(job_id uuid, token uuid) TO import_processor;
GRANT ALL ON FUNCTION importer.waiting_chunks(job_id uuid, token uuid) TO import_uploader;

REVOKE ALL ON FUNCTION importer.wake_token() FROM PUBLIC;
GRANT ALL ON FUNCTION importer.wake_token() TO import_processor;

REVOKE ALL ON FUNCTION importer.work_is_left(soon interval) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.work_is_left(soon interval) TO import_processor;

REVOKE ALL ON FUNCTION importer.write_accepted_rows(write text, stage regclass, first bigint, last bigint, max_rejected bigint, role text, path text, row_states text[], other_states text[], step_rows integer) FROM PUBLIC;
GRANT ALL ON FUNCTION importer.write_accepted_rows(write text, stage regclass, first bigint, last bigint, max_rejected bigint, role text, path text, row_states text[], other_states text[], step_rows integer) TO import_processor;
GRANT ALL ON FUNCTION importer.write_accepted_rows(write text, stage regclass, first bigint, last bigint, max_rejected bigint, role text, path text, row_states text[], other_states text[], step_rows integer) TO import_uploader;

REVOKE ALL ON FUNCTION importer.yield_upload() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.cancel_import_job(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cancel_import_job(id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.cancel_import_job(id uuid) TO service_role;

REVOKE ALL ON FUNCTION public.check_planned_import(target text, bytes bigint, content_type text, options jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.check_planned_import(target text, bytes bigint, content_type text, options jsonb) TO authenticated;
GRANT ALL ON FUNCTION public.check_planned_import(target text, bytes bigint, content_type text, options jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.create_import_job(object_path text, target text, options jsonb, bucket_id text, priority smallint, run_after timestamp with time zone, idempotency_key text, id uuid, file_name text, parent_job_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_import_job(object_path text, target text, options jsonb, bucket_id text, priority smallint, run_after timestamp with time zone, idempotency_key text, id uuid, file_name text, parent_job_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.create_import_job(object_path text, target text, options jsonb, bucket_id text, priority smallint, run_after timestamp with time zone, idempotency_key text, id uuid, file_name text, parent_job_id uuid) TO service_role;

REVOKE ALL ON FUNCTION public.execute_import_job(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.execute_import_job(id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.execute_import_job(id uuid) TO service_role;

REVOKE ALL ON FUNCTION public.import_doctor() FROM PUBLIC;
GRANT ALL ON FUNCTION public.import_doctor() TO authenticated;
GRANT ALL ON FUNCTION public.import_doctor() TO service_role;

REVOKE ALL ON FUNCTION public.import_job_statistics(since timestamp with time zone, until timestamp with time zone, only_target text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.import_job_statistics(since timestamp with time zone, until timestamp with time zone, only_target text) TO authenticated;
GRANT ALL ON FUNCTION public.import_job_statistics(since timestamp with time zone, until timestamp with time zone, only_target text) TO service_role;

REVOKE ALL ON FUNCTION public.import_queue(job_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.import_queue(job_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.import_queue(job_id uuid) TO service_role;

REVOKE ALL ON FUNCTION public.import_queue_health() FROM PUBLIC;
GRANT ALL ON FUNCTION public.import_queue_health() TO authenticated;
GRANT ALL ON FUNCTION public.import_queue_health() TO service_role;

REVOKE ALL ON FUNCTION public.list_import_jobs(status public.import_job_status, target text, name text, page_size integer, after uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_import_jobs(status public.import_job_status, target text, name text, page_size integer, after uuid) TO authenticated;
GRANT ALL ON FUNCTION public.list_import_jobs(status public.import_job_status, target text, name text, page_size integer, after uuid) TO service_role;

REVOKE ALL ON FUNCTION public.list_import_targets() FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_import_targets() TO authenticated;
GRANT ALL ON FUNCTION public.list_import_targets() TO service_role;

REVOKE ALL ON FUNCTION public.retry_import_job(id uuid, options jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.retry_import_job(id uuid, options jsonb) TO authenticated;
GRANT ALL ON FUNCTION public.retry_import_job(id uuid, options jsonb) TO service_role;

REVOKE ALL ON FUNCTION public.undo_import_job(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.undo_import_job(id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.undo_import_job(id uuid) TO service_role;

GRANT SELECT ON TABLE importer.migrations TO import_processor;

GRANT SELECT ON TABLE public.import_job_chains TO authenticated;
GRANT SELECT ON TABLE public.import_job_chains TO service_role;

GRANT SELECT ON TABLE public.import_job_errors TO authenticated;
GRANT SELECT ON TABLE public.import_job_errors TO service_role;

GRANT SELECT ON TABLE public.import_job_events TO authenticated;
GRANT SELECT ON TABLE public.import_job_events TO service_role;

GRANT SELECT,DELETE ON TABLE public.import_mappings TO authenticated;
GRANT SELECT,DELETE ON TABLE public.import_mappings TO service_role;
