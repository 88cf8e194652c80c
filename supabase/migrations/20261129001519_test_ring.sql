-- A ring of which `import-jobs doctor` sees what comes of it, from end to end: the database sends it through pg_net,
-- and the processor that takes it says so.

-- As importer.notify_process_import_jobs_async() rings, but with 8 s for the answer: a processor that accepts a ring
-- and does not answer holds pg_net for that long.
create function importer.send_test_ring() returns table (ring bigint, request bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  insert into importer.rings (timeout_milliseconds) values (8000) returning number into ring;
  request := net.http_post(
    url := rtrim(importer.setting('import_jobs_processor_url'), '/') || '/process-import-jobs',
    headers := jsonb_build_object(
      'Content-Type', 'application/json', 'Authorization', 'Bearer ' || importer.setting('import_jobs_wake_token'),
      'Import-Jobs-Ring', ring::text
    ),
    timeout_milliseconds := 8000
  );
  return next;
end
$$;

comment on function importer.send_test_ring() is
'Rings the processor when the transaction commits; returns the number of the ring and pg_net''s request id.';

revoke all on function importer.send_test_ring() from public, anon, authenticated, service_role;
grant execute on function importer.send_test_ring() to import_processor;

-- Nothing depends on pg_net's table of answers but this explanation; another form of it leaves status and error null.
-- A ring that nobody took is forgotten once that is sure, so that it does not count as one that was lost.
create function importer.test_ring_result(ring bigint, request bigint)
returns table (taken boolean, status integer, error text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  taken := exists (select from importer.processors as p where p.newest_ring >= test_ring_result.ring);
  begin
    execute 'select r.status_code, r.error_msg from net._http_response as r where r.id = $1'
    into status, error using test_ring_result.request;
  exception when undefined_table or undefined_column or insufficient_privilege then
    status := null;
  end;
  if not taken then
    delete from importer.rings as r
    where r.number = test_ring_result.ring and (
      error is not null or status not between 200 and 299 or r.sent_at < clock_timestamp() - interval '8 s'
    );
  end if;
  return next;
end
$$;

comment on function importer.test_ring_result(bigint, bigint) is
'Returns whether a processor has taken a ring, and the HTTP status and the error that pg_net has noted.';

revoke all on function importer.test_ring_result(bigint, bigint) from public, anon, authenticated, service_role;
grant execute on function importer.test_ring_result(bigint, bigint) to import_processor;
