-- The fence. The job's row is locked before the lease is looked at: whoever would take the job over
-- or cancel it must change that row first, so that a check which passed still holds at the commit.
-- Always in this order, job and then lease, as a cancellation does it; the other way round, the two
-- ended in a deadlock.
create function importer.hold_lease(job_id uuid, token uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform from public.import_jobs as j where j.id = hold_lease.job_id for no key update;
  perform from importer.job_leases as l
  where l.job_id = hold_lease.job_id and l.token = hold_lease.token and l.expires_at > clock_timestamp();
  if not found then
    raise exception 'the lease on job % is over', hold_lease.job_id using errcode = 'IJ103',
    hint = 'Another processor has taken the job over, or it was cancelled; nothing more is written here.';
  end if;
end
$$;

comment on function importer.hold_lease(uuid, uuid) is
'Raises IJ103 unless the token is that of the job''s lease and the lease is not over; else keeps it until the commit.';

revoke all on function importer.hold_lease(uuid, uuid) from public, anon, authenticated, service_role;
