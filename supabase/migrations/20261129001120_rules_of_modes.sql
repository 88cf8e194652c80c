-- What the modes that meet existing rows need to know of the rules of a table besides what importer.table_rules() says:
-- an upsert tests a rule for the row that it makes of the existing one and the file's, which sets know only where all
-- columns of the rule are written, or none.

create function importer.base_columns(relation regclass, numbers smallint[]) returns text[]
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select array(
    select a.attname::text
    from pg_catalog.pg_attribute as a
    where a.attrelid = relation and a.attnum > 0 and a.attgenerated = '' and (
      a.attnum = any (numbers) or exists (
        select
        from pg_catalog.pg_attribute as g
        inner join pg_catalog.pg_attrdef as d on d.adrelid = g.attrelid and d.adnum = g.attnum
        inner join pg_catalog.pg_depend as p on p.classid = 'pg_attrdef'::regclass and p.objid = d.oid
        where g.attrelid = relation and g.attgenerated <> '' and g.attnum = any (numbers)
          and p.refclassid = 'pg_class'::regclass and p.refobjid = relation and p.refobjsubid = a.attnum
      )
    )
    order by a.attnum
  )
$$;

comment on function importer.base_columns(regclass, smallint[]) is
'Returns the names of columns; in the place of generated ones those that they are made of.';

revoke all on function importer.base_columns(regclass, smallint[]) from public, anon, authenticated, service_role;

-- It reads the catalog alone, and is SECURITY DEFINER for the reason that importer.table_rules() is.
create function importer.rules_of_modes(relation regclass, written text[]) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  known smallint[] := array(select k.number from importer.known_columns(relation, written) as k);
begin
  return (
    select jsonb_build_object(
      'updates', not c.relhassubclass
      and not exists (select from pg_catalog.pg_rewrite as r where r.ev_class = c.oid and r.ev_type = '2')
      and not exists (
        select from pg_catalog.pg_trigger as g
        where g.tgrelid = c.oid and not g.tgisinternal and g.tgtype & 1 = 1 and g.tgtype & 20 > 0
          and g.tgenabled in ('O', 'A')
      ),
      'knows_keys', not exists (select from importer.table_keys(relation) as k where not k.columns <@ known),
      'unfilled', array(
        select a.attname::text
        from pg_catalog.pg_attribute as a inner join pg_catalog.pg_type as t on t.oid = a.atttypid
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and not a.atthasdef and a.attidentity = ''
          and t.typdefault is null and not a.attname = any (written)
      ),
      'referenced', array(
        select unnest(importer.base_columns(relation, o.confkey))
        from pg_catalog.pg_constraint as o where o.confrelid = c.oid and o.contype = 'f'
      ),
      'checks', (
        select coalesce(jsonb_object_agg(o.conname, jsonb_build_object(
          'columns', importer.base_columns(relation, o.conkey), 'valid', o.convalidated
        )), '{}')
        from pg_catalog.pg_constraint as o where o.conrelid = c.oid and o.contype = 'c'
      ),
      'keys', (
        select coalesce(jsonb_object_agg(k.id, jsonb_build_object(
          'columns', importer.base_columns(relation, k.columns),
          'whole', num_nulls(i.indexprs, i.indpred) = 2 and i.indnkeyatts = i.indnatts and not exists (
            select from pg_catalog.pg_attribute as a
            where a.attrelid = c.oid and a.attnum = any (k.columns) and a.attgenerated <> ''
          )
        )), '{}')
        from importer.table_keys(relation) as k inner join pg_catalog.pg_index as i on i.indexrelid = k.id
      ),
      'references', (
        select coalesce(jsonb_object_agg(o.oid, jsonb_build_object(
          'columns', importer.base_columns(relation, o.conkey), 'valid', o.convalidated, 'on_update', g.tgname
        )), '{}')
        from pg_catalog.pg_constraint as o
        inner join pg_catalog.pg_trigger as g on g.tgconstraint = o.oid and g.tgrelid = o.conrelid and g.tgtype & 16 > 0
        where o.conrelid = c.oid and o.contype = 'f'
      )
    )
    from pg_catalog.pg_class as c where c.oid = relation
  );
end
$$;

comment on function importer.rules_of_modes(regclass, text[]) is
'Returns what importer.table_rules() leaves out: of which columns each rule is, whether all rows obey it, which columns
other tables refer to or nothing fills, and whether no trigger, rule or child of the table takes part in an UPDATE.';

revoke all on function importer.rules_of_modes(regclass, text[]) from public, anon, authenticated, service_role;
grant execute on function importer.rules_of_modes(regclass, text[]) to import_processor, import_uploader;

-- A policy can be evaluated ahead of INSERT if it reads no table and calls no function that may read one, besides those
-- of Auth, which read the claims. The expression itself is evaluated with the rights of the role that writes. An INSERT
-- that names the key of ON CONFLICT reads rows, so that new ones have to be visible as well.
-- Source: PostgreSQL, get_row_security_policies().
create function importer.policies_of_new_rows(relation regclass, role name, reads boolean default false)
returns table (condition text, by_sets boolean)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  with policies as (
    select
      c.name as command, p.polpermissive as permissive, e.tree::text as tree, pg_get_expr(e.tree, p.polrelid) as expression
    from pg_catalog.pg_policy as p
    cross join (values ('insert', 'a'), ('select', 'r')) as c (name, letter)
    cross join lateral (
      select case when c.name = 'insert' then coalesce(p.polwithcheck, p.polqual) else p.polqual end as tree
    ) as e
    where p.polrelid = relation and p.polcmd in (c.letter, '*') and (c.name = 'insert' or reads) and e.tree is not null
      and exists (select from unnest(p.polroles) as r (id) where r.id = 0 or pg_has_role(role, r.id, 'usage'))
  )

  select
    (
      select string_agg(
        format(
          '(%s)%s',
          coalesce((
            select string_agg(format('(%s)', p.expression), ' or ') from policies as p
            where p.command = c.name and p.permissive
          ), 'false'),
          (
            select string_agg(format(' and (%s)', p.expression), '') from policies as p
            where p.command = c.name and not p.permissive
          )
        ), ' and '
      )
      from (values ('insert', true), ('select', reads)) as c (name, applies) where c.applies
    ),
    not exists (
      select from policies as p
      where p.tree ~ ':rtekind [^8]' or exists (
        select
        from regexp_matches(p.tree, ':(funcid|opno) ([0-9]+)', 'g') as m (parts)
        left join pg_catalog.pg_operator as o on m.parts[1] = 'opno' and o.oid = m.parts[2]::oid
        inner join pg_catalog.pg_proc as f on f.oid = coalesce(o.oprcode::oid, m.parts[2]::oid)
        where f.provolatile = 'v'
          or f.provolatile = 's' and f.oid >= 16384 and f.pronamespace::regnamespace::text <> 'auth'
      )
    )
$$;

comment on function importer.policies_of_new_rows(regclass, name, boolean) is
'Returns the condition that row security puts on rows that a role writes, by a statement that reads rows or does not, and
whether it is the same for a row whatever rows were written before.';

revoke all on function importer.policies_of_new_rows(regclass, name, boolean)
from public, anon, authenticated, service_role;
