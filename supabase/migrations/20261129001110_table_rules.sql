-- What a table refuses, as far as sets can say it: its checks, keys and foreign keys. A table is judged by sets where
-- that certainly gives what row by row gives: no trigger and no rule sees its rows, its keys are plain unique indexes
-- on values that are known before the row is written, and what they compare is Postgres's own.

-- A column is known if the stage has it, if nothing fills it, or if a literal does; a generated one, if what it is made
-- of is. Sequences, now() and other functions are not known before the row is written.
create function importer.known_columns(relation regclass, written text[])
returns table (name text, number smallint, generated boolean, value text)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
  with columns as (
    select
      a.attname, a.attnum, a.attidentity, a.attgenerated, a.attname = any (written) as is_written, d.oid as default_id,
      pg_get_expr(d.adbin, d.adrelid) as expression, format_type(a.atttypid, a.atttypmod) as type, t.typdefault,
      t.oid < 16384 or t.typtype = 'e' as is_plain_type,
      case when a.attcollation <> t.typcollation then format(' collate %I.%I', n.nspname, c.collname) end as collation
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_type as t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join pg_catalog.pg_collation as c on c.oid = a.attcollation
    left join pg_catalog.pg_namespace as n on n.oid = c.collnamespace
    where a.attrelid = known_columns.relation and a.attnum > 0 and not a.attisdropped
  ),

  plain as (
    select
      c.attname, c.attnum,
      case
        when c.is_written then concat(format('s.%I', c.attname), c.collation)
        when c.expression is null then concat('null::', c.type, c.collation)
        else concat('(', c.expression, ')::', c.type, c.collation)
      end as value
    from columns as c
    where c.attgenerated = '' and (
      c.is_written or (
        c.attidentity = '' and c.typdefault is null and c.is_plain_type and coalesce(
          c.expression ~ '^(-?[0-9]+([.][0-9]+)?|true|false|NULL|''([^'']|'''')*'')(::[a-z ]+([(][0-9]+(,[0-9]+)?[)])?)?$', true
        )
      )
    )
  )

  select p.attname::text, p.attnum, false, p.value from plain as p
  union all
  select c.attname::text, c.attnum, true, format('(%s)', c.expression)
  from columns as c
  where c.attgenerated <> '' and not importer.has_own_code('pg_attrdef', c.default_id) and not exists (
    select from pg_catalog.pg_depend as d
    where d.classid = 'pg_attrdef'::regclass and d.objid = c.default_id
      and d.refclassid = 'pg_class'::regclass and d.refobjid = known_columns.relation
      and d.refobjsubid not in (c.attnum, 0) and d.refobjsubid <> all (select p.attnum from plain as p)
  );
end
$$;

comment on function importer.known_columns(regclass, text[]) is
'Returns the columns whose values are known before a row is written of which the file fills the columns `written`: the
value of each, in terms of the stage s, and of a generated one in terms of the others.';

revoke all on function importer.known_columns(regclass, text[]) from public, anon, authenticated, service_role;

create function importer.staged_rows(relation regclass, written text[], stage text) returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select format(
    '(select r.*%s from (select s."#record"%s from only %s as s) as r)',
    string_agg(format(', %s as %I', k.value, k.name), '' order by k.number) filter (where k.generated),
    string_agg(format(', %s as %I', k.value, k.name), '' order by k.number) filter (where not k.generated),
    stage
  )
  from importer.known_columns(relation, written) as k
$$;

comment on function importer.staged_rows(regclass, text[], text) is
'Composes the query for staged rows as the table will have them, as far as that is known.';

revoke all on function importer.staged_rows(regclass, text[], text) from public, anon, authenticated, service_role;

-- Its columns are of Postgres's own types, of domains over them, or of enums, and no collation calls different texts
-- equal.
create function importer.table_keys(relation regclass)
returns table (
  id oid, name text, columns smallint[], expressions text[], condition text, is_plain boolean, trigger_name text
)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
  select
    i.indexrelid, c.relname::text,
    array(
      select k.number from unnest(i.indkey::smallint[]) as k (number) where k.number > 0
      union
      select d.refobjsubid::smallint from pg_catalog.pg_depend as d
      where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refclassid = 'pg_class'::regclass
        and d.refobjid = i.indrelid and d.refobjsubid > 0
    ),
    array(
      select format('(%s)', pg_get_indexdef(i.indexrelid, g.place, false)) || case
        when l.collname is null or l.collname = 'default' then '' else format(' collate %I.%I', n.nspname, l.collname)
      end
      from generate_series(1, i.indnkeyatts::integer) as g (place)
      left join pg_catalog.pg_collation as l on l.oid = i.indcollation[g.place - 1]
      left join pg_catalog.pg_namespace as n on n.oid = l.collnamespace
      order by g.place
    ),
    coalesce(pg_get_expr(i.indpred, i.indrelid), 'true'),
    i.indisunique and not i.indisexclusion and not i.indnullsnotdistinct
      and not importer.has_own_code('pg_class', i.indexrelid)
      and not exists (
        select
        from unnest(i.indkey::smallint[]) as k (number)
        inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
        where importer.has_own_casts(a.atttypid)
      )
      and not exists (select from unnest(i.indclass::oid[]) as o (id) where o.id >= 16384)
      and not exists (
        select from unnest(i.indcollation::oid[]) as o (id) inner join pg_catalog.pg_collation as l on l.oid = o.id
        where not l.collisdeterministic
      ),
    case when not i.indimmediate then (
      select min(g.tgname::text collate "C")
      from pg_catalog.pg_trigger as g inner join pg_catalog.pg_constraint as o on o.oid = g.tgconstraint
      where g.tgrelid = i.indrelid and o.conindid = i.indexrelid and o.contype in ('p', 'u', 'x')
    ) end
  from pg_catalog.pg_index as i inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
  where i.indrelid = table_keys.relation and (i.indisunique or i.indisexclusion) and i.indisready;
end
$$;

comment on function importer.table_keys(regclass) is
'Returns the unique indexes and exclusion constraints of a table: what they compare, for which rows, whether a set can
be looked up in them, and, of one that is checked after the rows are written, the trigger that does so.';

revoke all on function importer.table_keys(regclass) from public, anon, authenticated, service_role;

create function importer.table_references(relation regclass)
returns table (
  id oid, name text, parent regclass, columns smallint[], referenced smallint[], conditions text[], is_plain boolean,
  trigger_name text
)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
  select
    o.oid, o.conname::text, o.confrelid::regclass, o.conkey, o.confkey,
    array(
      select format(
        'p.%I operator(pg_catalog.%s) %s%s', b.attname, e.oprname, format('s.%I', a.attname), case
          when l.collname is null or l.collname = 'default' then '' else format(' collate %I.%I', n.nspname, l.collname)
        end
      )
      from unnest(o.conkey, o.confkey, o.conpfeqop) as k (number, parent_number, operator)
      inner join pg_catalog.pg_attribute as a on a.attrelid = o.conrelid and a.attnum = k.number
      inner join pg_catalog.pg_attribute as b on b.attrelid = o.confrelid and b.attnum = k.parent_number
      inner join pg_catalog.pg_operator as e on e.oid = k.operator
      left join pg_catalog.pg_collation as l on l.oid = b.attcollation
      left join pg_catalog.pg_namespace as n on n.oid = l.collnamespace
    ),
    (o.confmatchtype = 's' or cardinality(o.conkey) = 1)
      and coalesce(to_jsonb(o) ->> 'conperiod', 'false') = 'false'
      and not exists (select from unnest(o.conpfeqop) as e (id) where e.id >= 16384)
      and not importer.has_planned_code(o.confrelid)
      -- An enum is compared with itself alone: with anything else a cast of other people would be called.
      and not exists (
        select from unnest(o.conkey, o.confkey) as k (number, parent_number)
        inner join pg_catalog.pg_attribute as a on a.attrelid = o.conrelid and a.attnum = k.number
        inner join pg_catalog.pg_attribute as b on b.attrelid = o.confrelid and b.attnum = k.parent_number
        where importer.has_own_casts(a.atttypid) or importer.has_own_casts(b.atttypid)
          or a.atttypid <> b.atttypid and greatest(a.atttypid, b.atttypid) >= 16384
            and exists (
              select from pg_catalog.pg_type as t where t.oid in (a.atttypid, b.atttypid) and t.typtype = 'e'
            )
      )
      and not exists (
        select from unnest(o.confkey) as k (number)
        inner join pg_catalog.pg_attribute as b on b.attrelid = o.confrelid and b.attnum = k.number
        inner join pg_catalog.pg_collation as l on l.oid = b.attcollation
        where not l.collisdeterministic
      ),
    g.tgname::text
  from pg_catalog.pg_constraint as o
  inner join pg_catalog.pg_trigger as g
    on g.tgconstraint = o.oid and g.tgrelid = o.conrelid and g.tgtype & 4 > 0 and g.tgenabled in ('O', 'A')
  where o.conrelid = table_references.relation and o.contype = 'f';
end
$$;

comment on function importer.table_references(regclass) is
'Returns the foreign keys of a table that are checked for new rows: the conditions that join a parent p with a row s,
and whether a set can be looked up by them.';

revoke all on function importer.table_references(regclass) from public, anon, authenticated, service_role;

-- A check whose functions are immutable says the same before the row is written as when it is. The function reads the
-- catalog alone; it is SECURITY DEFINER so that the processor needs none of those that it calls.
create function importer.table_rules(
  relation regclass, written text[], role name default null, reads boolean default false
) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  known smallint[] := array(select k.number from importer.known_columns(relation, written) as k);
  used smallint[];
  needed text[];
  checks jsonb;
  checks_are_plain boolean;
begin
  select
    coalesce(jsonb_agg(jsonb_build_object('name', o.conname, 'condition', pg_get_expr(o.conbin, o.conrelid))
      order by o.conname::text collate "C"), '[]'),
    coalesce(bool_and(o.conkey <@ known and not exists (
      select from pg_catalog.pg_depend as d
      left join pg_catalog.pg_operator as e on d.refclassid = 'pg_operator'::regclass and e.oid = d.refobjid
      inner join pg_catalog.pg_proc as p
        on p.oid = coalesce(e.oprcode, case when d.refclassid = 'pg_proc'::regclass then d.refobjid end)
      where d.classid = 'pg_constraint'::regclass and d.objid = o.oid and p.provolatile <> 'i'
    )), true)
  into checks, checks_are_plain
  from pg_catalog.pg_constraint as o
  where o.conrelid = table_rules.relation and o.contype = 'c'
    and coalesce(to_jsonb(o) ->> 'conenforced', 'true') = 'true';
  used := array(
    select unnest(o.conkey) from pg_catalog.pg_constraint as o where o.conrelid = relation and o.contype in ('c', 'f')
    union
    select unnest(k.columns) from importer.table_keys(relation) as k
    union
    select d.refobjsubid::smallint from pg_catalog.pg_depend as d inner join pg_catalog.pg_policy as p on p.oid = d.objid
    where d.classid = 'pg_policy'::regclass and p.polrelid = table_rules.relation and table_rules.role is not null
      and d.refclassid = 'pg_class'::regclass and d.refobjid = table_rules.relation and d.refobjsubid > 0
  );
  needed := array(
    select a.attname::text from pg_catalog.pg_attribute as a
    where a.attrelid = table_rules.relation and a.attname = any (written) and (
      a.attnum = any (used) or exists (
        select from pg_catalog.pg_attrdef as d inner join pg_catalog.pg_depend as p
          on p.classid = 'pg_attrdef'::regclass and p.objid = d.oid and p.refclassid = 'pg_class'::regclass
        where d.adrelid = a.attrelid and d.adnum = any (used) and p.refobjid = a.attrelid and p.refobjsubid = a.attnum
      )
    )
    order by a.attnum
  );
  return (
    select jsonb_build_object(
      'by_sets', c.relkind = 'r' and not c.relispartition and checks_are_plain
      and not exists (select from pg_catalog.pg_rewrite as r where r.ev_class = c.oid and r.ev_type = '3')
      and not exists (
        select from pg_catalog.pg_trigger as g
        where g.tgrelid = c.oid and not g.tgisinternal and g.tgtype & 5 = 5 and g.tgenabled in ('O', 'A')
      )
      and not exists (
        select from pg_catalog.pg_attrdef as d inner join pg_catalog.pg_attribute as a
          on a.attrelid = d.adrelid and a.attnum = d.adnum
        where d.adrelid = c.oid and a.attgenerated <> '' and (a.attnotnull or importer.has_own_code('pg_attrdef', d.oid))
      )
      and not importer.has_planned_code(relation)
      and not exists (select from importer.table_keys(relation) as k where not k.is_plain)
      and not exists (select from importer.table_references(relation) as f where not f.is_plain),
      'rows', importer.staged_rows(relation, needed, 'pg_temp.import_judged'),
      'checks', checks,
      'policies', (
        select to_jsonb(p) from importer.policies_of_new_rows(relation, table_rules.role, table_rules.reads) as p
        where table_rules.role is not null
      ),
      'keys', (
        select coalesce(
          jsonb_agg(jsonb_build_object('id', k.id, 'name', k.name, 'after', k.trigger_name) order by k.id), '[]'
        )
        from importer.table_keys(relation) as k where k.columns <@ known
      ),
      'references', (
        select coalesce(
          jsonb_agg(jsonb_build_object(
            'id', f.id, 'name', f.name, 'after', f.trigger_name, 'is_own', f.parent = relation
          ) order by f.id), '[]'
        )
        from importer.table_references(relation) as f
        where f.columns <@ known and (f.parent <> relation or f.referenced <@ known)
      ),
      'columns', to_jsonb(needed),
      'reader', (
        select pg_get_userbyid(p.proowner) from pg_catalog.pg_proc as p
        where p.oid = 'importer.rows_with_taken_key'::regproc)
    )
    from pg_catalog.pg_class as c where c.oid = table_rules.relation
  );
end
$$;

comment on function importer.table_rules(regclass, text[], name, boolean) is
'Returns what can refuse rows of which the file fills the columns `written`, and whether sets can say which ones: checks,
keys, foreign keys, and policies if row security applies to `role`; the query for the rows, and the role that looks up.';

revoke all on function importer.table_rules(regclass, text[], name, boolean)
from public, anon, authenticated, service_role;
grant execute on function importer.table_rules(regclass, text[], name, boolean) to import_processor, import_uploader;
