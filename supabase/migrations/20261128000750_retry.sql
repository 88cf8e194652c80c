-- Retries by hand. A failed or cancelled job that is set to pending goes on where it stopped, or starts from the
-- beginning if none of its rows are in the target. A retry may change options: all of them in a job that starts from
-- the beginning, else only those that do not say how the file is read, since the rows that are loaded were read in the
-- old way.

-- The trigger fires before guard_import_job, which sorts after it by name. It is SECURITY DEFINER because clients may
-- not call the inner check. Clients give options to public.retry_import_job(), which hands them over in a setting; an
-- administrator may also update the column in the same statement.
create function importer.check_import_job_retry() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  fixed text;
begin
  new.options := new.options || coalesce(nullif(current_setting('import_jobs.retry_options', true), ''), '{}')::jsonb;
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

comment on function importer.check_import_job_retry() is
'Trigger function: lets a retried job start from the beginning if none of its rows are in the target, and rejects changed
options that are invalid, or that would read the rest of the file in another way (IJ102).';

revoke all on function importer.check_import_job_retry() from public, anon, authenticated, service_role;

create trigger check_import_job_retry before update on public.import_jobs
for each row when (old.status in ('failed', 'cancelled') and new.status = 'pending')
execute function importer.check_import_job_retry();
