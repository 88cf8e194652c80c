"""importer.uninstall() knows every object of ours in schema public, because a list names each of them."""

import psycopg

# In a migrated database without tables of users; relations have types of their own, which go with them.
IN_CATALOG = """
select 'public.' || quote_ident(c.relname) as name from pg_class as c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
union all
select 'public.' || quote_ident(t.typname) from pg_type as t
where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd', 'r')
union all
select 'public.' || c.relname from pg_class as c where c.relnamespace = 'public'::regnamespace and c.relkind = 'c'
union all
select 'public.' || quote_ident(p.proname) || '(' || array_to_string(array(
  select format_type(a.type, null) from unnest(p.proargtypes) with ordinality as a (type, at) order by a.at
), ',') || ')'
from pg_proc as p where p.pronamespace = 'public'::regnamespace
and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e')
"""


def test_list_is_that_of_the_catalog(catalog: psycopg.Connection) -> None:
    with catalog.transaction(force_rollback=True):
        catalog.execute("set local search_path = ''")  # so that types have the names of their schemas
        existing = {name for (name,) in catalog.execute(IN_CATALOG)}
        listed = [name for (name,) in catalog.execute("select importer.public_objects()")]
    assert set(listed) == existing, "extend importer.public_objects(), by a new migration once it is released"
    assert len(listed) == len(existing)
