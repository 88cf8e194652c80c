-- Where a query may call functions that are not Postgres's own. The functions that look up refused rows run as postgres
-- in sessions in which code of the tables' owners may have run, so they look nothing up there.

-- Objects with OIDs from 16384 on are not Postgres's own.
create function importer.has_own_code(class regclass, object oid) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_catalog.pg_depend as d
    where d.classid = class and d.objid = object and d.refobjid >= 16384 and (
      d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass)
      -- A cast to a domain executes its checks.
      or d.refclassid = 'pg_type'::regclass
        and exists (select from pg_catalog.pg_type as t where t.oid = d.refobjid and t.typtype <> 'e')
    )
  )
$$;

comment on function importer.has_own_code(regclass, oid) is
'Returns whether an index, a default, a constraint or statistics call functions that are not Postgres''s own.';

revoke all on function importer.has_own_code(regclass, oid) from public, anon, authenticated, service_role;

-- To plan a query, Postgres simplifies the expressions of all indexes and statistics: of one whose arguments are
-- constants it calls the function.
create function importer.has_planned_code(relation regclass) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select
    from (
      select relation::oid as oid
      union
      select p.relid::oid from pg_catalog.pg_partition_tree(relation) as p
    ) as r
    where exists (
      select from pg_catalog.pg_index as i
      where i.indrelid = r.oid and num_nonnulls(i.indexprs, i.indpred) > 0
        and importer.has_own_code('pg_class', i.indexrelid)
    ) or exists (
      select from pg_catalog.pg_statistic_ext as e
      where e.stxrelid = r.oid and importer.has_own_code('pg_statistic_ext', e.oid)
    )
  );
end
$$;

comment on function importer.has_planned_code(regclass) is
'Returns whether to plan a query on a table, or on its partitions, may call functions that are not Postgres''s own.';

revoke all on function importer.has_planned_code(regclass) from public, anon, authenticated, service_role;

-- Postgres looks for the operator of each comparison in a query, and where none is for the type itself, one behind an
-- implicit cast will do, which may call a function of the type's owner. An enum is safe: its comparison is never passed
-- over for another. A domain over an enum is not.
create function importer.has_own_casts(type_id oid) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select t.oid >= 16384 and (t.typtype <> 'e' or t.oid <> has_own_casts.type_id)
  from pg_catalog.pg_type as t where t.oid = importer.base_type(has_own_casts.type_id)
$$;

comment on function importer.has_own_casts(oid) is
'Returns whether to compare values of a type with each other may call a cast that is not Postgres''s own.';

revoke all on function importer.has_own_casts(oid) from public, anon, authenticated, service_role;
