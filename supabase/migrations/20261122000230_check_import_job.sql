-- What a new job must satisfy. It does not look for the file, and not for the target unless it is
-- there: a job may be inserted before both, and a missing one is the job's outcome, with a code in
-- its row. Definer, as those who insert may not call the inner checks.
create function importer.check_import_job() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  target public.import_targets;
begin
  perform importer.check_import_options(new.options);
  if new.status <> 'pending' or new.phase is not null or new.attempts <> 0 or new.error_code is not null then
    raise exception 'a new job is pending' using errcode = 'IJ101', hint = 'Leave out the columns of state.';
  end if;
  if new.object_path = '' or octet_length(new.object_path) > 1024 or new.object_path ~ '[[:cntrl:]]'
    or new.object_path ~ '(^|/)[.]{0,2}(/|$)' or new.object_path ~* '\\|%(2e|2f|5c|00)'
  then
    raise exception 'object_path is not the path of an object' using errcode = 'IJ107',
    hint = 'Give the path in the bucket, such as <user id>/<random>/a.csv: no leading or double slash, dots alone, backslash.';
  end if;
  if octet_length(new.target) > 512 or octet_length(new.bucket_id) > 128 or octet_length(new.idempotency_key) > 512 then
    raise exception 'target, bucket_id or idempotency_key is too long' using errcode = 'IJ107',
    hint = 'At most 512, 128 and 512 bytes.';
  end if;
  if concat(new.target, new.bucket_id, new.idempotency_key) ~ '[[:cntrl:]]' then
    raise exception 'target, bucket_id or idempotency_key contains control characters' using errcode = 'IJ107',
    hint = 'Leave them out.';
  end if;
  select t.* into target from importer.target_of(new.target) as t;
  if new.created_by is not null then
    perform importer.check_owner(new, target);
  end if;
  -- These decide what the job's states mean in SQL, so a target's defaults are written into the job.
  new.options := (
    select coalesce(jsonb_object_agg(d.key, d.value), '{}')
    from jsonb_each(target.options) as d
    where d.key in ('atomic', 'dry_run', 'delete_source')
  ) || new.options || case when target.mode = 'replace' then '{"atomic": true}'::jsonb else '{}' end;
  return new;
end
$$;

comment on function importer.check_import_job() is
'Trigger function: refuses a new job with wrong options (IJ102), a state of its own (IJ101), an impossible path (IJ107), a
file that is not the client''s (IJ602), or a target that is not for its owner (IJ601).';

revoke all on function importer.check_import_job() from public, anon, authenticated, service_role;

create trigger check_import_job before insert on public.import_jobs
for each row execute function importer.check_import_job();
