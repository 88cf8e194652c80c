"""The floor: the roles, schemas and grants that a Supabase project has before its first migration.

The migrations contain none of it. It is applied to the embedded stack and to the databases of tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Literal

import psycopg
from psycopg import sql

Grants = Literal["none", "all"]
Connection = psycopg.Connection[tuple[object, ...]]

PROCESSOR, UPLOADER = "import_processor", "import_uploader"
LOGINS = ("postgres", "authenticator", "supabase_auth_admin", "supabase_storage_admin")
_AUTH_TABLES = "auth_tables.sql"
_FILES = ("roles.sql", "public.sql", "extensions.sql", "auth.sql", _AUTH_TABLES, "storage.sql")

# From version 16 on, a role with BYPASSRLS may grant it. Before, only superusers may. The platform has an extension
# (supautils) that lets postgres grant it there as well; `after_migrate` takes its place.
_BYPASSRLS_GRANTABLE_SINCE = 160000


def is_applied(conn: Connection) -> bool:
    """Return whether the database has the floor; `apply` creates all of it in one transaction."""
    row = conn.execute("select to_regclass('auth.users') is not null").fetchone()
    return row is not None and bool(row[0])


def apply(conn: Connection, passwords: Mapping[str, str], grants: Grants = "none") -> None:
    """Create the floor in the database of `conn`, a superuser's connection, in one transaction.

    `passwords` has a password for each role of `LOGINS`; roles belong to the whole cluster. `grants` is what the API's
    roles may do with new tables of schema public: nothing in projects created since October 2026, everything in older
    ones.
    """
    with conn.transaction():
        for name in _FILES:
            _execute_file(conn, name)
        if grants == "all":
            _execute_file(conn, "grants_all.sql")
        for role in LOGINS:
            set_password(conn, role, passwords[role])
        _create_net(conn)


def upgrade(conn: Connection) -> None:
    """Add what a stack of an earlier version lacks: the tables of Auth."""
    row = conn.execute("select to_regclass('auth.audit_log_entries') is not null").fetchone()
    if row is not None and not row[0]:
        with conn.transaction():
            _execute_file(conn, _AUTH_TABLES)


def watch_schema(conn: Connection) -> None:
    """Let the Data API read the schema again after each change of it."""
    with conn.transaction():
        _execute_file(conn, "rest.sql")


def after_migrate(conn: Connection, passwords: Mapping[str, str]) -> None:
    """Let the processor's roles log in with their passwords; the migrations create them without a login."""
    with conn.transaction():
        for role in (PROCESSOR, UPLOADER):
            set_password(conn, role, passwords[role])
        if conn.info.server_version < _BYPASSRLS_GRANTABLE_SINCE:
            conn.execute(sql.SQL("alter role {} bypassrls").format(sql.Identifier(PROCESSOR)))


def set_password(conn: Connection, role: str, password: str) -> None:
    """Let `role` log in with `password`. Only its SCRAM verifier is sent, so the password cannot appear in the log."""
    verifier = conn.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    conn.execute(
        sql.SQL("alter role {} login password {}").format(sql.Identifier(role), sql.Literal(verifier.decode("ascii")))
    )


def has_pg_net(conn: Connection) -> bool:
    """Return whether the extension pg_net itself is installed in the database."""
    return conn.execute("select from pg_extension where extname = 'pg_net'").fetchone() is not None


def _create_net(conn: Connection) -> None:
    if conn.execute("select from pg_available_extensions where name = 'pg_net'").fetchone():
        conn.execute("create extension if not exists pg_net with schema extensions")
        conn.execute("grant usage on schema net to postgres, anon, authenticated, service_role")
        return
    # Imported only when needed: the package of the stand-in imports an HTTP client.
    from processor.local import pgnet

    pgnet.install(conn)


def _execute_file(conn: Connection, name: str) -> None:
    conn.execute((resources.files(__name__) / name).read_bytes())
