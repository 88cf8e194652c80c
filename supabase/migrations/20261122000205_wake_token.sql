-- The processor may ask for the token it is rung with, so that it needs no second copy in its
-- environment.
create function importer.wake_token() returns text
language sql stable security definer set search_path = ''
as $$
  select importer.setting('import_jobs_wake_token')
$$;

comment on function importer.wake_token() is 'The token that rings the processor; null when none is configured.';

revoke all on function importer.wake_token() from public, anon, authenticated, service_role;
grant execute on function importer.wake_token() to import_processor;
