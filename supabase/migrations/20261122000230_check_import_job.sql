-- What a new job must satisfy. It does not look for the target or the file: a job may be inserted
-- before both, and a missing one is the job's outcome, with a code in its row. Definer, as those
-- who insert may not call the inner check.
create function importer.check_import_job() returns trigger
language plpgsql security definer set search_path = ''
as $$
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
$$;

comment on function importer.check_import_job() is
'Trigger function: refuses a new job with wrong options (IJ102), a state of its own (IJ101), an impossible path (IJ107)
or a file that is not the client''s (IJ602).';

revoke all on function importer.check_import_job() from public, anon, authenticated, service_role;

create trigger check_import_job before insert on public.import_jobs
for each row execute function importer.check_import_job();

-- A target's defaults are options, too.
create function importer.check_import_target() returns trigger
language plpgsql security definer set search_path = ''
as $$
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
$$;

comment on function importer.check_import_target() is
'Trigger function: refuses wrong default options of a target (IJ102).';

revoke all on function importer.check_import_target() from public, anon, authenticated, service_role;

create trigger check_import_target before insert or update on public.import_targets
for each row execute function importer.check_import_target();
