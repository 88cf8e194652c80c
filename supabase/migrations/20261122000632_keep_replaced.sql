-- Saves what a job is about to exchange, in the transaction that exchanges it, so that it can be
-- undone. Definer, as the processor may neither create a table nor read the target. Values that
-- Postgres computes itself are left out. Where row security would hide rows from this function's owner,
-- row_security = off makes that an error instead of a gap.
create function importer.keep_replaced(job_id uuid, token uuid) returns bigint
language plpgsql security definer set search_path = '' set row_security = off
as $$
declare
  job public.import_jobs;
  rules jsonb;
  relation regclass;
  kept text := importer.replaced_name(keep_replaced.job_id);
  columns text;
  definitions text;
  rows bigint;
begin
  perform importer.hold_lease(keep_replaced.job_id, keep_replaced.token);
  select j.* into job from public.import_jobs as j where j.id = keep_replaced.job_id;
  rules := importer.describe_target(job.target);
  relation := to_regclass(quote_ident(rules ->> 'schema') || '.' || quote_ident(rules ->> 'table'));
  if relation is null then
    raise exception 'the target''s table does not exist any more' using errcode = 'IJ503',
    hint = 'Restore the table or register the target again with importer.register_target().';
  end if;
  if job.created_by is not null and rules ->> 'owner_column' is null and rules ->> 'run_as' = 'uploader' then
    raise exception 'a user cannot replace the rows of all' using errcode = 'IJ601',
    hint = 'Set owner_column of the target: users replace the rows that are theirs by it. Administrators replace all rows.';
  end if;
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum),
    string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum)
  into columns, definitions
  from pg_catalog.pg_attribute as a
  where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
  execute format('drop table if exists importer.%I', kept);
  execute format(
    'create table importer.%I ("#row" bigint generated always as identity primary key, %s)', kept, definitions
  );
  execute format('revoke all on importer.%I from public, anon, authenticated, service_role', kept);
  execute format('insert into importer.%I (%s) select %s from %s where %s', kept, columns, columns, relation,
    case
      when job.created_by is null or rules ->> 'owner_column' is null then 'true'
      else format('%I = %L', rules ->> 'owner_column', job.created_by)
    end
  );
  get diagnostics rows = row_count;
  return rows;
end
$$;

comment on function importer.keep_replaced(uuid, uuid) is
'Saves the rows that a job replaces: its owner''s, or all for a job without an owner. Returns how many. Raises IJ601 for a
user''s job where no column says whose a row is, IJ503 without a table, IJ103 without a lease.';

revoke all on function importer.keep_replaced(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.keep_replaced(uuid, uuid) to import_processor;
