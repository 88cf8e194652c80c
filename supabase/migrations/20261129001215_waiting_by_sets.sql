-- Which waiting rows can be loaded, by sets. A foreign key is checked at the end of a statement, so one INSERT may have
-- all rows whose ancestors are in the table or in the same statement, in any order and in circles. The others are those
-- that some missing row cuts off: the rows without parent, their children, and so on.

-- The function runs with the rights of its caller, who owns the stage; what it calls looks at the table.
create function importer.parents_in_stage(job_id uuid, token uuid, stage regclass, written text[], keys oid[])
returns table (record bigint, parent bigint, other bigint)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  reader text := (
    select pg_get_userbyid(p.proowner) from pg_catalog.pg_proc as p
    where p.oid = 'importer.rows_before_their_parent'::regproc
  );
  key oid;
begin
  execute format('grant select on %s to %I', stage, reader);
  foreach key in array parents_in_stage.keys loop
    return query
    select r.place, r.first, r.last
    from importer.rows_before_their_parent(
      job_id => parents_in_stage.job_id, token => parents_in_stage.token, stage => parents_in_stage.stage,
      written => parents_in_stage.written, reference => key
    ) as r;
  end loop;
end
$$;

comment on function importer.parents_in_stage(uuid, uuid, regclass, text[], oid[]) is
'Returns the staged rows whose parent by one of the foreign keys is not in the table, each with the first and the last
staged row that is its parent, if there is one. Raises IJ103 without a valid lease.';

revoke all on function importer.parents_in_stage(uuid, uuid, regclass, text[], oid[])
from public, anon, authenticated, service_role;
grant execute on function importer.parents_in_stage(uuid, uuid, regclass, text[], oid[])
to import_processor, import_uploader;

-- The index is what makes a chain of 100,000 rows cheap: each step of the recursion looks at the children of one row.
-- A hash join reads all rows for each step. By one foreign key a row is reached once; by several it may be more often,
-- and the rows that were reached are kept in memory.
create function importer.keep_loadable_rows(job_id uuid, token uuid, written text[], keys oid[]) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
set enable_hashjoin = on set enable_mergejoin = on set enable_seqscan = on set jit = off
as $$
declare
  is_twice boolean;
begin
  create temporary table import_parents (record bigint, parent bigint, other bigint) on commit drop;
  execute 'insert into pg_temp.import_parents
    select * from importer.parents_in_stage(
      job_id => $1, token => $2, stage => ''pg_temp.import_stage'', written => $3, keys => $4
    )' using keep_loadable_rows.job_id, keep_loadable_rows.token, keep_loadable_rows.written, keep_loadable_rows.keys;
  execute 'create index on pg_temp.import_parents (parent)';
  perform set_config('enable_hashjoin', 'off', true);
  perform set_config('enable_mergejoin', 'off', true);
  perform set_config('enable_seqscan', 'off', true);
  execute format(
    'create temporary table import_left on commit drop as
    with recursive l as (
      select p.record from pg_temp.import_parents as p where p.parent is null
      union %s
      select p.record from l inner join pg_temp.import_parents as p on p.parent = l.record
    )
    select l.record from l', case when cardinality(keep_loadable_rows.keys) = 1 then 'all' end
  );
  perform set_config('enable_hashjoin', 'on', true);
  perform set_config('enable_mergejoin', 'on', true);
  perform set_config('enable_seqscan', 'on', true);
  execute 'delete from pg_temp.import_stage as s using pg_temp.import_left as l where s."#record" = l.record';
  execute 'select exists (select from pg_temp.import_parents as p where p.parent <> p.other)' into is_twice;
  return is_twice;
end
$$;

comment on function importer.keep_loadable_rows(uuid, uuid, text[], oid[]) is
'Moves the rows that a missing row cuts off from the stage pg_temp.import_stage to pg_temp.import_left. Returns whether
some row has several parents in the stage by one foreign key, so that a further look may find more. Raises IJ103 without
a valid lease.';

revoke all on function importer.keep_loadable_rows(uuid, uuid, text[], oid[])
from public, anon, authenticated, service_role;
grant execute on function importer.keep_loadable_rows(uuid, uuid, text[], oid[]) to import_processor, import_uploader;
