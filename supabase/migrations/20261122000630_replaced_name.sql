create function importer.replaced_name(job_id uuid) returns text
language sql immutable set search_path = ''
as $$
  select 'replaced_' || replace(replaced_name.job_id::text, '-', '')
$$;

comment on function importer.replaced_name(uuid) is
'Name of the table, in the schema importer, of the rows that a job has replaced.';

revoke all on function importer.replaced_name(uuid) from public, anon, authenticated, service_role;
