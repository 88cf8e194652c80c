-- With options.empty_as = 'default', an empty field takes the default of its column, or the next id of its sequence.
-- Postgres computes the values: the processor asks for as many as a chunk has empty fields, and loads them with the
-- others.

-- A sequence that belongs to a column is asked by importer.next_ids(). Names are qualified, since search_path is pinned
-- here.
create function importer.column_defaults(job_id uuid, token uuid)
returns table (column_name text, is_sequence boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform importer.check_token(column_defaults.job_id, column_defaults.token);
  return query
  select d.name, coalesce(d.expression = format('nextval(%L::regclass)', d.sequence::text), true)
  from (
    select
      a.attname::text as name,
      coalesce(pg_get_expr(e.adbin, e.adrelid), t.typdefault) as expression,
      pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)::regclass as sequence
    from public.import_jobs as j
    inner join pg_catalog.pg_attribute as a on a.attrelid = importer.target_relation(j.target)
    inner join pg_catalog.pg_type as t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef as e on e.adrelid = a.attrelid and e.adnum = a.attnum
    where j.id = column_defaults.job_id and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  ) as d
  where d.expression is not null or d.sequence is not null;
end
$$;

comment on function importer.column_defaults(uuid, uuid) is
'Returns the columns of a job''s table that have a default, and whether it is nothing but the next value of the column''s
own sequence. Raises IJ103 without a valid lease.';

revoke all on function importer.column_defaults(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function importer.column_defaults(uuid, uuid) to import_processor, import_uploader;

-- Any other default is computed by inserting rows into a temporary table that has a copy of it: so Postgres computes it
-- as for the table itself, with the rights and claims of the role that writes. The text of the expression would not do,
-- because to name a function takes USAGE on its schema, such as extensions or auth, and to call it does not. The table
-- has that column alone, since each row computes the defaults of all columns. Nobody but the session can see it.
create function importer.prepare_default(job_id uuid, token uuid, column_name text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  relation regclass;
  place smallint;
  copy_name text;
  alterations text;
begin
  perform importer.check_token(prepare_default.job_id, prepare_default.token);
  select importer.target_relation(j.target, must_exist => true) into relation
  from public.import_jobs as j where j.id = prepare_default.job_id;
  select a.attnum into place
  from pg_catalog.pg_attribute as a where a.attrelid = relation and a.attname = prepare_default.column_name;
  copy_name := format('import_default_%s', place);
  execute format(
    'create temporary table %I (like %s including defaults, "#record" bigint) on commit drop', copy_name, relation
  );
  select
    string_agg(
      format(case when a.attnum = place then 'alter column %I drop not null' else 'drop column %I' end, a.attname), ', '
    )
  into alterations
  from pg_catalog.pg_attribute as a
  where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and (a.attnum <> place or a.attnotnull);
  if alterations is not null then
    execute format('alter table pg_temp.%I %s', copy_name, alterations);
  end if;
  execute format('grant insert, select on pg_temp.%I to public', copy_name);
  return copy_name;
end
$$;

comment on function importer.prepare_default(uuid, uuid, text) is
'Creates a temporary table with one column of a job''s table, its default, and "#record"; returns its name. It lasts
until the end of the transaction, which may call this once for each column. Raises IJ103 without a valid lease, and IJ503
without a table.';

revoke all on function importer.prepare_default(uuid, uuid, text) from public, anon, authenticated, service_role;
grant execute on function importer.prepare_default(uuid, uuid, text) to import_processor, import_uploader;

-- As for an INSERT, the sequence of an identity column needs no privilege of its own, and that of a serial column does.
-- Ids that the file itself brings in these rows are passed over. The sequence is first set behind the ids of the table,
-- where the job may do that.
create function importer.next_ids(job_id uuid, token uuid, column_name text, row_count integer, taken bigint[])
returns bigint[]
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  job public.import_jobs;
  relation regclass;
  sequence regclass;
  writer text;
  draws integer := next_ids.row_count;
  had integer := 0;
  drawn bigint[];
  ids bigint[] := array[]::bigint[];
begin
  perform importer.check_token(next_ids.job_id, next_ids.token);
  select j.* into job from public.import_jobs as j where j.id = next_ids.job_id;
  relation := importer.target_relation(job.target, must_exist => true);
  sequence := pg_get_serial_sequence(relation::text, next_ids.column_name)::regclass;
  select coalesce(max(i.role), 'import_processor') into writer
  from importer.job_identities as i cross join lateral importer.find_target(job.target) as t
  where i.job_id = job.id and job.created_by is not null and t.run_as = 'uploader';
  if exists (
    select from pg_catalog.pg_attribute as a
    where a.attrelid = relation and a.attname = next_ids.column_name and a.attidentity = ''
  ) and not has_sequence_privilege(writer, sequence, 'usage') then
    raise exception '% may not use the sequence of column "%"', writer, next_ids.column_name using errcode = 'IJ603',
    hint = format('Run grant usage on sequence %s to %s, then retry the job.', sequence, quote_ident(writer));
  end if;
  perform importer.advance_sequences_of(job);
  while cardinality(ids) < next_ids.row_count loop
    select array_agg(nextval(sequence)) into drawn from generate_series(1, draws);
    select ids || coalesce(array_agg(d.id order by d.place), '{}') into ids
    from unnest(drawn) with ordinality as d (id, place)
    where not exists (select from unnest(next_ids.taken) as t (id) where t.id = d.id);
    -- More after a round in vain, so that thousands of ids of the file that come next take a few rounds.
    draws := case when cardinality(ids) > had then next_ids.row_count - cardinality(ids) else least(2 * draws, 100000) end;
    had := cardinality(ids);
  end loop;
  return ids[1 : next_ids.row_count];
end
$$;

comment on function importer.next_ids(uuid, uuid, text, integer, bigint[]) is
'Takes so many values of a column''s own sequence, in order and without those that are taken. Raises IJ603 if the role
that writes may not use the sequence of a serial column, and IJ103 without a valid lease.';

revoke all on function importer.next_ids(uuid, uuid, text, integer, bigint[])
from public, anon, authenticated, service_role;
grant execute on function importer.next_ids(uuid, uuid, text, integer, bigint[]) to import_processor, import_uploader;
