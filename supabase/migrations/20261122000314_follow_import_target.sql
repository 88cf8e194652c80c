-- The processor's grants follow the allow-list, whoever writes it and however. Invoker: who may not grant on a table
-- cannot make it a target. A table that was renamed meanwhile is found by its grants, which no target needs.
create function importer.follow_import_target() returns trigger
language plpgsql set search_path = ''
as $$
declare
  relation regclass;
begin
  if tg_op in ('INSERT', 'UPDATE') and to_regclass(new."table") is not null then
    perform importer.grant_target(to_regclass(new."table"));
  end if;
  if tg_op in ('UPDATE', 'DELETE') then
    for relation in
      select distinct c.oid
      from pg_catalog.pg_class as c
      inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and a.attacl is not null
      cross join lateral (
        select r.grantee from aclexplode(c.relacl) as r union all select k.grantee from aclexplode(a.attacl) as k
      ) as g
      where c.relkind in ('r', 'p') and n.nspname <> 'importer' and g.grantee = 'import_processor'::regrole
        and (
          c.oid = to_regclass(old."table")
          or not exists (select from public.import_targets as t where to_regclass(t."table") = c.oid)
        )
    loop
      perform importer.grant_target(relation);
    end loop;
  end if;
  return null;
end
$$;

comment on function importer.follow_import_target() is
'Trigger function: grants and revokes what the processor needs for the targets of a table.';

revoke all on function importer.follow_import_target() from public, anon, authenticated, service_role;

create trigger follow_import_target after insert or update or delete on public.import_targets
for each row execute function importer.follow_import_target();
