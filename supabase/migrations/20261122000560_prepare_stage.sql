-- Makes the staging table of an all-or-nothing job, or keeps it when a former attempt has left chunks
-- in it. Definer, as the processor creates nothing itself. The record number is the key: no row can
-- be staged twice. What a target exchanges is exchanged at once, whatever the job's options say.
create function importer.prepare_stage(job_id uuid, token uuid, columns text[]) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  stage text := importer.stage_name(prepare_stage.job_id);
  relation regclass;
begin
  perform importer.hold_lease(prepare_stage.job_id, prepare_stage.token);
  if exists (select from importer.job_chunks as c where c.job_id = prepare_stage.job_id) then
    if to_regclass(format('importer.%I', stage)) is null then
      raise exception 'rows of this job are in the target already' using errcode = 'IJ504',
      hint = 'The target''s mode was changed while the job ran: cancel it and insert a new one.';
    end if;
    return stage;
  end if;
  update public.import_jobs as j set options = j.options || '{"atomic": true}'
  where j.id = prepare_stage.job_id
    and 'true' not in (coalesce(j.options -> 'atomic', 'null'), coalesce(j.options -> 'dry_run', 'null'));
  select to_regclass(quote_ident(d.target ->> 'schema') || '.' || quote_ident(d.target ->> 'table')) into relation
  from (
    select importer.describe_target(j.target) as target
    from public.import_jobs as j where j.id = prepare_stage.job_id
  ) as d;
  if relation is null then
    raise exception 'the target''s table does not exist any more' using errcode = 'IJ503',
    hint = 'Restore the table or register the target again with importer.register_target().';
  end if;
  execute format('drop table if exists importer.%I', stage);
  execute format(
    'create table importer.%I ("#record" bigint primary key, "#line" bigint not null, %s)', stage,
    (
      select string_agg(format('%I %s', i.name, i.type), ', ' order by i.place)
      from importer.insertable_columns(relation) as i where i.name = any (prepare_stage.columns)
    )
  );
  execute format('revoke all on importer.%I from public, anon, authenticated, service_role', stage);
  execute format('grant insert, select, delete on importer.%I to import_processor', stage);
  return stage;
end
$$;

comment on function importer.prepare_stage(uuid, uuid, text[]) is
'Makes or keeps the staging table of an all-or-nothing job; returns its name. Raises IJ103 without a lease, IJ503 without
a table, IJ504 when the job has loaded chunks without staging them.';

revoke all on function importer.prepare_stage(uuid, uuid, text[]) from public, anon, authenticated, service_role;
grant execute on function importer.prepare_stage(uuid, uuid, text[]) to import_processor;
