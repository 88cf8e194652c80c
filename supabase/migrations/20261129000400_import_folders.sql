-- Import on upload: folders of Storage whose files are imported as soon as they are there. The owner of the job is the
-- owner of the file as Storage knows it, and never a part of the path. Users make folders below their id in the bucket
-- imports; folders that users share, and those of other buckets, are made by administrators.

create table public.import_folders (
  id uuid primary key default gen_random_uuid(),
  bucket_id text not null default 'imports',
  path_prefix text not null,
  target text not null,
  options jsonb not null default '{}',
  owner uuid default auth.uid(), -- noqa: RF04
  allow_unowned boolean not null default false,
  last_error text,
  last_error_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint import_folders_prefix unique (bucket_id, path_prefix)
);

comment on table public.import_folders is
'Folders of Storage whose files are imported when they have been uploaded. The longest prefix of a path decides.';
comment on column public.import_folders.id is 'Id of the folder.';
comment on column public.import_folders.bucket_id is 'Storage bucket.';
comment on column public.import_folders.path_prefix is
'Beginning of the paths, up to and with a slash; the empty text means the whole bucket.';
comment on column public.import_folders.target is 'Target of the jobs, as in import_jobs.target.';
comment on column public.import_folders.options is 'Options of the jobs.';
comment on column public.import_folders.owner is
'Owner of the folder, who is also the owner of jobs for files that have none: those uploaded with a secret key, or moved.';
comment on column public.import_folders.allow_unowned is
'Whether a file without owner makes a job without owner, which runs under the processor''s rights. Only administrators
set it.';
comment on column public.import_folders.last_error is 'Why the last upload that made no job made none, with its path.';
comment on column public.import_folders.last_error_at is 'When that was.';
comment on column public.import_folders.created_at is 'When the folder was made.';
comment on column public.import_folders.updated_at is 'When the folder was last changed.';

create index import_folders_owner on public.import_folders (owner);

alter table public.import_folders enable row level security;

revoke all on public.import_folders from public, anon, authenticated, service_role;
grant select, delete on public.import_folders to authenticated, service_role;
grant insert (bucket_id, path_prefix, target, options), update (bucket_id, path_prefix, target, options)
on public.import_folders to authenticated, service_role;
grant insert (owner), update (owner) on public.import_folders to service_role;

create policy "owners see their folders" on public.import_folders
for select to authenticated using (owner = (select auth.uid()));
create policy "users make folders below their id" on public.import_folders
for insert to authenticated with check (
  owner = (select auth.uid()) and bucket_id = 'imports' and starts_with(path_prefix, (select auth.uid())::text || '/')
);
create policy "owners change their folders" on public.import_folders
for update to authenticated
using (owner = (select auth.uid()))
with check (
  owner = (select auth.uid()) and bucket_id = 'imports' and starts_with(path_prefix, (select auth.uid())::text || '/')
);
create policy "owners remove their folders" on public.import_folders
for delete to authenticated using (owner = (select auth.uid()));

-- SECURITY DEFINER because clients may not call the inner check.
create function importer.check_import_folder() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
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
$$;

comment on function importer.check_import_folder() is
'Trigger function: rejects a folder with invalid options (IJ102), an invalid path or name (IJ107), and more than 100
folders of one owner (IJ114).';

revoke all on function importer.check_import_folder() from public, anon, authenticated, service_role;

create trigger check_import_folder before insert or update of bucket_id, path_prefix, target, options
on public.import_folders
for each row execute function importer.check_import_folder();

-- The job that an upload has made, so that a second event of the same version makes none. A path has one version at a
-- time, so the row of its last one is enough.
create table importer.uploads (
  bucket_id text not null,
  object_path text not null,
  version text not null,
  job_id uuid not null references public.import_jobs (id) on delete cascade,
  primary key (bucket_id, object_path)
);

comment on table importer.uploads is 'The last version of each file whose upload made a job.';
comment on column importer.uploads.bucket_id is 'Storage bucket.';
comment on column importer.uploads.object_path is 'Path of the file.';
comment on column importer.uploads.version is 'Version of the file, as Storage names it.';
comment on column importer.uploads.job_id is 'The job that the upload made.';

create index uploads_job on importer.uploads (job_id);

revoke all on importer.uploads from public, anon, authenticated, service_role;
