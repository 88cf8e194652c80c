-- What a client asks around an upload that it does not make with its own rights alone, such as the Edge Function
-- import-jobs: before it, whether the import would be accepted; after it, that the file is the one that was meant.

-- The digest is a column and no option, because it says which file is meant, not how it is read: a retry cannot change
-- it. A claim gives it to the processor (importer.take_jobs).
alter table public.import_jobs add column expected_sha256 text;

comment on column public.import_jobs.expected_sha256 is
'SHA-256 of the file that is meant, in hexadecimal; the job fails with IJ206 before its first row if the file has
another.';

grant insert (expected_sha256) on public.import_jobs to authenticated, service_role;

create function importer.check_import_job_digest() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  new.expected_sha256 := lower(new.expected_sha256);
  if new.expected_sha256 !~ '^[0-9a-f]{64}$' then
    raise exception 'expected_sha256 is not a SHA-256' using errcode = 'IJ107',
    hint = 'Give the digest as 64 hexadecimal digits, or leave it out.';
  end if;
  return new;
end
$$;

comment on function importer.check_import_job_digest() is
'Trigger function: rejects a new job whose expected_sha256 is not a digest (IJ107).';

revoke all on function importer.check_import_job_digest() from public, anon, authenticated, service_role;

create trigger check_import_job_digest before insert on public.import_jobs
for each row when (new.expected_sha256 is not null) execute function importer.check_import_job_digest();

-- Storage compares types literally, except for those that end with an asterisk.
create function importer.check_upload(bytes bigint, content_type text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.check_upload(bigint, text) is
'Raises IJ205 if a file would be too large for the bucket imports, and IJ207 if the bucket does not accept its type.';

revoke all on function importer.check_upload(bigint, text) from public, anon, authenticated, service_role;

-- The limits of importer.limit_import_jobs(), for one job more. It is checked again at the insert.
create function importer.check_quota(owner uuid, bytes bigint) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.check_quota(uuid, bigint) is
'Raises IJ114 if the owner may not have one more job with so many bytes pending or running.';

revoke all on function importer.check_quota(uuid, bigint) from public, anon, authenticated, service_role;

-- A guess from the caller's own jobs, since the speed of other owners' jobs is not theirs to know: the median of the
-- last ones into this target. Without one, 10 MB/s, which a table with some indexes takes on a small machine. Only the
-- latest 100 jobs are read.
create function importer.estimated_seconds(owner uuid, target text, bytes bigint) returns integer
language sql stable set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.estimated_seconds(uuid, text, bigint) is
'Returns how long an import of so many bytes is likely to take: a second, and the bytes at the median speed of the
owner''s last imports of at least 1 MB into this target, or at 10 MB/s. Waiting for other jobs comes on top.';

revoke all on function importer.estimated_seconds(uuid, text, bigint) from public, anon, authenticated, service_role;

-- SECURITY DEFINER because clients may see neither the bucket nor the conditions of a target.
create function importer.check_planned_import(target text, bytes bigint, content_type text, options jsonb)
returns table (target_name text, estimated_seconds integer)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.check_planned_import(text, bigint, text, jsonb) is
'For public.check_planned_import(), which says what it does; returns the name of the target and a time.';

revoke all on function importer.check_planned_import(text, bigint, text, jsonb)
from public, anon, authenticated, service_role;
grant execute on function importer.check_planned_import(text, bigint, text, jsonb) to authenticated, service_role;

-- The body is parsed here and not at the call, so that clients need no right on the schema importer.
create function public.check_planned_import(
  target text, bytes bigint, content_type text default 'text/csv', options jsonb default '{}'
) returns table (target_name text, estimated_seconds integer)
language sql stable security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select
    p.target_name,
    p.estimated_seconds
  from importer.check_planned_import(
    check_planned_import.target, check_planned_import.bytes, -- noqa: RF01
    check_planned_import.content_type, check_planned_import.options -- noqa: RF01
  ) as p;
end;

comment on function public.check_planned_import(text, bigint, text, jsonb) is
'Says before an upload whether the caller may import such a file; inserts nothing. Returns the target''s name and how many
seconds the import is likely to take. Raises IJ102 for invalid options, IJ106 for an unknown target, IJ114 beyond the
limits of one owner, IJ205 and IJ207 for a size or type that the bucket does not accept, IJ601 for a target that the caller
may not import into.';

revoke all on function public.check_planned_import(text, bigint, text, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.check_planned_import(text, bigint, text, jsonb) to authenticated, service_role;
