-- What the processor needs for the targets of a table and nothing else: the privileges of their modes, USAGE on the
-- sequences of the table's defaults and on the schemas of table and types. Anew from nothing at every change, so that
-- what no target needs any more is gone.
create function importer.grant_target(relation regclass) returns void
language plpgsql set search_path = ''
as $$
declare
  statement text;
begin
  execute format('revoke all on %s from import_processor', relation);
  for statement in
    select format('revoke all (%I) on %s from import_processor', a.attname, relation)
    from pg_catalog.pg_attribute as a
    where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attacl is not null
    union all
    select format('revoke all on sequence %s from import_processor', d.objid::regclass)
    from pg_catalog.pg_depend as d inner join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
    where d.refobjid = relation and d.deptype = 'a'
  loop
    execute statement;
  end loop;
  for statement in
    with needed as (
      select p.privilege, p.column_name
      from public.import_targets as t cross join lateral importer.target_privileges(t) as p
      where to_regclass(t."table") = relation
        -- A column that is gone is named by each job (IJ503); here it would keep every target from being written.
        and (p.column_name is null or exists (
          select from pg_catalog.pg_attribute as a
          where a.attrelid = relation and a.attname = p.column_name and not a.attisdropped
        ))
    )

    select format('grant usage on schema %I to import_processor', s.nspname)
    from pg_catalog.pg_namespace as s
    where s.nspname <> 'pg_catalog' and s.oid in (
      select c.relnamespace from pg_catalog.pg_class as c where c.oid = relation
      union
      select t.typnamespace
      from pg_catalog.pg_attribute as a inner join pg_catalog.pg_type as t on t.oid = a.atttypid
      where a.attrelid = relation and a.attname in (select n.column_name from needed as n)
    )
    and not has_schema_privilege('import_processor', s.oid, 'usage') and exists (select from needed)
    union all
    select format('grant %s (%s) on %s to import_processor', n.privilege, string_agg(format('%I', n.column_name), ', '), relation)
    from (select distinct d.privilege, d.column_name from needed as d) as n
    where n.column_name is not null
    group by n.privilege
    union all
    select distinct format('grant %s on %s to import_processor', n.privilege, relation)
    from needed as n where n.column_name is null
    union all
    select format('grant usage on sequence %s to import_processor', d.objid::regclass)
    from pg_catalog.pg_depend as d inner join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
    where d.refobjid = relation and d.deptype = 'a' and exists (select from needed)
  loop
    execute statement;
  end loop;
end
$$;

comment on function importer.grant_target(regclass) is
'Grants the processor what the targets of a table need, and nothing else; runs with the rights of the administrator who
calls.';

revoke all on function importer.grant_target(regclass) from public, anon, authenticated, service_role;
