-- The doorbell has two bells that tell processors to look at the queue. NOTIFY reaches those that keep a session open,
-- within a millisecond of the commit. An HTTP request through pg_net wakes those that sleep or scale to zero. A ring
-- may be lost, delayed or doubled without harm, because the job's row holds everything and the sweep finds jobs that no
-- ring announced. No error in a ring may ever fail the insert of a job, and no ring may make an insert wait.
-- pg_net sends nothing else in the database until the slowest request of its batch has ended, so a processor that
-- accepts a ring and does not answer holds the webhooks of all others. Therefore no ring is sent while an earlier one
-- is unanswered, and rings to a processor that has fallen silent wait 2 s only.

-- The note of the rings that were sent. A ring writes a row of its own, which no other transaction waits for, and which
-- others see when it commits: at the moment pg_net sends the request. Unlogged, as the queue of pg_net is: a crash
-- loses the rings and the note of them together. The sequence goes on, so that no number is given twice.
create sequence importer.ring_numbers;

comment on sequence importer.ring_numbers is 'Numbers of rings.';

revoke all on sequence importer.ring_numbers from public, anon, authenticated, service_role;

create unlogged table importer.rings (
  number bigint primary key default nextval('importer.ring_numbers'), -- noqa: RF04
  sent_at timestamptz not null default clock_timestamp(),
  timeout_milliseconds integer not null
);

comment on table importer.rings is 'Rings that were sent through pg_net in the last hour.';
comment on column importer.rings.number is 'Number of the ring; the request has it in the header Import-Jobs-Ring.';
comment on column importer.rings.sent_at is 'When the ring was handed to pg_net.';
comment on column importer.rings.timeout_milliseconds is 'How long pg_net waits for the answer.';

revoke all on importer.rings from public, anon, authenticated, service_role;

-- The rings that no processor has taken, the newest 200 at most, so that the cost is limited however long no sweep has
-- deleted old ones. A ring is taken if a processor has taken it or one with a higher number.
create function importer.open_rings() returns setof importer.rings
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select r.number, r.sent_at, r.timeout_milliseconds
  from importer.rings as r
  where r.number > coalesce((select max(p.newest_ring) from importer.processors as p), 0)
  order by r.number desc
  limit 200
$$;

comment on function importer.open_rings() is 'Returns the rings that no processor has taken, the newest first.';

revoke all on function importer.open_rings() from public, anon, authenticated, service_role;

-- pg_net loses requests, so a ring whose time-out is over counts as lost and no longer as unanswered.
create function importer.ring_is_unanswered() returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set lock_timeout = '50ms'
as $$
begin
  return exists (
    select from importer.open_rings() as r
    where clock_timestamp() < r.sent_at + make_interval(secs => r.timeout_milliseconds / 1000.0)
  );
exception when others then
  return false; -- somebody has locked the note; a ring too many does no harm
end
$$;

comment on function importer.ring_is_unanswered() is
'Returns whether a ring was sent that no processor has taken and whose time-out is not over.';

revoke all on function importer.ring_is_unanswered() from public, anon, authenticated, service_role;

-- A processor that was seen before is silent if nothing was heard from it for 15 s, which is three of its reports, or
-- if it has not taken a ring for 15 s. A processor that scales to zero is silent most of the time and needs the full
-- time-out to start.
create function importer.ring_timeout() returns integer
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set lock_timeout = '50ms'
as $$
declare
  long constant integer := least(greatest(importer.setting_number('ring_timeout_milliseconds', 300000), 1000), 300000);
  silent_since constant timestamptz := clock_timestamp() - interval '15 s';
begin
  if lower((select s.value from importer.settings as s where s.name = 'processor_sleeps')) in ('true', 'on', 'yes', '1')
  then
    return long;
  end if;
  if (select max(p.seen_at) from importer.processors as p) < silent_since
    or exists (select from importer.processors) and exists (
      select from importer.open_rings() as r where r.sent_at < silent_since
    )
  then
    return least(long, 2000);
  end if;
  return long;
exception when lock_not_available then
  return 2000;
end
$$;

comment on function importer.ring_timeout() is
'Returns for how many milliseconds pg_net waits for the answer to a ring: ring_timeout_milliseconds, or 2,000 if the
processor was seen before and is silent, unless the setting processor_sleeps is true.';

revoke all on function importer.ring_timeout() from public, anon, authenticated, service_role;

create function importer.forget_processors() returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
  delete from importer.rings as r where r.sent_at < clock_timestamp() - interval '1 hour';
  delete from importer.lost_attempts as l where l.lost_at < clock_timestamp() - interval '1 day';
  delete from importer.processors as p
  where p.seen_at < clock_timestamp() - interval '1 hour'
    and exists (select from importer.processors as n where n.seen_at > p.seen_at);
$$;

comment on function importer.forget_processors() is
'Deletes rings after an hour, lost attempts after a day, and processors not seen for an hour, except the one seen last.';

revoke all on function importer.forget_processors() from public, anon, authenticated, service_role;

-- The request names jobs and nothing else, and its token is good for ringing only. 1,000 ids are 39 kB, below the 64 kB
-- that the processor reads; it looks at the whole queue anyway, so it also finds the jobs that are not named. The lock
-- time-out keeps a locked schema `net` (while the extension is upgraded) from delaying an insert.
create function importer.notify_process_import_jobs_async(job_ids uuid[] default '{}') returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '200ms'
as $$
declare
  processor_url text := importer.setting('import_jobs_processor_url');
  wake_token text := importer.setting('import_jobs_wake_token');
  timeout integer := importer.ring_timeout();
  ring text;
begin
  if processor_url is null or wake_token is null then
    raise exception 'no processor is configured' using errcode = 'IJ109',
    hint = 'Run "import-jobs configure --processor-url <url>".';
  end if;
  begin
    insert into importer.rings (timeout_milliseconds) values (timeout) returning number::text into ring;
  exception when lock_not_available then
    ring := null; -- the ring is sent all the same, without a number
  end;
  return net.http_post(
    url := rtrim(processor_url, '/') || '/process-import-jobs',
    body := jsonb_build_object('job_ids', job_ids[1:1000]),
    headers := jsonb_strip_nulls(jsonb_build_object(
      'Content-Type', 'application/json', 'Authorization', 'Bearer ' || wake_token, 'Import-Jobs-Ring', ring
    )),
    timeout_milliseconds := timeout
  );
end
$$;

comment on function importer.notify_process_import_jobs_async(uuid[]) is
'Rings the processor through pg_net when the transaction commits, also while an earlier ring is unanswered; returns
pg_net''s request id. Raises IJ109 if no processor is configured.';

revoke all on function importer.notify_process_import_jobs_async(uuid[])
from public, anon, authenticated, service_role;

-- NOTIFY takes a lock of the whole database until the commit is on the disk, so that commits with it follow each
-- other: with one in every insert 300 connections made 200 inserts a second, and 1,100 without. Therefore it is sent 50
-- times a second at most; a processor looks again after a notification, and finds what was inserted meanwhile. The time
-- of the last one is the value of a sequence, which others see at once and without a lock.
create sequence importer.last_notification;

comment on sequence importer.last_notification is 'When processors were last notified, in milliseconds since 1970.';

revoke all on sequence importer.last_notification from public, anon, authenticated, service_role;

-- When the queue of notifications is full, which needs a listener that is stuck for hours, commits would fail; nothing
-- is added once it is half full. A time in the future, after the clock was set back, does not count.
create function importer.notify_processors() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  now_ms constant bigint := extract(epoch from clock_timestamp()) * 1000;
  last_ms constant bigint := (select s.last_value from importer.last_notification as s);
begin
  if now_ms - last_ms not between 0 and 19 and pg_notification_queue_usage() < 0.5 then
    perform setval('importer.last_notification', now_ms);
    perform pg_notify('import_jobs', '');
  end if;
end
$$;

comment on function importer.notify_processors() is
'Sends a notification on the channel import_jobs at the commit, unless one was sent in the last 20 ms.';

revoke all on function importer.notify_processors() from public, anon, authenticated, service_role;

-- The second block is apart, because an error in it undoes its part of the transaction.
create function importer.ring_processor(job_ids uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.notify_processors();
  begin
    if not importer.ring_is_unanswered() then
      perform importer.notify_process_import_jobs_async(job_ids);
    end if;
  exception when others then
    raise warning 'import-jobs could not ring the processor (%): %', sqlstate, sqlerrm
    using hint = 'No action is needed for the job: the sweep will find it.';
  end;
end
$$;

comment on function importer.ring_processor(uuid[]) is
'Rings both bells: NOTIFY on the channel import_jobs and, unless an earlier ring is unanswered, a request through
pg_net. An error becomes a warning, since the sweep finds the jobs anyway.';

revoke all on function importer.ring_processor(uuid[]) from public, anon, authenticated, service_role;

-- One ring for each statement, for any number of rows. Jobs that are not due yet are left to the sweep.
create function importer.trigger_import_job_processing() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
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
    perform importer.ring_processor(due);
  end if;
  return null;
exception when others then
  raise warning 'import-jobs could not ring the processor (%): %', sqlstate, sqlerrm
  using hint = 'No action is needed for the job: the sweep will find it.';
  return null;
end
$$;

comment on function importer.trigger_import_job_processing() is
'Trigger function: rings the processor once for the pending jobs of a statement; it never fails the statement.';

revoke all on function importer.trigger_import_job_processing() from public, anon, authenticated, service_role;

create trigger trigger_process_import_jobs after insert on public.import_jobs
referencing new table as new_rows
for each statement execute function importer.trigger_import_job_processing();

-- A manual retry rings, too. It needs a second trigger, because a trigger with transition tables may have neither a
-- column list nor several events.
create trigger trigger_process_import_jobs_retry after update on public.import_jobs
referencing old table as old_rows new table as new_rows
for each statement execute function importer.trigger_import_job_processing();
