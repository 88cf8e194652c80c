-- Stand-in for the extension pg_net 0.20, for servers that do not have it. It has the same schema,
-- tables, functions, defaults and grants; `python -m processor.local.pgnet` sends the requests.
-- A superuser applies net_tables.sql, net_requests.sql and net_responses.sql once per database and owns
-- everything, as with the extension.
create schema net;
comment on schema net is 'Stand-in for pg_net 0.20: requests queued here are sent after the transaction commits.';

create domain net.http_method as text
check (lower(value) in ('get', 'post', 'delete'));
comment on domain net.http_method is 'HTTP methods that can be queued, in upper or lower case.';

-- No primary key and no foreign key, as in pg_net. The table is unlogged: a crash of the server empties
-- it and restarts its sequence at 1.
create unlogged table net.http_request_queue (
  id bigserial,
  method net.http_method not null, -- noqa: RF04
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds int not null
);
comment on table net.http_request_queue is
'Requests that wait to be sent. A row is deleted when every request of its batch has ended.';

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
'Responses to requests, or the reason why there is none; kept for 6 hours.';
create index _http_response_created_idx on net._http_response (created);

-- The only table that pg_net does not have. It is logged, so that faults survive a crash.
create table net.stand_in_faults (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('delay', 'repeat', 'lose')),
  amount numeric check (amount >= 0),
  url_like text not null default '%',
  remaining int check (remaining >= 0),
  check (kind = 'lose' or amount is not null)
);
comment on table net.stand_in_faults is
'Faults for tests. A fault applies to every request whose URL is LIKE url_like, until remaining, which '
'each of these requests decreases by one, is 0; null means no limit. Kinds: "delay" waits amount seconds '
'before it sends the request (the whole batch waits, but the time-out of the request does not run yet), '
'"repeat" sends the request amount times at the same time and records the last response, "lose" neither '
'sends the request nor records a response. A batch sees the faults that were committed before it began.';
