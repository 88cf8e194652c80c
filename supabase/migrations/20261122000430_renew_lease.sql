create function importer.renew_lease(job_id uuid, token uuid, lease_seconds integer default 45) returns boolean
language sql security definer set search_path = ''
as $$
  with renewed as (
    update importer.job_leases as l
    set expires_at = clock_timestamp() + make_interval(secs => renew_lease.lease_seconds)
    where l.job_id = renew_lease.job_id and l.token = renew_lease.token and l.expires_at > clock_timestamp()
    returning l.job_id
  )

  select exists (select from renewed)
$$;

comment on function importer.renew_lease(uuid, uuid, integer) is
'Prolongs a lease that still holds; false when it is over, was taken over, or the job was cancelled.';

revoke all on function importer.renew_lease(uuid, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function importer.renew_lease(uuid, uuid, integer) to import_processor;
