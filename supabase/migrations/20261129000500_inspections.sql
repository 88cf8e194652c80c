-- Inspections: jobs with the option inspect look at the beginning of a file and write nothing into the target. They are
-- rows of import_jobs like all others, so that clients need nothing new, but they stand apart: outside the limits and
-- turns of imports (this file), in slots of their own (next file), and with samples that are deleted after a day.

-- Generated, so that it is right whoever writes the options, and can be the condition of an index.
alter table public.import_jobs
add column inspects boolean not null generated always as (coalesce(options -> 'inspect' = 'true', false)) stored;

comment on column public.import_jobs.inspects is
'Whether the job only inspects the beginning of its file (options.inspect); its result is report.inspection.';

-- An inspection loads nothing, so what other options would do with its file or its rows must not happen. A retry must
-- not turn an inspection into an import or back: the two have different limits. The trigger fires after
-- check_import_job and check_import_job_retry, which write defaults of the target into the options.
create function importer.check_import_job_inspection() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.check_import_job_inspection() is
'Trigger function: removes from an inspection the options that write or delete something, and rejects a retry that turns
it into an import, or an import into an inspection (IJ102).';

revoke all on function importer.check_import_job_inspection() from public, anon, authenticated, service_role;

create trigger check_import_job_inspection before insert on public.import_jobs
for each row execute function importer.check_import_job_inspection();

create trigger check_import_job_retry_inspection before update on public.import_jobs
for each row when (old.status in ('failed', 'cancelled') and new.status = 'pending')
execute function importer.check_import_job_inspection();

-- The limits of imports do not count inspections.
create or replace function importer.limit_import_jobs() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
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
$$;

-- Inspections of one owner, by the minute instead of by their number: each takes a fraction of a second. Those that
-- wait are limited as well, because run_after and retries could make a day's inspections due at one moment.
create function importer.limit_import_inspections() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.limit_import_inspections() is
'Trigger function: rejects inspections beyond the number that one owner may insert in a minute, and retries and inserts
beyond ten times that number that wait or run (IJ118).';

revoke all on function importer.limit_import_inspections() from public, anon, authenticated, service_role;

create trigger limit_import_inspections after insert on public.import_jobs
referencing new table as new_rows
for each statement execute function importer.limit_import_inspections();

create trigger limit_import_inspections_retry after update on public.import_jobs
referencing old table as old_rows new table as new_rows
for each statement execute function importer.limit_import_inspections();
