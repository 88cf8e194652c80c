-- The job of an upload. Storage writes the row of an object in the transaction that finishes the upload, or that moves
-- the file; a trigger there makes the job in the same transaction. It never fails the upload: what makes no job leaves
-- a line in import_folders.last_error.

-- auth.uid() is that of Storage's key, or null, so the checks of import_jobs are given the claims of the owner. Storage
-- sets the older settings as well, one for each claim.
create function importer.set_claims(claims text) returns text[]
language plpgsql set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.set_claims(text) is
'Sets the claims of the request until the end of the transaction, and returns the former values of its settings.';

revoke all on function importer.set_claims(text) from public, anon, authenticated, service_role;

create function importer.restore_claims(former text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config('request.jwt.claims', restore_claims.former[1], true);
  perform set_config('request.jwt.claim', restore_claims.former[2], true);
  perform set_config('request.jwt.claim.sub', restore_claims.former[3], true);
  perform set_config('request.jwt.claim.role', restore_claims.former[4], true);
end
$$;

comment on function importer.restore_claims(text[]) is 'Sets the claims to what importer.set_claims() has returned.';

revoke all on function importer.restore_claims(text[]) from public, anon, authenticated, service_role;

-- errors.csv and the normalised file are written beside the source, with the beginning of the job's id in their name
-- and without owner. When a user uploads a corrected errors.csv it has one, and is imported.
create function importer.is_artifact(object_path text) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  id_part constant text := substring(is_artifact.object_path from '[.]([0-9a-f]{8})[.][a-z]+[.]csv$');
begin
  return id_part is not null and exists (
    select from public.import_jobs as j
    where j.id between (id_part || '-0000-0000-0000-000000000000')::uuid
      and (id_part || '-ffff-ffff-ffff-ffffffffffff')::uuid
  );
end
$$;

comment on function importer.is_artifact(text) is
'Returns whether a path is that of a file which the processor writes for a job.';

revoke all on function importer.is_artifact(text) from public, anon, authenticated, service_role;

-- Conditions of targets and policies may ask whether a user is anonymous, and for a claim that is missing many would
-- say no. Versions of Auth without the column have no anonymous users.
create function importer.note_anonymous_owner(job public.import_jobs) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
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
$$;

comment on function importer.note_anonymous_owner(public.import_jobs) is
'Writes into the claims of a job that its owner is an anonymous user, if so. Raises IJ601 if such a user may not import
into the target.';

revoke all on function importer.note_anonymous_owner(public.import_jobs) from public, anon, authenticated, service_role;

-- The path of a user's own folder is checked as for an insert by that user. An administrator who makes a shared folder
-- says that its files may be imported; whether the owner may read the file is checked when the job runs.
create function importer.import_upload(folder public.import_folders, object jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.import_upload(public.import_folders, jsonb) is
'Inserts the job of a file that was uploaded to a folder. Raises IJ119 for a file without owner, and what an insert by
the owner raises.';

revoke all on function importer.import_upload(public.import_folders, jsonb)
from public, anon, authenticated, service_role;

-- An upload is imported already by the job that an earlier event of this version made, or by one that waits, which was
-- inserted by hand or for an earlier version and will find this one.
create function importer.is_imported(object jsonb) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.is_imported(jsonb) is
'Returns whether a job imports this version of a file already, or will.';

revoke all on function importer.is_imported(jsonb) from public, anon, authenticated, service_role;

create index import_jobs_waiting_for_file on public.import_jobs (object_path) where status = 'pending';

comment on index public.import_jobs_waiting_for_file is 'Pending jobs by the path of their file.';

create function importer.finish_upload(object jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.finish_upload(jsonb) is
'Makes the job of a finished upload, a row of storage.objects, if it is in one of import_folders. What makes no job leaves
a line in last_error.';

revoke all on function importer.finish_upload(jsonb) from public, anon, authenticated, service_role;

-- Names no object of ours outside of the block, since a missing or locked table fails a function when it is compiled.
-- Columns that not every version of Storage has are read from the row as JSON. An update that leaves path and version
-- as they are, and does not finish an upload, is of no interest.
create function importer.follow_upload() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '200ms'
as $$
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

comment on function importer.follow_upload() is
'Trigger function on storage.objects: makes the job of an upload to one of import_folders; it never fails the upload.';

revoke all on function importer.follow_upload() from public, anon, authenticated, service_role;

-- A client that uploads to such a folder may insert a job of its own for the file, before or after the upload. The job
-- of the upload gives way while nobody has claimed it.
create function importer.yield_upload() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.yield_upload() is
'Trigger function: removes the job that an upload has made, and that nobody has claimed, when its owner inserts one for
the same file.';

revoke all on function importer.yield_upload() from public, anon, authenticated, service_role;

create trigger yield_upload after insert on public.import_jobs
for each row when (not new.options @> '{"inspect": true}' and not new.options @> '{"dry_run": true}')
execute function importer.yield_upload();

-- Storage may come into the database later than import-jobs, and an administrator may lack the right to put a trigger
-- on its table. Both are told by a notice; the function can be called again at any time.
create function importer.install_upload_trigger() returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.install_upload_trigger() is
'Puts the trigger for import_folders on storage.objects unless it is there; returns whether it is there now. For
administrators.';

revoke all on function importer.install_upload_trigger() from public, anon, authenticated, service_role;

do $$
begin
  perform importer.install_upload_trigger();
end
$$;
