-- One wake for one statement, however many rows. Jobs that are not due yet are left to the sweep.
create function importer.trigger_import_job_processing() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  due uuid[];
begin
  if tg_op = 'INSERT' then
    select array_agg(n.id) into due from new_rows as n where n.status = 'pending' and n.run_after <= now();
  else
    select array_agg(n.id) into due
    from new_rows as n inner join old_rows as o using (id)
    where n.status = 'pending' and o.status in ('failed', 'cancelled');
  end if;
  if due is not null then
    perform importer.ring(due);
  end if;
  return null;
exception when others then
  raise warning 'import-jobs could not ring the processor (%): %; the sweep will find the job', sqlstate, sqlerrm;
  return null;
end
$$;

comment on function importer.trigger_import_job_processing() is
'Trigger function: rings the processor once for the statement''s new pending jobs, and never fails the statement.';

revoke all on function importer.trigger_import_job_processing() from public, anon, authenticated, service_role;

create trigger trigger_process_import_jobs after insert on public.import_jobs
referencing new table as new_rows
for each statement execute function importer.trigger_import_job_processing();

-- A retry by hand rings, too. Transition tables allow neither a column list nor several events,
-- hence a second trigger.
create trigger trigger_process_import_jobs_retry after update on public.import_jobs
referencing old table as old_rows new table as new_rows
for each statement execute function importer.trigger_import_job_processing();
