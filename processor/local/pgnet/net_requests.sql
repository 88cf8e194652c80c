-- The functions that queue requests and wake the worker.
create function net.check_worker_is_up() returns void
language plpgsql
set search_path = ''
as $$
begin
  -- The worker holds the advisory lock with this key as long as it serves the database.
  if not exists (
    select 1 from pg_catalog.pg_locks as locks
    where locks.locktype = 'advisory' and locks.granted
      and locks.classid = 1885826661 and locks.objid = 1953723497 and locks.objsubid = 2
      and locks.database = (
        select databases.oid from pg_catalog.pg_database as databases
        where databases.datname = pg_catalog.current_database()
      )
  ) then
    raise exception 'the pg_net background worker is not up'
      using hint = 'Start the stand-in: python -m processor.local.pgnet';
  end if;
end
$$;
comment on function net.check_worker_is_up() is 'Raises an exception when no worker serves the queue.';

create function net.wait_until_running() returns void
language plpgsql
set search_path = ''
as $$
begin
  loop
    begin
      perform net.check_worker_is_up();
      return;
    exception when raise_exception then
      perform pg_catalog.pg_sleep(0.05);
    end;
  end loop;
end
$$;
comment on function net.wait_until_running() is 'Waits until a worker serves the queue.';

-- A notification is delivered at commit and never after a rollback. pg_net wakes its worker at the same moment, and
-- without a lock, but NOTIFY makes commits follow each other. So it is sent 20 times a second at most: the worker
-- begins a batch 40 ms after a notification, as pg_net does, and looks again after the pause.
create sequence net.stand_in_wake;

create function net.wake() returns void
language plpgsql
set search_path = ''
as $$
declare
  now_ms constant bigint := extract(epoch from pg_catalog.clock_timestamp()) * 1000;
  last_ms constant bigint := (select wakes.last_value from net.stand_in_wake as wakes);
begin
  if now_ms - last_ms not between 0 and 49 then
    perform pg_catalog.setval('net.stand_in_wake', now_ms);
    perform pg_catalog.pg_notify('pg_net_stand_in', '');
  end if;
end
$$;
comment on function net.wake() is 'Makes the worker look into the queue after the transaction commits.';

create function net.worker_restart() returns bool
language sql
set search_path = ''
as $$
  select net.wake();
  select true;
$$;
comment on function net.worker_restart() is
'Makes the worker look into the queue, as a restarted worker does. The stand-in has no settings to reload.';

create function net._urlencode_string(string varchar) returns text
language sql
immutable
set search_path = ''
as $$
  select coalesce(pg_catalog.string_agg(
    case
      when octets.code between 48 and 57 or octets.code between 65 and 90
        or octets.code between 97 and 122 or octets.code in (45, 46, 95, 126)
        then pg_catalog.chr(octets.code)
      else '%' || pg_catalog.lpad(pg_catalog.upper(pg_catalog.to_hex(octets.code)), 2, '0')
    end,
    '' order by octets.place
  ), '')
  from (
    select place, pg_catalog.get_byte(pg_catalog.convert_to(string, 'UTF8'), place) as code
    from pg_catalog.generate_series(
      0, pg_catalog.octet_length(pg_catalog.convert_to(string, 'UTF8')) - 1
    ) as place
  ) as octets
  having string is not null;
$$;
comment on function net._urlencode_string(varchar) is
'Percent-encodes all characters except letters, digits, "-", ".", "_" and "~".';

create function net._encode_url_with_params_array(url text, params_array text[]) returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  -- scheme://authority, path, ?query, #fragment
  part text[] := pg_catalog.regexp_match(
    url, '^([A-Za-z][A-Za-z0-9+.-]*://[^/?#\s]+)([^?#\s]*)([?][^#\s]*)?(#\S*)?$'
  );
  added text := pg_catalog.array_to_string(params_array, '&');
begin
  if part is null then
    raise exception 'URL using bad/illegal format or missing URL';
  end if;
  return part[1]
    || case when part[2] = '' then '/' else part[2] end
    || case
      when added = '' then coalesce(part[3], '')
      when part[3] is null or part[3] = '?' then '?' || added
      else part[3] || '&' || added
    end
    || coalesce(part[4], '');
end
$$;
comment on function net._encode_url_with_params_array(text, text[]) is
'Adds the encoded parameters to the query of the URL; raises an exception when the URL is invalid.';

create function net._enqueue(
  method text, url text, params jsonb, headers jsonb, timeout_milliseconds int, body jsonb
) returns bigint
language plpgsql
set search_path = ''
as $$
declare
  request_id bigint;
begin
  insert into net.http_request_queue (method, url, headers, timeout_milliseconds, body)
  select
    _enqueue.method,
    net._encode_url_with_params_array(
      _enqueue.url,
      array(
        select net._urlencode_string(parameter.key) || '=' || net._urlencode_string(parameter.value)
        from pg_catalog.jsonb_each_text(_enqueue.params) as parameter
      )
    ),
    _enqueue.headers,
    _enqueue.timeout_milliseconds,
    pg_catalog.convert_to(_enqueue.body::text, 'UTF8')
  returning id into request_id;
  perform net.wake();
  return request_id;
end
$$;
comment on function net._enqueue(text, text, jsonb, jsonb, int, jsonb) is
'Queues a request and wakes the worker; http_get, http_post and http_delete call it.';

create function net.http_get(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds int default 5000
) returns bigint
language plpgsql
set search_path = ''
as $$
begin
  return net._enqueue(
    method => 'GET', url => url, params => params, headers => headers,
    timeout_milliseconds => timeout_milliseconds, body => null
  );
end
$$;
comment on function net.http_get(text, jsonb, jsonb, int) is
'Queues a GET, which is sent after the transaction commits; returns the id of the request.';

create function net.http_post(
  url text,
  body jsonb default '{}'::jsonb,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{"Content-Type": "application/json"}'::jsonb,
  timeout_milliseconds int default 5000
) returns bigint
language plpgsql
set search_path = ''
as $$
declare
  content_type text := (
    select header.value from pg_catalog.jsonb_each_text(http_post.headers) as header
    where pg_catalog.lower(header.key) = 'content-type'
    limit 1
  );
begin
  if content_type <> 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  end if;
  if content_type is null then
    headers := headers || '{"Content-Type": "application/json"}'::jsonb;
  end if;
  return net._enqueue(
    method => 'POST', url => url, params => params, headers => headers,
    timeout_milliseconds => timeout_milliseconds, body => body
  );
end
$$;
comment on function net.http_post(text, jsonb, jsonb, jsonb, int) is
'Queues a POST of a JSON body, which is sent after the transaction commits; returns the id of the request.';

create function net.http_delete(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds int default 5000,
  body jsonb default null
) returns bigint
language plpgsql
set search_path = ''
as $$
begin
  return net._enqueue(
    method => 'DELETE', url => url, params => params, headers => headers,
    timeout_milliseconds => timeout_milliseconds, body => body
  );
end
$$;
comment on function net.http_delete(text, jsonb, jsonb, int, jsonb) is
'Queues a DELETE, which is sent after the transaction commits; returns the id of the request.';
