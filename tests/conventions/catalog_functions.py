"""Our functions as the catalog lists them, for the tests of their definitions and of the rights on them."""

import psycopg

OURS = "p.pronamespace in ('public'::regnamespace, 'importer'::regnamespace)"


def functions(catalog: psycopg.Connection, condition: str) -> set[str]:
    """Return our functions that satisfy the condition, without those of extensions."""
    rows = catalog.execute(
        "select p.pronamespace::regnamespace || '.' || p.proname from pg_proc as p where "
        + OURS
        + " and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e') and "
        + condition
    )
    return {name for (name,) in rows}
