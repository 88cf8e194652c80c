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
  new.options := jsonb_strip_nulls(
    new.options || coalesce(nullif(current_setting('import_jobs.retry_options', true), ''), '{}')::jsonb
  );
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

-- The hints of most errors say what to mend, and then to retry the job. A file cannot be mended under a job of which
-- rows are in the target, because the rest of another file need not fit to them; and to import the whole file once more
-- would load those rows again.
create function importer.hint_for_part(job_id uuid, code text) returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select case
    when hint_for_part.code = 'IJ201' then 'Upload the same file again under that path, then retry the job.'
    when hint_for_part.code = 'IJ204' then
      'Upload the earlier file again under the same path, then retry the job. Or have the job undone, then retry it: '
      || 'it imports the file as it is now.'
    when l.gapless then format(
      'Records 1 to %s of the file are loaded or rejected. Upload the others, corrected and below the same header, as a '
      || 'file of their own, and insert a job for it. Do not import the whole file again.', l.records
    )
    else
      'Rows of the file are in the target. Have the job undone, upload the corrected file under the same path, then '
      || 'retry the job.'
  end
  from public.import_jobs as j
  cross join lateral (
    select count(*) = max(c.seq) + 1 as gapless, sum(c.rows_read) as records
    from importer.job_chunks as c where c.job_id = j.id
  ) as l
  where j.id = hint_for_part.job_id and j.rows_loaded > 0
    and hint_for_part.code in ('IJ201', 'IJ204', 'IJ304', 'IJ305', 'IJ311')
    and not coalesce('true' in (j.options -> 'atomic', j.options -> 'dry_run'), false)
$$;

comment on function importer.hint_for_part(uuid, text) is
'Returns the hint for an error of the file where rows of the job are in the target; null where the usual hint fits.';

revoke all on function importer.hint_for_part(uuid, text) from public, anon, authenticated, service_role;
