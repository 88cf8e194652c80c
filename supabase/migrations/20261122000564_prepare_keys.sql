-- Where a key may stand in a file only once, keys are entered into a table of the job's, in the
-- transactions of its chunks. Logged, like the ledger and the staging tables, and dropped like these.
create function importer.prepare_keys(job_id uuid, token uuid, columns text[]) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  keys text := replace(importer.stage_name(prepare_keys.job_id), 'stage', 'keys');
  relation regclass;
begin
  perform importer.hold_lease(prepare_keys.job_id, prepare_keys.token);
  -- A retry by hand that begins anew finds the keys of the former attempts, but no chunk.
  if exists (select from importer.job_chunks as c where c.job_id = prepare_keys.job_id) then
    if to_regclass(format('importer.%I', keys)) is null then
      raise exception 'the keys that this job has met are not kept any more' using errcode = 'IJ504',
      hint = 'They are kept for a week: insert a new job.';
    end if;
    return keys;
  end if;
  select to_regclass(quote_ident(d.target ->> 'schema') || '.' || quote_ident(d.target ->> 'table')) into relation
  from (
    select importer.describe_target(j.target) as target
    from public.import_jobs as j where j.id = prepare_keys.job_id
  ) as d;
  if relation is null then
    raise exception 'the target''s table does not exist any more' using errcode = 'IJ503',
    hint = 'Restore the table or register the target again with importer.register_target().';
  end if;
  execute format('drop table if exists importer.%I', keys);
  execute format(
    'create table importer.%I ("#record" bigint primary key, %s, unique (%s))', keys,
    (
      select string_agg(format('%I %s', i.name, i.type), ', ' order by i.place)
      from importer.insertable_columns(relation) as i where i.name = any (prepare_keys.columns)
    ),
    (select string_agg(format('%I', c.name), ', ') from unnest(prepare_keys.columns) as c (name))
  );
  execute format('revoke all on importer.%I from public, anon, authenticated, service_role', keys);
  execute format('grant insert, select on importer.%I to import_processor', keys);
  return keys;
end
$$;

comment on function importer.prepare_keys(uuid, uuid, text[]) is
'Makes or keeps the table of the keys that a job has met; returns its name. Raises IJ103 without a lease,
IJ503 without a table.';

revoke all on function importer.prepare_keys(uuid, uuid, text[]) from public, anon, authenticated, service_role;
grant execute on function importer.prepare_keys(uuid, uuid, text[]) to import_processor;
