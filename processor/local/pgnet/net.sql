-- Stand-in for the extension pg_net 0.20, for servers that do not have it: same schema, tables,
-- functions, defaults and grants. `python -m processor.local.pgnet` sends what is queued here.
-- Applied once per database by a superuser, who owns it all as with the extension.
create schema net;
comment on schema net is 'Stand-in for pg_net 0.20: requests queued here are sent after commit.';

create domain net.http_method as text
check (lower(value) in ('get', 'post', 'delete'));
comment on domain net.http_method is 'The verbs that can be queued, in any case.';

-- No primary key and no foreign key, as in pg_net. Unlogged: a crash of the server empties it and
-- its sequence starts at 1 again.
create unlogged table net.http_request_queue (
  id bigserial,
  method net.http_method not null, -- noqa: RF04
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds int not null
);
comment on table net.http_request_queue is
'Requests that wait for their batch; a row leaves when every request of its batch has ended.';

create unlogged table net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text, -- noqa: RF04
  timed_out bool,
  error_msg text,
  created timestamptz not null default now()
);
comment on table net._http_response is
'What came back for a request, or why nothing did; kept for 6 hours.';
create index _http_response_created_idx on net._http_response (created);

-- The one table that pg_net does not have. It is logged, so that a fault outlives a crash.
create table net.stand_in_faults (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('delay', 'repeat', 'lose')),
  amount numeric check (amount >= 0),
  url_like text not null default '%',
  remaining int check (remaining >= 0),
  check (kind = 'lose' or amount is not null)
);
comment on table net.stand_in_faults is
'Faults for tests. Every request takes every row whose url_like its URL is LIKE and whose '
'remaining is not used up: "delay" waits amount seconds before sending (its batch waits with it, '
'its own time-out does not run yet), "repeat" sends amount times at once and records the last '
'answer, "lose" sends nothing and records nothing. remaining goes down by one per request; null is '
'for ever. Rows committed before the batch of a request begins are seen by it.';

create function net.check_worker_is_up() returns void
language plpgsql
set search_path = ''
as $$
begin
  -- The key is the one that the worker locks for as long as it serves this database.
  if not exists (
    select 1 from pg_catalog.pg_locks as held
    where held.locktype = 'advisory' and held.granted
      and held.classid = 1885826661 and held.objid = 1953723497 and held.objsubid = 2
      and held.database = (
        select here.oid from pg_catalog.pg_database as here
        where here.datname = pg_catalog.current_database()
      )
  ) then
    raise exception 'the pg_net background worker is not up'
      using hint = 'start the stand-in: python -m processor.local.pgnet';
  end if;
end
$$;
comment on function net.check_worker_is_up() is 'Raises when nothing serves the queue.';

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
comment on function net.wait_until_running() is 'Returns as soon as the queue is served.';

-- NOTIFY is delivered at COMMIT and never after a rollback: the moment at which pg_net wakes, too.
create function net.wake() returns void
language sql
set search_path = ''
as $$
  select pg_catalog.pg_notify('pg_net_stand_in', '');
$$;
comment on function net.wake() is 'At COMMIT, has the worker look into the queue.';

create function net.worker_restart() returns bool
language sql
set search_path = ''
as $$
  select net.wake();
  select true;
$$;
comment on function net.worker_restart() is
'Has the worker look into the queue, as a restarted one does; the stand-in has nothing to reload.';

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
'Percent-encodes all but letters, digits, "-", ".", "_" and "~".';

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
  given text := pg_catalog.array_to_string(params_array, '&');
begin
  if part is null then
    raise exception 'URL using bad/illegal format or missing URL';
  end if;
  return part[1]
    || case when part[2] = '' then '/' else part[2] end
    || case
      when given = '' then coalesce(part[3], '')
      when part[3] is null or part[3] = '?' then '?' || given
      else part[3] || '&' || given
    end
    || coalesce(part[4], '');
end
$$;
comment on function net._encode_url_with_params_array(text, text[]) is
'Adds the encoded parameters to the query of the URL; raises when it is none.';

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
        select net._urlencode_string(given.key) || '=' || net._urlencode_string(given.value)
        from pg_catalog.jsonb_each_text(_enqueue.params) as given
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
'The common half of http_get, http_post and http_delete: queues the request and wakes the worker.';

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
  return net._enqueue('GET', url, params, headers, timeout_milliseconds, null);
end
$$;
comment on function net.http_get(text, jsonb, jsonb, int) is
'Queues a GET, sent after COMMIT; returns its id.';

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
    select given.value from pg_catalog.jsonb_each_text(http_post.headers) as given
    where pg_catalog.lower(given.key) = 'content-type'
    limit 1
  );
begin
  if content_type <> 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  end if;
  if content_type is null then
    headers := headers || '{"Content-Type": "application/json"}'::jsonb;
  end if;
  return net._enqueue('POST', url, params, headers, timeout_milliseconds, body);
end
$$;
comment on function net.http_post(text, jsonb, jsonb, jsonb, int) is
'Queues a POST of a JSON body, sent after COMMIT; returns its id.';

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
  return net._enqueue('DELETE', url, params, headers, timeout_milliseconds, body);
end
$$;
comment on function net.http_delete(text, jsonb, jsonb, int, jsonb) is
'Queues a DELETE, sent after COMMIT; returns its id.';

create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');
create type net.http_response as (status_code integer, headers jsonb, body text);
create type net.http_response_result as (
  status net.request_status, message text, response net.http_response
);

create function net._await_response(request_id bigint) returns bool
language plpgsql
set search_path = ''
as $$
begin
  while not exists (select 1 from net._http_response as come where come.id = request_id) loop
    perform pg_catalog.pg_sleep(0.05);
  end loop;
  return true;
end
$$;
comment on function net._await_response(bigint) is
'Waits for the response; in the transaction that queued the request it would wait for ever.';

create function net._http_collect_response(request_id bigint, async bool default true)
returns net.http_response_result
language plpgsql
set search_path = ''
as $$
declare
  come net._http_response;
begin
  if not async then
    perform net._await_response(request_id);
  end if;
  select found_row.* into come from net._http_response as found_row where found_row.id = request_id;
  if not found or come.error_msg is not null then
    return (
      'ERROR', coalesce(come.error_msg, 'request matching request_id not found'), null
    )::net.http_response_result;
  end if;
  return (
    'SUCCESS', 'ok', (come.status_code, come.headers, come.content)::net.http_response
  )::net.http_response_result;
end
$$;
comment on function net._http_collect_response(bigint, bool) is
'The response of a request as a status, a message and what came; ERROR while there is none.';

-- pg_net 0.20 still has this deprecated name, but calling it there ends in an error; here it works.
create function net.http_collect_response(request_id bigint, async bool default true)
returns net.http_response_result
language plpgsql
set search_path = ''
as $$
begin
  raise notice 'The net.http_collect_response function is deprecated.';
  return net._http_collect_response(request_id, async);
end
$$;
comment on function net.http_collect_response(bigint, bool) is
'Deprecated: _http_collect_response.';

-- pg_net 0.12 and later let every role in.
grant usage on schema net to public;
grant all on net.http_request_queue, net._http_response to public;
grant all on sequence net.http_request_queue_id_seq to public;
grant execute on all functions in schema net to public;
grant select, insert, update, delete on net.stand_in_faults to pg_database_owner;
