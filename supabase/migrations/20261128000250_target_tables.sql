-- Which relation a target means. Its name is not enough: the owner of the schema can put a view in the table's place,
-- and its functions would run with the rights of whoever reads it. So a target keeps the OID, the kind and the owner of
-- its table, and everything that touches the table asks here.

create table importer.target_tables (
  target text primary key references public.import_targets (name) on update cascade on delete cascade,
  relation oid not null,
  kind "char" not null, -- noqa: RF06
  owner name not null
);

comment on table importer.target_tables is 'The table of each target, as it was when the target was registered.';
comment on column importer.target_tables.target is 'Name of the target.';
comment on column importer.target_tables.relation is 'OID of the table.';
comment on column importer.target_tables.kind is 'Kind of the table, as in pg_class: r or p (partitioned).';
comment on column importer.target_tables.owner is 'Name of the role that owns the table.';

revoke all on importer.target_tables from public, anon, authenticated, service_role;

-- By name, and not by the OID of the owner, because roles have other OIDs in another cluster.
create function importer.keep_target_table(target text) returns void
language sql set search_path = pg_catalog, pg_temp
as $$
  insert into importer.target_tables as k (target, relation, kind, owner)
  select t.name, c.oid, c.relkind, pg_get_userbyid(c.relowner)
  from public.import_targets as t inner join pg_catalog.pg_class as c on c.oid = to_regclass(t."table")
  where t.name = keep_target_table.target
  on conflict on constraint target_tables_pkey do update
  set relation = excluded.relation, kind = excluded.kind, owner = excluded.owner
$$;

comment on function importer.keep_target_table(text) is
'Keeps which table a target has now, in place of the one that it had before.';

revoke all on function importer.keep_target_table(text) from public, anon, authenticated, service_role;

create function importer.registered_table(target public.import_targets) returns regclass
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select k.relation::regclass
    from importer.target_tables as k inner join pg_catalog.pg_class as c on c.oid = k.relation
    where k.target = registered_table.target.name and k.relation = to_regclass(registered_table.target."table")
      and c.relkind = k.kind and pg_get_userbyid(c.relowner) = k.owner
  );
end
$$;

comment on function importer.registered_table(public.import_targets) is
'Returns the table of a target; null if it is gone, or if another relation or another owner has taken its place.';

revoke all on function importer.registered_table(public.import_targets) from public, anon, authenticated, service_role;

create function importer.target_relation(name_or_table text, must_exist boolean default false) returns regclass
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  target public.import_targets;
  relation regclass;
begin
  select t.* into target from importer.find_target(name_or_table) as t;
  relation := importer.registered_table(target);
  if must_exist and relation is null and to_regclass(target."table") is null then
    raise exception 'the table of the target no longer exists' using errcode = 'IJ503',
    hint = 'Restore the table or register the target again with importer.register_target().';
  elsif must_exist and relation is null then
    raise exception 'another table has taken the place of the target''s table, or it has another owner'
    using errcode = 'IJ503',
    hint = 'Find out who has done that, then register the target again with importer.register_target().';
  end if;
  return relation;
end
$$;

comment on function importer.target_relation(text, boolean) is
'Returns the table of a target; null, or IJ503 if it must exist, when there is no such target, when its table is gone or
when another one has taken its place.';

revoke all on function importer.target_relation(text, boolean) from public, anon, authenticated, service_role;

-- While a transaction has a lock on a table, nobody can rename, drop or replace it. The second look is at the catalog
-- as it is once the lock is there. A role that may not lock the table can't read it either.
create function importer.lock_target(name_or_table text) returns regclass
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  relation regclass := importer.target_relation(name_or_table, must_exist => true);
begin
  if has_table_privilege(current_user, relation, 'select') then
    execute format('lock table only %s in access share mode', relation);
  end if;
  return importer.target_relation(name_or_table, must_exist => true);
end
$$;

comment on function importer.lock_target(text) is
'Returns the table of a target, which stays in its place until the end of the transaction. Raises IJ503 as
importer.target_relation() does.';

revoke all on function importer.lock_target(text) from public, anon, authenticated, service_role;

-- After a restore all tables have other OIDs. `import-jobs migrate` calls this; so does an administrator who has
-- dropped and created a table with the same owner.
create function importer.renew_target_tables() returns setof text
language sql set search_path = pg_catalog, pg_temp
as $$
  update importer.target_tables as k set relation = c.oid
  from public.import_targets as t inner join pg_catalog.pg_class as c on c.oid = to_regclass(t."table")
  where t.name = k.target and c.oid <> k.relation and c.relkind = k.kind and pg_get_userbyid(c.relowner) = k.owner
  returning k.target
$$;

comment on function importer.renew_target_tables() is
'Accepts the present table of each target whose table has another OID but the same name, kind and owner, as after a dump
and restore; returns the names of these targets. For administrators.';

revoke all on function importer.renew_target_tables() from public, anon, authenticated, service_role;
