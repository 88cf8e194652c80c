-- From the rows themselves, not from what one attempt has seen of them.
create function importer.rejected_by_code(job_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('rejected_by_code', coalesce(jsonb_object_agg(c.code, c.rows), '{}'))
  from (
    select r.code, count(*) as rows from importer.rejected_rows(rejected_by_code.job_id) as r group by r.code
  ) as c
$$;

comment on function importer.rejected_by_code(uuid) is
'The part of a job''s report that counts its rejected rows by code, those of all attempts.';

revoke all on function importer.rejected_by_code(uuid) from public, anon, authenticated, service_role;
