-- The state machine. It stands in a trigger, so that it holds for every writer: functions, clients,
-- psql.
create function importer.guard_import_job() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.updated_at := clock_timestamp();
  if new.status = old.status then
    return new;
  end if;
  if (old.status, new.status) not in (
    ('pending', 'running'), ('pending', 'failed'), ('pending', 'cancelled'), ('running', 'pending'),
    ('running', 'completed'), ('running', 'failed'), ('running', 'cancelled'), ('failed', 'pending'),
    ('cancelled', 'pending')
  ) then
    raise exception 'a % job cannot become %', old.status, new.status using errcode = 'IJ101',
    hint = 'Only failed and cancelled jobs can be retried, only pending and running ones cancelled.';
  end if;
  -- A client's role changes states by hand; everything else comes through functions of their owner.
  if current_user in ('authenticated', 'anon', 'service_role')
    and not (new.status = 'cancelled' or (new.status = 'pending' and old.status in ('failed', 'cancelled')))
  then
    raise exception 'a job is made % by the processor only', new.status using errcode = 'IJ101',
    hint = 'Set status to pending to retry an ended job, or to cancelled.';
  end if;
  if new.status <> 'running' then
    new.phase := null;
  end if;
  if new.status in ('failed', 'cancelled', 'completed') then
    new.finished_at := clock_timestamp();
  end if;
  -- Of an all-or-nothing job, or a dry run, that did not complete nothing is in the target: what was staged is passed over.
  if new.status in ('failed', 'cancelled') and 'true' in (new.options -> 'atomic', new.options -> 'dry_run') then
    new.rows_skipped := new.rows_skipped + new.rows_loaded;
    new.rows_loaded := 0;
  end if;
  -- A retry by hand starts a new series of attempts. What is in stays in; a file of which nothing
  -- is in may be another.
  if new.status = 'pending' and old.status in ('failed', 'cancelled') then
    new.attempts := 0;
    new.error_code := null;
    new.error_message := null;
    new.error_hint := null;
    new.finished_at := null;
    new.run_after := now();
    -- An all-or-nothing job begins anew, and one whose rows were taken out; follow_import_job() clears its ledger.
    if 'true' in (new.options -> 'atomic', new.options -> 'dry_run') or old.undone_at is not null then
      new.undone_at := null;
      new.rows_read := 0;
      new.rows_loaded := 0;
      new.rows_rejected := 0;
      new.rows_skipped := 0;
      new.bytes_read := 0;
      new.chunks_done := 0;
      new.preview := null;
    end if;
    if new.chunks_done = 0 then
      new.file_etag := null;
      new.file_sha256 := null;
      new.bytes_total := null;
    end if;
  end if;
  return new;
end
$$;

comment on function importer.guard_import_job() is
'Trigger function: refuses illegal transitions (IJ101) and keeps the columns that follow from the status.';

revoke all on function importer.guard_import_job() from public, anon, authenticated, service_role;

create trigger guard_import_job before update on public.import_jobs
for each row execute function importer.guard_import_job();
