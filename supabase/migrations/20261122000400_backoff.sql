-- Exponential with full jitter: uniform between 0 and min(300 s, 2 s × 2^(attempt - 1)), so that
-- jobs which failed together do not come back together.
create function importer.backoff(attempt integer) returns interval
language sql volatile set search_path = ''
as $$
  select make_interval(secs => random() * least(300, 2 * power(2, least(greatest(backoff.attempt, 1), 20) - 1)))
$$;

comment on function importer.backoff(integer) is 'How long to wait after a failed attempt (counted from 1).';

revoke all on function importer.backoff(integer) from public, anon, authenticated, service_role;
