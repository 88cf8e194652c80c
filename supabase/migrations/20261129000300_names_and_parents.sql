-- What clients tell about a job besides its file: the name that people know, and the job whose rejected rows it brings
-- in mended form. What the processor tells besides a sentence: its parameters, so that a client that speaks another
-- language need not take the sentence apart.

alter table public.import_jobs
add column file_name text,
add column parent_job_id uuid references public.import_jobs (id) on delete set null,
add column first_job_id uuid references public.import_jobs (id) on delete set null,
add column error_params jsonb check (jsonb_typeof(error_params) = 'object');

comment on column public.import_jobs.file_name is
'Name of the file as people know it, for display only; at most 255 characters. Nothing is read from or written to a path
of this name.';
comment on column public.import_jobs.parent_job_id is
'The job of the same owner whose rejected rows this one imports in mended form.';
comment on column public.import_jobs.first_job_id is
'The first job of the chain that parent_job_id makes; null for a job without a parent.';
comment on column public.import_jobs.error_params is
'The names and numbers in error_message, each by its name; null if it has none.';

create index import_jobs_parent on public.import_jobs (parent_job_id);
create index import_jobs_chain on public.import_jobs (first_job_id);

grant insert (file_name, parent_job_id) on public.import_jobs to authenticated, service_role;

-- Mended rows are often sent twice: by a second tab, or again after a lost answer. So a job with a parent has a key
-- unless the client gives one: the parent, and the digest of the file that Storage has computed. The function reads
-- Storage's table with dynamic SQL, because there may be none, and with the rights of its caller. A database whose
-- administrators keep others out of that table makes no key.
create function importer.mended_key(parent_job_id uuid, bucket_id text, object_path text) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  digest text;
begin
  execute 'select o.metadata ->> ''eTag'' from storage.objects as o where o.bucket_id = $1 and o.name = $2'
  into digest using mended_key.bucket_id, mended_key.object_path;
  return mended_key.parent_job_id || ' ' || btrim(digest, '"');
exception when undefined_table or invalid_schema_name or insufficient_privilege then
  return null;
end
$$;

comment on function importer.mended_key(uuid, text, text) is
'Returns the idempotency key of a job with a parent: the parent''s id and the digest of the file; null if there is no
such file yet.';

revoke all on function importer.mended_key(uuid, text, text) from public, anon, authenticated, service_role;

-- Fires after check_import_job, which sorts before it by name and has checked that the owner may name this file. A
-- foreign job as parent is refused as one that does not exist, so that nobody learns which ids are in use.
create function importer.check_import_job_origin() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.check_import_job_origin() is
'Trigger function: rejects a new job with an invalid file_name (IJ107) or with a parent that its owner does not have
(IJ108), and gives a job with a parent its idempotency key and the first job of its chain.';

revoke all on function importer.check_import_job_origin() from public, anon, authenticated, service_role;

create trigger check_import_job_origin before insert on public.import_jobs
for each row execute function importer.check_import_job_origin();

-- Totals of a chain: what of a file is in the target after all its corrections. Dry runs write nothing, and the rows of
-- an undone job have left the target, so neither counts.
create view public.import_job_chains with (security_invoker = true) as
select
  f.id as job_id,
  f.created_by,
  f.target,
  f.file_name,
  f.created_at,
  f.rows_read,
  count(*) as jobs,
  count(*) filter (where j.status in ('pending', 'running')) as active_jobs,
  coalesce(sum(j.rows_loaded) filter (where j.undone_at is null and not j.options @> '{"dry_run": true}'), 0)::bigint
    as rows_loaded,
  coalesce(sum(j.rows_skipped) filter (where j.undone_at is null and not j.options @> '{"dry_run": true}'), 0)::bigint
    as rows_skipped,
  greatest(
    f.rows_rejected - coalesce(
      sum(j.rows_loaded) filter (where j.id <> f.id and j.undone_at is null and not j.options @> '{"dry_run": true}'), 0
    ), 0
  )::bigint as rows_rejected,
  max(j.finished_at) as last_finished_at
from public.import_jobs as f
inner join public.import_jobs as j on f.id = j.id or f.id = j.first_job_id
where f.first_job_id is null
group by f.id;

comment on view public.import_job_chains is
'One row for each job without a parent, with the totals of the jobs that mend it: rows_read of the first job; rows_loaded
and rows_skipped of all; rows_rejected that no later job has loaded. Row security of import_jobs applies.';
comment on column public.import_job_chains.job_id is 'The first job.';
comment on column public.import_job_chains.created_by is 'Owner of the jobs.';
comment on column public.import_job_chains.target is 'Target of the first job.';
comment on column public.import_job_chains.file_name is 'Name of the first job''s file.';
comment on column public.import_job_chains.created_at is 'When the first job was inserted.';
comment on column public.import_job_chains.jobs is 'Number of jobs, the first one included.';
comment on column public.import_job_chains.active_jobs is 'Number of pending and running jobs among them.';
comment on column public.import_job_chains.rows_read is 'Number of records in the first file.';
comment on column public.import_job_chains.rows_loaded is 'Number of rows that all jobs together have in the target.';
comment on column public.import_job_chains.rows_skipped is 'Number of records that all jobs together have skipped.';
comment on column public.import_job_chains.rows_rejected is
'Number of the first job''s rejected rows less those that later jobs have loaded.';
comment on column public.import_job_chains.last_finished_at is 'When the last of the jobs ended.';

revoke all on public.import_job_chains from public, anon, authenticated, service_role;
grant select on public.import_job_chains to authenticated, service_role;

-- The function has two more arguments, so it is another one; a second function of the name would make calls ambiguous.
drop function public.create_import_job(text, text, jsonb, text, smallint, timestamptz, text, uuid);

create function public.create_import_job(
  object_path text, target text, options jsonb default '{}', bucket_id text default 'imports',
  priority smallint default 0, run_after timestamptz default now(), idempotency_key text default null,
  id uuid default gen_random_uuid(), file_name text default null, parent_job_id uuid default null
) returns public.import_jobs
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
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
$$;

comment on function public.create_import_job(
  text, text, jsonb, text, smallint, timestamptz, text, uuid, text, uuid
) is
'Inserts a job and returns it; if the owner has used the idempotency_key before, returns the first job instead. The key
of a job with a parent is by default the parent and the digest of the file.';

revoke all on function public.create_import_job(text, text, jsonb, text, smallint, timestamptz, text, uuid, text, uuid)
from public, anon, authenticated, service_role;
grant execute on function public.create_import_job(
  text, text, jsonb, text, smallint, timestamptz, text, uuid, text, uuid
) to authenticated, service_role;
