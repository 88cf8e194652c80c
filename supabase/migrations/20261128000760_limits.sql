-- Limits for one owner: how many jobs and bytes may be pending or running, and how often jobs may be retried and
-- cancelled again. Jobs without an owner have no limits.

-- The function counts once for each statement, with the statement's snapshot, so two statements at the same moment may
-- both pass and exceed the limit together. The size of a file that no processor has opened yet is read from Storage's
-- own table, if there is one. A manual retry counts like an insert; a job that the processor sets to pending again has
-- been counted all along.
create function importer.limit_import_jobs() returns trigger
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
    select array_agg(distinct n.created_by) into owners from new_rows as n where n.created_by is not null;
  else
    select array_agg(distinct n.created_by) into owners
    from new_rows as n inner join old_rows as o using (id)
    where n.created_by is not null and n.status = 'pending' and o.status in ('failed', 'cancelled');
  end if;
  -- Each job calls this function about four times, and most calls neither insert nor retry.
  if owners is null then
    return null;
  end if;
  max_jobs := importer.setting_number('max_active_jobs_per_owner', 1000);
  max_bytes := importer.setting_number('max_active_bytes_per_owner', 100000000000);
  foreach owner in array owners loop
    select count(*), coalesce(sum(j.bytes_total), 0) into jobs, bytes
    from public.import_jobs as j where j.created_by = owner and j.status in ('pending', 'running');
    if jobs <= max_jobs and to_regclass('storage.objects') is not null then
      execute
        'select $2 + coalesce(sum((o.metadata ->> ''size'')::numeric), 0)
        from public.import_jobs as j inner join storage.objects as o on o.bucket_id = j.bucket_id and o.name = j.object_path
        where j.created_by = $1 and j.status in (''pending'', ''running'') and j.bytes_total is null'
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

comment on function importer.limit_import_jobs() is
'Trigger function: rejects jobs beyond the number and size that one owner may have pending or running (IJ114).';

revoke all on function importer.limit_import_jobs() from public, anon, authenticated, service_role;

create trigger limit_import_jobs after insert on public.import_jobs
referencing new table as new_rows
for each statement execute function importer.limit_import_jobs();

create trigger limit_import_jobs_retry after update on public.import_jobs
referencing old table as old_rows new table as new_rows
for each statement execute function importer.limit_import_jobs();

-- A retry that is cancelled and retried again costs its client nothing and the database an event, a ring and a claim
-- each time: one client made 50 a second. The first change of each job in a minute is free, so that an owner can cancel
-- or retry a thousand jobs at once.
create table importer.owner_changes (
  owner uuid primary key,
  since timestamptz not null,
  changes integer not null
);

comment on table importer.owner_changes is 'How often owners have changed jobs again within a minute.';
comment on column importer.owner_changes.owner is 'The owner.';
comment on column importer.owner_changes.since is 'Start of the minute.';
comment on column importer.owner_changes.changes is 'Number of cancellations and retries of jobs that had just been changed.';

revoke all on importer.owner_changes from public, anon, authenticated, service_role;

-- The event of this change is written already (follow_import_job_update is before this trigger in their order).
create function importer.limit_import_job_changes() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
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

comment on function importer.limit_import_job_changes() is
'Trigger function: rejects retries and cancellations of jobs that their owner has just retried or cancelled, beyond a
number in each minute (IJ116).';

revoke all on function importer.limit_import_job_changes() from public, anon, authenticated, service_role;

create trigger limit_import_job_changes after update on public.import_jobs
for each row when (
  old.status is distinct from new.status
  and (new.status = 'cancelled' or (new.status = 'pending' and old.status in ('failed', 'cancelled')))
) execute function importer.limit_import_job_changes();
