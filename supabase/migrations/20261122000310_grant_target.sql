-- What the processor needs for a target and nothing else: INSERT on the listed columns, USAGE on
-- the sequences of their table's defaults and on the schemas of table and types.
create function importer.grant_target(relation regclass, columns text[]) returns void
language plpgsql set search_path = ''
as $$
declare
  statement text;
begin
  for statement in
    select format('grant usage on schema %I to import_processor', s.nspname)
    from pg_catalog.pg_namespace as s
    where s.nspname <> 'pg_catalog' and s.oid in (
      select c.relnamespace from pg_catalog.pg_class as c where c.oid = relation
      union
      select t.typnamespace
      from pg_catalog.pg_attribute as a inner join pg_catalog.pg_type as t on t.oid = a.atttypid
      where a.attrelid = relation and a.attname = any (columns)
    )
    and not has_schema_privilege('import_processor', s.oid, 'usage')
    union all
    select format(
      'grant insert (%s) on %s to import_processor',
      (select string_agg(format('%I', c.name), ', ') from unnest(columns) as c (name)), relation
    )
    union all
    select format('grant usage on sequence %s to import_processor', d.objid::regclass)
    from pg_catalog.pg_depend as d inner join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
    where d.refobjid = relation and d.deptype = 'a'
  loop
    execute statement;
  end loop;
end
$$;

comment on function importer.grant_target(regclass, text[]) is
'Grants the processor what it needs to load into a table; runs with the rights of the administrator who calls.';

revoke all on function importer.grant_target(regclass, text[]) from public, anon, authenticated, service_role;
