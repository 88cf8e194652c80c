-- What the uploader could not do by hand, an import must not do either. It is looked for before the
-- first row: a missing grant concerns all rows alike, and has the same SQLSTATE as a row that a
-- policy refuses.
create function importer.lacking_privileges(target public.import_targets, uploader text) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_array(p.privilege, p.column_name)), '[]')
    from importer.target_privileges(target) as p
    inner join pg_catalog.pg_class as c on c.oid = to_regclass(target."table")
    inner join pg_catalog.pg_roles as r on r.rolname = uploader
    where not has_schema_privilege(r.oid, c.relnamespace, 'usage')
      or case
        when p.column_name is null then not has_table_privilege(r.oid, c.oid, p.privilege)
        -- By number: null for a column that is gone, where the name would raise.
        else not has_column_privilege(
          r.oid, c.oid,
          (select a.attnum from pg_catalog.pg_attribute as a where a.attrelid = c.oid and a.attname = p.column_name),
          p.privilege
        )
      end
  );
end
$$;

comment on function importer.lacking_privileges(public.import_targets, text) is
'What a role lacks for an import into a target: pairs of privilege and column (null: the whole table).';

revoke all on function importer.lacking_privileges(public.import_targets, text)
from public, anon, authenticated, service_role;
