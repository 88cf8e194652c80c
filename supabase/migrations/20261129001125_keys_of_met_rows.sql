-- Keys of rows that meet existing ones: which row of the table a staged one will change, and whether another row has
-- its other keys. As with importer.rows_with_taken_key(), only the holder of the lease is answered.

create function importer.rows_that_meet(
  job_id uuid, token uuid, stage regclass, written text[], key oid, whose text, judged bytea
) returns bytea
language plpgsql security definer set search_path = pg_catalog, pg_temp set row_security = off
set jit = off set constraint_exclusion = off set work_mem = '32MB' set random_page_cost = 1
as $$
declare
  relation regclass;
  owner_name text;
  owner_is text := 'true';
  rule record;
  rows bytea;
begin
  perform importer.check_token(rows_that_meet.job_id, rows_that_meet.token);
  select
    importer.target_relation(j.target, must_exist => true),
    case when whose <> 'anybody' then format(
      '(%I operator(pg_catalog.=) %L) is %s true', t.owner_column, j.created_by,
      case when whose = 'others' then 'not' end
    ) else 'true' end, t.owner_column
  into relation, owner_is, owner_name
  from public.import_jobs as j cross join importer.find_target(j.target) as t
  where j.id = rows_that_meet.job_id;
  perform importer.lock_for_reading(relation);
  perform importer.lock_stage(stage, relation);
  select
    string_agg(format('%s as k%s', e.value, e.place), ', ') as keys,
    string_agg(format('t.k%s operator(pg_catalog.=) s.k%s', e.place, e.place), ' and ') as same
  into strict rule
  from importer.table_keys(relation) as k cross join unnest(k.expressions) with ordinality as e (value, place)
  where k.id = rows_that_meet.key and k.is_plain and (
    -- An owner of another type might be compared by a cast of other people.
    whose = 'anybody' or not exists (
      select from pg_catalog.pg_attribute as a
      where a.attrelid = relation and a.attname = owner_name and importer.base_type(a.atttypid) >= 16384
    )
  )
  having count(*) > 0;
  execute format(
    'select string_agg(int8send(s.place), '''')
    from (select s."#record" as place, %1$s from %2$s as s where get_bit($1, s."#record") = 1) as s
    where exists (select from (select %1$s from only %3$s where %4$s) as t where %5$s)',
    rule.keys, importer.staged_rows(relation, written, stage::text), relation, owner_is, rule.same
  ) into rows using judged;
  return rows;
end
$$;

comment on function importer.rows_that_meet(uuid, uuid, regclass, text[], oid, text, bytea) is
'Returns those of the judged rows, as 8-byte numbers, whose key a row of the table has: one of anybody, of the owner of
the job, or of others. Raises IJ103 without a valid lease.';

revoke all on function importer.rows_that_meet(uuid, uuid, regclass, text[], oid, text, bytea)
from public, anon, authenticated, service_role;
grant execute on function importer.rows_that_meet(uuid, uuid, regclass, text[], oid, text, bytea)
to import_processor, import_uploader;

-- An existing row that is changed gives its old key back, and a row of the file may have the key that it already has.
-- So a key is taken by another row of the table than the one that is met by the key `met`. If an earlier row of the
-- file may give that key back, nobody knows before the rows are written.
create function importer.rows_with_key_of_another(
  job_id uuid, token uuid, stage regclass, written text[], key oid, met oid, winners bytea, judged bytea
) returns table (taken bytea, unclear boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp set row_security = off
set jit = off set constraint_exclusion = off set work_mem = '32MB' set random_page_cost = 1
as $$
declare
  relation regclass := importer.judged_table(rows_with_key_of_another.job_id, rows_with_key_of_another.token);
  rule record;
  other record;
begin
  perform importer.lock_for_reading(relation);
  perform importer.lock_stage(stage, relation);
  select
    string_agg(format('%s as k%s', e.value, e.place), ', ') as keys,
    string_agg(format('k%s', e.place), ', ') as names,
    string_agg(format('k%s is not null', e.place), ' and ') as complete,
    string_agg(format('t.k%s operator(pg_catalog.=) w.k%s', e.place, e.place), ' and ') as same,
    min(k.condition) as condition
  into strict rule
  from importer.table_keys(relation) as k cross join unnest(k.expressions) with ordinality as e (value, place)
  where k.id = rows_with_key_of_another.key and k.is_plain
  having count(*) > 0;
  select
    string_agg(format('%s as m%s', e.value, e.place), ', ') as keys,
    string_agg(format('m%s', e.place), ', ') as names,
    string_agg(format('t.m%s operator(pg_catalog.=) w.m%s', e.place, e.place), ' and ') as same
  into strict other
  from importer.table_keys(relation) as k cross join unnest(k.expressions) with ordinality as e (value, place)
  where k.id = rows_with_key_of_another.met and k.is_plain
  having count(*) > 0;
  return query execute format(
    'with staged as (
      select s."#record" as place, %1$s, %2$s, (%3$s) as is_in from %4$s as s
      where get_bit($1, s."#record") = 1 or get_bit($2, s."#record") = 1
    ),
    w as (
      select staged.*, min(case when get_bit($1, place) = 1 then place end) over (partition by %5$s) as first
      from staged where is_in and %6$s
    ),
    t as (
      select w.place, t.* from w inner join (select %1$s, %2$s from only %7$s where (%3$s)) as t on %8$s
      where get_bit($2, w.place) = 1 and (%9$s) is not true
    )
    select
      (select string_agg(int8send(w.place), '''') from w
      where get_bit($2, w.place) = 1 and (w.first < w.place or w.place in (select t.place from t))),
      exists (
        select from t inner join staged as w on %9$s
        where w.place < t.place and (w.is_in and %8$s) is not true
      )',
    rule.keys, other.keys, rule.condition, importer.staged_rows(relation, written, stage::text), rule.names,
    rule.complete, relation, rule.same, other.same
  ) using winners, judged;
end
$$;

comment on function importer.rows_with_key_of_another(uuid, uuid, regclass, text[], oid, oid, bytea, bytea) is
'Returns those of the judged rows, as 8-byte numbers, whose key is that of an earlier winner or of another row of the
table than the one that the row changes, and whether an earlier row may give such a key back. Raises IJ103 without a
valid lease.';

revoke all on function importer.rows_with_key_of_another(uuid, uuid, regclass, text[], oid, oid, bytea, bytea)
from public, anon, authenticated, service_role;
grant execute on function importer.rows_with_key_of_another(uuid, uuid, regclass, text[], oid, oid, bytea, bytea)
to import_processor, import_uploader;
