-- What a transition brings with it: an event, the snapshot of the owner of a new job or of one that
-- its owner retries (its claims may be others by now), and the end of the lease when the job leaves
-- `running`.
create function importer.follow_import_job() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' and old.status = 'running' then
    delete from importer.job_leases where job_id = new.id;
  end if;
  if tg_op = 'UPDATE' and old.chunks_done > 0 and new.chunks_done = 0 then
    delete from importer.job_chunks where job_id = new.id;
    delete from public.import_job_errors where job_id = new.id;
    delete from importer.job_rejects where job_id = new.id;
  end if;
  if new.created_by is not null and (
    tg_op = 'INSERT' or (new.status = 'pending' and old.status <> 'running' and auth.uid() = new.created_by)
  ) then
    insert into importer.job_identities (job_id, role, claims)
    select new.id, i.identity ->> 'role', i.identity -> 'claims'
    from (
      select importer.current_identity(new.created_by, (
        select t.claims from importer.target_of(new.target) as t
      )) as identity
    ) as i
    on conflict on constraint job_identities_pkey do update set role = excluded.role, claims = excluded.claims;
  end if;
  insert into public.import_job_events (job_id, event, attempt, detail)
  values (
    new.id, new.status, new.attempts,
    jsonb_strip_nulls(jsonb_build_object(
      'from', case when tg_op = 'UPDATE' then old.status end,
      'error_code', new.error_code,
      'by', session_user
    ))
  );
  return null;
end
$$;

comment on function importer.follow_import_job() is
'Trigger function: writes the event of a transition and a new job''s owner, ends the lease of a job that stops running.';

revoke all on function importer.follow_import_job() from public, anon, authenticated, service_role;

create trigger follow_import_job_insert after insert on public.import_jobs
for each row execute function importer.follow_import_job();

create trigger follow_import_job_update after update on public.import_jobs
for each row when (old.status is distinct from new.status) execute function importer.follow_import_job();
