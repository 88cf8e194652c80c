-- Which staged rows a table refuses. Keys and foreign keys are looked up as Postgres does it, without row security
-- and without the privileges of the role that writes. The processor may not read the tables, and need not: it learns no
-- more than by writing the rows.

-- The stage belongs to the session that calls, in which code of the tables' owners may have run. Reading a plain table
-- executes nothing; an index, a rule, a check or statistics could, and so could a cast from a type of its own.
--
-- A lock that reading takes anyway keeps the table, but not its statistics or indexes: whoever owns the table could add
-- some between this look and the plan of the query. Who is postgres already, or more, gains nothing by that. Tables of
-- anybody else get the lock that CREATE STATISTICS and CREATE INDEX wait for. It lets rows be written, and only one
-- session at a time look; VACUUM and ANALYZE wait, and if they were first, autovacuum gives way after a second.
create function importer.lock_for_reading(relation regclass, is_stage boolean default false) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  part regclass;
begin
  execute format('lock table only %s in access share mode', relation);
  if not is_stage and exists (
    select
    from (
      select lock_for_reading.relation::oid as oid
      union
      select p.relid::oid from pg_catalog.pg_partition_tree(lock_for_reading.relation) as p
    ) as r
    inner join pg_catalog.pg_class as c on c.oid = r.oid
    inner join pg_catalog.pg_roles as o on o.oid = c.relowner
    where o.rolname <> current_user and not o.rolsuper
  ) then
    execute format('lock table only %s in share update exclusive mode', relation);
    for part in
      select p.relid from pg_catalog.pg_partition_tree(lock_for_reading.relation) as p order by p.level, p.relid
    loop
      execute format('lock table only %s in share update exclusive mode', part);
    end loop;
  end if;
  if to_regclass(relation::text) is distinct from relation or importer.has_planned_code(relation) or not exists (
    select from pg_catalog.pg_class as c
    where c.oid = lock_for_reading.relation and c.relkind in ('r', 'p') and not (
      is_stage and (
        c.relpersistence <> 't' or c.relhasindex or c.relhasrules or c.relrowsecurity or c.relkind <> 'r'
        or c.relchecks > 0 or exists (select from pg_catalog.pg_statistic_ext as e where e.stxrelid = c.oid)
      )
    )
  ) then
    raise exception 'not a plain table' using errcode = 'IJ503',
    hint = 'Find out who has done that, then register the target again with importer.register_target().';
  end if;
end
$$;

comment on function importer.lock_for_reading(regclass, boolean) is
'Keeps a table in its place until the end of the transaction, and keeps one of another owner from being given
statistics or indexes. Raises IJ503 if it is not a plain one.';

revoke all on function importer.lock_for_reading(regclass, boolean) from public, anon, authenticated, service_role;

create function importer.lock_stage(stage regclass, relation regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.lock_for_reading(stage, is_stage => true);
  if exists (
    select from pg_catalog.pg_attribute as s
    left join pg_catalog.pg_attribute as a
      on a.attrelid = lock_stage.relation and a.attname = s.attname and a.attnum > 0 and not a.attisdropped
    where s.attrelid = lock_stage.stage and s.attnum > 0 and not s.attisdropped and s.atttypid is distinct from case
      when s.attname = '#record' then 'bigint'::regtype else a.atttypid
    end
  ) then
    raise exception 'a staged column has another type than the column of the table' using errcode = 'IJ503',
    hint = 'Find out who has done that, then register the target again with importer.register_target().';
  end if;
end
$$;

comment on function importer.lock_stage(regclass, regclass) is
'Keeps a stage in its place until the end of the transaction. Raises IJ503 if it is not a plain one of the columns of a
table.';

revoke all on function importer.lock_stage(regclass, regclass) from public, anon, authenticated, service_role;

create function importer.judged_table(job_id uuid, token uuid) returns regclass
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  perform importer.check_token(judged_table.job_id, judged_table.token);
  return (
    select importer.target_relation(j.target, must_exist => true)
    from public.import_jobs as j where j.id = judged_table.job_id
  );
end
$$;

comment on function importer.judged_table(uuid, uuid) is
'Returns the table of a job whose rows are looked up. Raises IJ103 without a valid lease.';

revoke all on function importer.judged_table(uuid, uuid) from public, anon, authenticated, service_role;

-- The planner knows nothing of the stage and thinks that a look into an index is dear: it compiled the query (100 ms a
-- chunk), sorted 100,000 rows on disk, and read all of a parent's 1,000,000 rows, which took seven times as long.
--
-- Bit n of `judged` says whether the staged row n is asked about, and bit n of `winners` whether it takes its key if no
-- earlier winner has. Only the writers of rows have the answer otherwise, so the token of the lease is demanded.
create function importer.rows_with_taken_key(
  job_id uuid, token uuid, stage regclass, written text[], key oid, winners bytea, judged bytea
) returns bytea
language plpgsql security definer set search_path = pg_catalog, pg_temp set row_security = off
set jit = off set constraint_exclusion = off set work_mem = '32MB' set random_page_cost = 1
as $$
declare
  relation regclass := importer.judged_table(rows_with_taken_key.job_id, rows_with_taken_key.token);
  rule record;
  rows bytea;
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
  where k.id = rows_with_taken_key.key and k.is_plain
  having count(*) > 0;
  execute format(
    'select string_agg(int8send(w.place), '''')
    from (
      select k.*, min(case when get_bit($1, k.place) = 1 then k.place end) over (partition by %2$s) as first
      from (
        select s."#record" as place, %1$s from %6$s as s
        where (get_bit($1, s."#record") = 1 or get_bit($2, s."#record") = 1) and (%5$s)
      ) as k
      where %3$s
    ) as w
    where get_bit($2, w.place) = 1 and (
      w.first < w.place or exists (select from (select %1$s from only %7$s where (%5$s)) as t where %4$s)
    )',
    rule.keys, rule.names, rule.complete, rule.same, rule.condition,
    importer.staged_rows(relation, written, stage::text), relation
  ) into rows using winners, judged;
  return rows;
end
$$;

comment on function importer.rows_with_taken_key(uuid, uuid, regclass, text[], oid, bytea, bytea) is
'Returns those of the judged rows, as 8-byte numbers, whose key the table has, or an earlier winner. Raises IJ103
without a valid lease.';

revoke all on function importer.rows_with_taken_key(uuid, uuid, regclass, text[], oid, bytea, bytea)
from public, anon, authenticated, service_role;
grant execute on function importer.rows_with_taken_key(uuid, uuid, regclass, text[], oid, bytea, bytea)
to import_processor, import_uploader;

create function importer.rows_without_parent(
  job_id uuid, token uuid, stage regclass, written text[], reference oid, judged bytea
) returns bytea
language plpgsql security definer set search_path = pg_catalog, pg_temp set row_security = off
set jit = off set constraint_exclusion = off set work_mem = '32MB' set random_page_cost = 1
as $$
declare
  relation regclass := importer.judged_table(rows_without_parent.job_id, rows_without_parent.token);
  parent_table regclass;
  rule record;
  rows bytea;
begin
  execute format('lock table only %s in access share mode', relation);
  select f.parent into strict parent_table
  from importer.table_references(relation) as f where f.id = rows_without_parent.reference;
  perform importer.lock_for_reading(parent_table);
  perform importer.lock_stage(stage, relation);
  -- Only now, because to wait for a lock is to wait for somebody who may alter the table.
  select
    array_to_string(f.conditions, ' and ') as same, (
      select string_agg(format('s.%I is not null', a.attname), ' and ')
      from pg_catalog.pg_attribute as a where a.attrelid = relation and a.attnum = any (f.columns)
    ) as complete, (select p.relkind = 'r' from pg_catalog.pg_class as p where p.oid = f.parent) as is_only
  into strict rule
  from importer.table_references(relation) as f
  where f.id = rows_without_parent.reference and f.parent = parent_table and f.is_plain;
  execute format(
    'select string_agg(int8send(s."#record"), '''') from %s as s
    where get_bit($1, s."#record") = 1 and %s and not exists (select from %s %s as p where %s)',
    importer.staged_rows(relation, written, stage::text), rule.complete, case when rule.is_only then 'only' else '' end,
    parent_table, rule.same
  ) into rows using judged;
  return rows;
end
$$;

comment on function importer.rows_without_parent(uuid, uuid, regclass, text[], oid, bytea) is
'Returns those of the judged rows, as 8-byte numbers, for which the foreign key finds no parent. Raises IJ103 without a
valid lease.';

revoke all on function importer.rows_without_parent(uuid, uuid, regclass, text[], oid, bytea)
from public, anon, authenticated, service_role;
grant execute on function importer.rows_without_parent(uuid, uuid, regclass, text[], oid, bytea)
to import_processor, import_uploader;

-- Rows that refer to rows of their own table. In what is staged, the first and the last winner with the key count: the
-- caller knows which of them are accepted. A row that refers to itself is its own parent. Without `winners` and
-- `judged`, all rows are.
create function importer.rows_before_their_parent(
  job_id uuid, token uuid, stage regclass, written text[], reference oid, winners bytea default null,
  judged bytea default null
) returns table (place bigint, first bigint, last bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp set row_security = off
set jit = off set constraint_exclusion = off set work_mem = '32MB' set random_page_cost = 1
as $$
#variable_conflict use_variable
declare
  relation regclass := importer.judged_table(rows_before_their_parent.job_id, rows_before_their_parent.token);
  rule record;
  rows text;
begin
  perform importer.lock_for_reading(relation);
  perform importer.lock_stage(stage, relation);
  select
    array_to_string(f.conditions, ' and ') as same, (
      select string_agg(format('s.%I is not null', a.attname), ' and ')
      from pg_catalog.pg_attribute as a where a.attrelid = relation and a.attnum = any (f.columns)
    ) as complete, (
      select string_agg(format('r.%I', a.attname), ', ')
      from pg_catalog.pg_attribute as a where a.attrelid = relation and a.attnum = any (f.referenced)
    ) as key
  into strict rule
  from importer.table_references(relation) as f
  where f.id = rows_before_their_parent.reference and f.is_plain and f.parent = relation;
  rows := importer.staged_rows(relation, written, stage::text);
  return query execute format(
    'select s."#record", p.first, p.last
    from %1$s as s left join (
      select min(r."#record") as first, max(r."#record") as last, %2$s
      from %1$s as r where $1 is null or get_bit($1, r."#record") = 1 group by %2$s
    ) as p on %3$s
    where ($2 is null or get_bit($2, s."#record") = 1) and %4$s
      and not exists (select from only %5$s as p where %3$s) and not exists (select from (select s.*) as p where %3$s)',
    rows, rule.key, rule.same, rule.complete, relation
  ) using winners, judged;
end
$$;

comment on function importer.rows_before_their_parent(uuid, uuid, regclass, text[], oid, bytea, bytea) is
'Returns those of the judged rows for which a foreign key of the table to itself finds no parent in the table, each with
the first and the last winner that is its parent, if there is one. Raises IJ103 without a valid lease.';

revoke all on function importer.rows_before_their_parent(uuid, uuid, regclass, text[], oid, bytea, bytea)
from public, anon, authenticated, service_role;
grant execute on function importer.rows_before_their_parent(uuid, uuid, regclass, text[], oid, bytea, bytea)
to import_processor, import_uploader;
