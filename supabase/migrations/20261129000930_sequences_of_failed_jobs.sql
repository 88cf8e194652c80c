-- The rows of a job that fails, is cancelled or loses its processor stay in the table, with the ids that the file
-- brings. So the sequences follow them as they follow those of a completed job (importer.finish_job()); otherwise the
-- next insert of the application would fail with 23505.

-- Not for jobs of users: a user who may choose ids could exhaust the sequence for everybody.
create function importer.advance_sequences_of(job public.import_jobs) returns void
language sql set search_path = pg_catalog, pg_temp
as $$
  select importer.advance_sequences(importer.registered_table(t))
  from importer.find_target((advance_sequences_of.job).target) as t
  where ((advance_sequences_of.job).created_by is null or t.run_as = 'processor')
    and (advance_sequences_of.job).options -> 'dry_run' is distinct from 'true'
$$;

comment on function importer.advance_sequences_of(public.import_jobs) is
'Sets the sequences of a job''s table to the highest values of their columns, where the job may do that.';

revoke all on function importer.advance_sequences_of(public.import_jobs)
from public, anon, authenticated, service_role;

create function importer.advance_sequences_of_interrupted_job() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.advance_sequences_of(new);
  return null;
end
$$;

comment on function importer.advance_sequences_of_interrupted_job() is
'Trigger function: lets the sequences of the table follow the rows of a job that has stopped before its end.';

revoke all on function importer.advance_sequences_of_interrupted_job()
from public, anon, authenticated, service_role;

-- A job that goes back to pending may wait for minutes. Once it has ended, its rows have been followed already.
create trigger advance_sequences_of_interrupted_job after update on public.import_jobs
for each row when (
  old.status in ('pending', 'running') and new.status in ('pending', 'failed', 'cancelled')
  and old.status is distinct from new.status and new.rows_loaded > 0
)
execute function importer.advance_sequences_of_interrupted_job();
