"""Plant objects that shadow those of pg_catalog and ours; code of theirs that runs notes its role."""

from __future__ import annotations

import psycopg
from psycopg import sql

from tests.integration.queue_harness import Queue

EVIDENCE = """
create table public.evidence (who text, what text);
grant select, insert on public.evidence to public;
"""
# It returns null where a function, and true where the check of a domain calls it, so that an attack goes on.
NOTE = """
create function {}.note(what pg_catalog.text) returns pg_catalog.bool language plpgsql as $$
begin
  insert into public.evidence values (current_user::pg_catalog.text, what);
  return true;
end
$$
"""
# The functions of pg_catalog that occur in ours, with signatures that others can repeat.
CALLED = """
select distinct p.proname, pg_get_function_identity_arguments(p.oid), format_type(p.prorettype, null)
from pg_proc as p
where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and not p.proretset and p.provariadic = 0
  and not exists (
    select from unnest(array_append(p.proargtypes::oid[], p.prorettype)) as a (type)
    inner join pg_type as t on t.oid = a.type where t.typtype = 'p'
  )
  and exists (
    select from pg_proc as o
    where o.pronamespace in ('importer'::regnamespace, 'public'::regnamespace)
      and o.prosrc ~ ('\\m' || p.proname || '\\(')
  )
"""
FUNCTION = """
create function {} language plpgsql as $$ begin perform {}.note('{}'); return null; end $$
"""
TYPES = (
    "text",
    "jsonb",
    "json",
    "uuid",
    "bool",
    "int2",
    "int4",
    "int8",
    "float8",
    "numeric",
    "name",
    "oid",
    "timestamptz",
)
OPERATORS = ("=", "<>", "<", ">", "~", "||")
COMPARED = ("text", "uuid", "jsonb", "int4", "int8", "timestamptz")
RELATIONS = (
    *(
        "import_jobs",
        "import_targets",
        "import_job_events",
        "import_job_errors",
        "job_leases",
        "job_chunks",
        "settings",
    ),
    *("job_identities", "target_tables", "owner_changes", "new_rows", "old_rows", "import_stage", "objects"),
    *("pg_class", "pg_roles", "pg_attribute", "pg_type", "pg_settings", "pg_proc", "pg_index", "pg_namespace"),
)
# What a role or a version of Postgres does not allow is no attack, nor is what exists.
NOT_ALLOWED = {"42501", "42P13", "42723", "42883", "42P17", "42710", "42P07", "0A000"}


def plant(conn: psycopg.Connection, queue: Queue, schema: str) -> int:
    """Create functions, types, operators, views and a collation in a schema; return their number."""
    statements = [NOTE.format(schema)]
    for name, arguments, result in queue.admin.execute(CALLED).fetchall():
        statements.append(FUNCTION.format(f"{schema}.{name}({arguments}) returns {result}", schema, name))
    for name in TYPES:
        statements.append(f"create domain {schema}.{name} as pg_catalog.{name} check ({schema}.note('type {name}'))")
    for number, operator in enumerate(OPERATORS):
        for name in COMPARED:
            function, argument = f"{schema}.op_{number}_{name}", f"pg_catalog.{name}"
            result = argument if operator == "||" else "pg_catalog.bool"
            signature = f"{function}(a {argument}, b {argument}) returns {result}"
            statements += [
                FUNCTION.format(signature, schema, f"operator {operator}"),
                f"create operator {schema}.{operator} (leftarg = {argument}, rightarg = {argument}, "
                f"function = {function})",
            ]
    statements += [f"create view {schema}.{name} as select {schema}.note('{name}') as id" for name in RELATIONS]
    statements.append(f'create collation {schema}."default" from pg_catalog."C"')
    refused = {attempt(conn, statement) for statement in statements} - {None}
    assert refused <= NOT_ALLOWED, refused
    return created(conn, schema)


def created(conn: psycopg.Connection, schema: str) -> int:
    """Return the number of functions, types and relations in a schema."""
    place = "pg_catalog.pg_my_temp_schema()" if schema == "pg_temp" else f"'{schema}'::pg_catalog.regnamespace"
    row = conn.execute(
        f"select (select pg_catalog.count(*) from pg_catalog.pg_proc where pronamespace operator(pg_catalog.=) {place})"
        f" operator(pg_catalog.+) (select pg_catalog.count(*) from pg_catalog.pg_type"
        f" where typnamespace operator(pg_catalog.=) {place})"
    ).fetchone()
    return row[0]


def look_there_first(conn: psycopg.Connection, schema: str) -> None:
    """Let the session look up names in the attacker's schema before all others."""
    conn.execute(sql.SQL("set search_path = {}, public, pg_catalog").format(sql.Identifier(schema)))


def attempt(conn: psycopg.Connection, statement: str) -> str | None:
    """Execute a statement; return the SQLSTATE of its error."""
    try:
        conn.execute(statement.encode())
    except psycopg.Error as exc:
        return exc.sqlstate
    return None


def foreign(queue: Queue, attacker: str) -> list[tuple[str, str]]:
    """Return what ran as another role than the attacker's."""
    return queue.admin.execute(
        "select distinct who, what from public.evidence where who <> %s order by 1, 2", [attacker]
    ).fetchall()
