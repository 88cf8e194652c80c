-- The functions that return responses, and the grants on the whole schema.
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
  while not exists (select 1 from net._http_response as arrived where arrived.id = request_id) loop
    perform pg_catalog.pg_sleep(0.05);
  end loop;
  return true;
end
$$;
comment on function net._await_response(bigint) is
'Waits for the response to a request that was committed; without a commit it waits forever.';

create function net._http_collect_response(request_id bigint, async bool default true)
returns net.http_response_result
language plpgsql
set search_path = ''
as $$
declare
  response net._http_response;
begin
  if not async then
    perform net._await_response(request_id);
  end if;
  select responses.* into response from net._http_response as responses where responses.id = request_id;
  if not found or response.error_msg is not null then
    return (
      'ERROR', coalesce(response.error_msg, 'request matching request_id not found'), null
    )::net.http_response_result;
  end if;
  return (
    'SUCCESS', 'ok', (response.status_code, response.headers, response.content)::net.http_response
  )::net.http_response_result;
end
$$;
comment on function net._http_collect_response(bigint, bool) is
'Returns the status, a message and the response of a request. The status is ERROR while there is no response.';

-- pg_net 0.20 still has this deprecated function, but calling it there raises an error. Here it works.
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
'Deprecated: use _http_collect_response.';

-- From pg_net 0.12 on every role may use the schema.
grant usage on schema net to public;
grant all on net.http_request_queue, net._http_response to public;
grant all on sequence net.http_request_queue_id_seq, net.stand_in_wake to public;
grant execute on all functions in schema net to public;
grant select, insert, update, delete on net.stand_in_faults to pg_database_owner;
