-- The catalog's view of what can be inserted into a table: never generated or identity-always columns. In plpgsql,
-- which keeps plans for the session: as SQL functions, this one and its like cost 3 ms of planning for each job.
create function importer.insertable_columns(relation regclass)
returns table (
  name text, place smallint, type text, base text, kind text, not_null boolean, required boolean, labels text[]
)
language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  select
    a.attname::text,
    a.attnum,
    format_type(a.atttypid, a.atttypmod),
    format_type(importer.base_type(t.oid), null),
    t.typtype::text,
    a.attnotnull or t.typnotnull,
    (a.attnotnull or t.typnotnull) and not a.atthasdef and a.attidentity = '' and t.typdefault is null,
    coalesce(
      (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_catalog.pg_enum as e where e.enumtypid = t.oid),
      '{}'
    )
  from pg_catalog.pg_attribute as a
  inner join pg_catalog.pg_type as t on t.oid = a.atttypid
  where a.attrelid = insertable_columns.relation
    and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity <> 'a'
  order by a.attnum;
end
$$;

comment on function importer.insertable_columns(regclass) is
'Columns of a table that an import may write, with their types as Postgres spells them.';

revoke all on function importer.insertable_columns(regclass) from public, anon, authenticated, service_role;
