-- A processor that was paused in the middle of a COPY, or whose machine has vanished, keeps its
-- transaction open: for as long as the pause, or until the server's keepalive gives up (two hours).
-- Its rows would be refused in the end, but until then a row with the same key waits for them, and so
-- does the job's new holder. Invoker: a role may end its own sessions, and it sees no other's names.
-- Who asks must hold the lease, so that one who wakes up late does not end the new holder's session.
create function importer.end_former_sessions(job_id uuid, token uuid, lease_seconds integer) returns integer
language plpgsql security invoker set search_path = ''
as $$
begin
  if not importer.renew_lease(end_former_sessions.job_id, end_former_sessions.token, lease_seconds) then
    return 0;
  end if;
  -- Materialized, or the planner may call the function for sessions that the other conditions rule out.
  return (
    with former as materialized (
      select a.pid from pg_catalog.pg_stat_activity as a
      where a.usename = current_user and a.datname = current_database() and a.pid <> pg_backend_pid()
        and a.application_name = 'import-jobs ' || end_former_sessions.job_id
    )

    select count(*) from former where pg_terminate_backend(former.pid, 5000)
  );
end
$$;

comment on function importer.end_former_sessions(uuid, uuid, integer) is
'Ends sessions of former holders that are in a transaction for this job; returns how many. Does nothing without a lease.';

revoke all on function importer.end_former_sessions(uuid, uuid, integer)
from public, anon, authenticated, service_role;
grant execute on function importer.end_former_sessions(uuid, uuid, integer) to import_processor;
