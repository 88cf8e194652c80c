"""What Supabase puts into a database before its owner sees it; migrations contain none of it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Literal

import psycopg
from psycopg import sql

Grants = Literal["none", "all"]
Connection = psycopg.Connection[tuple[object, ...]]

PROCESSOR = "import_processor"
LOGINS = ("postgres", "authenticator", "supabase_auth_admin", "supabase_storage_admin")
_ORDER = ("roles.sql", "public.sql", "extensions.sql", "auth.sql", "storage.sql")

# From 16 on, whoever has BYPASSRLS may pass it on. Before, only superusers may; on the platform an extension
# (supautils) lets postgres do it all the same, and this takes its place.
_BYPASSRLS_INHERITABLE_SINCE = 160000


def is_laid(conn: Connection) -> bool:
    """Tell whether `apply` has been here; it is all or nothing."""
    row = conn.execute("select to_regclass('auth.users') is not null").fetchone()
    return row is not None and bool(row[0])


def apply(conn: Connection, passwords: Mapping[str, str], grants: Grants = "none") -> None:
    """Lay the floor in the database of `conn` (a superuser's), in one transaction.

    `passwords` maps each role of `LOGINS` to its password; roles belong to the whole cluster. `grants` says what
    the API's roles may do with new tables of `public`: nothing since October 2026, everything before.
    """
    with conn.transaction():
        for name in _ORDER:
            _execute_file(conn, name)
        if grants == "all":
            _execute_file(conn, "grants_all.sql")
        for role in LOGINS:
            set_password(conn, role, passwords[role])
        _lay_net(conn)


def after_migrate(conn: Connection, password: str) -> None:
    """Let the processor's role log in with `password`; the migrations create it unable to."""
    with conn.transaction():
        set_password(conn, PROCESSOR, password)
        if conn.info.server_version < _BYPASSRLS_INHERITABLE_SINCE:
            conn.execute(sql.SQL("alter role {} bypassrls").format(sql.Identifier(PROCESSOR)))


def set_password(conn: Connection, role: str, password: str) -> None:
    """Let `role` log in with `password`, of which the server sees the SCRAM verifier only, never its log."""
    verifier = conn.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    conn.execute(
        sql.SQL("alter role {} login password {}").format(sql.Identifier(role), sql.Literal(verifier.decode("ascii")))
    )


def has_real_net(conn: Connection) -> bool:
    """Tell whether pg_net itself is installed in this database."""
    return conn.execute("select from pg_extension where extname = 'pg_net'").fetchone() is not None


def _lay_net(conn: Connection) -> None:
    if conn.execute("select from pg_available_extensions where name = 'pg_net'").fetchone():
        conn.execute("create extension if not exists pg_net with schema extensions")
        conn.execute("grant usage on schema net to postgres, anon, authenticated, service_role")
        return
    # Here because the stand-in's package brings an HTTP client with it, which the real one does without.
    from processor.local import pgnet

    pgnet.install(conn)


def _execute_file(conn: Connection, name: str) -> None:
    conn.execute((resources.files(__name__) / name).read_bytes())
