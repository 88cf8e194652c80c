-- How much one owner may have under way. Counted once for a statement, as it sees the table: two at the same moment may
-- both pass and exceed the limit by as much. What the service inserts without an owner has no limit. The size of a file
-- that no processor has opened yet is asked of Storage's own table, where there is one. A retry by hand counts like an
-- insert; what the processor puts back to pending has been counted all the time.
create function importer.limit_import_jobs() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  owners uuid[];
  most_jobs bigint;
  most_bytes bigint;
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
  -- Every change of a job comes here, four times in its life, and hardly any asks for room.
  if owners is null then
    return null;
  end if;
  most_jobs := importer.limit_of('max_active_jobs_per_owner', 1000);
  most_bytes := importer.limit_of('max_active_bytes_per_owner', 100000000000);
  foreach owner in array owners loop
    select count(*), coalesce(sum(j.bytes_total), 0) into jobs, bytes
    from public.import_jobs as j where j.created_by = owner and j.status in ('pending', 'running');
    if jobs <= most_jobs and to_regclass('storage.objects') is not null then
      execute
        'select $2 + coalesce(sum((o.metadata ->> ''size'')::numeric), 0)
        from public.import_jobs as j inner join storage.objects as o on o.bucket_id = j.bucket_id and o.name = j.object_path
        where j.created_by = $1 and j.status in (''pending'', ''running'') and j.bytes_total is null'
      into bytes using owner, bytes;
    end if;
    if jobs > most_jobs or bytes > most_bytes then
      raise exception 'too many of your jobs or bytes are pending or running' using errcode = 'IJ114',
      hint = format('Wait for some to end, or cancel them; at most %s jobs and %s bytes.', most_jobs, most_bytes);
    end if;
  end loop;
  return null;
end
$$;

comment on function importer.limit_import_jobs() is
'Trigger function: refuses jobs beyond what one owner may have pending or running (IJ114).';

revoke all on function importer.limit_import_jobs() from public, anon, authenticated, service_role;

create trigger limit_import_jobs after insert on public.import_jobs
referencing new table as new_rows
for each statement execute function importer.limit_import_jobs();

create trigger limit_import_jobs_retry after update on public.import_jobs
referencing old table as old_rows new table as new_rows
for each statement execute function importer.limit_import_jobs();

create index import_jobs_active on public.import_jobs (created_by) where status in ('pending', 'running');
