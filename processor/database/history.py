"""The history of our migrations in a database, `importer.migrations`, and what earlier releases kept instead."""

from collections.abc import Iterable
from importlib import metadata, resources
from typing import LiteralString, cast

import psycopg

# Serialises concurrent runs; the key is arbitrary. The file of `import-jobs install` takes it as well.
LOCK = "select pg_advisory_lock(hashtextextended('import-jobs migrate', 0))"
RECORDED = "select version from importer.migrations"
EXISTS = "select to_regclass('importer.migrations') is not null"
RECORD = "insert into importer.migrations (version, name, sha256, release) values (%s, %s, %s, %s)"
# The rows that earlier releases wrote, as the Supabase CLI would have: the versions are ours, and so are the names.
IN_CLI = "select to_regclass('supabase_migrations.schema_migrations') is not null"
ADOPT = """
delete from supabase_migrations.schema_migrations
where version || '_' || name = any(%s)
returning version || '_' || name
"""


def release() -> str:
    """Return the version of this package."""
    return metadata.version("import-jobs")


def preparation(names: Iterable[str]) -> str:
    """Return the statement that creates the table of the history where the schema is there but the table is not.

    `names` are those of all migrations of ours, `<version>_<name>`: what the history of the CLI has of them is copied.
    """
    text = (resources.files(__name__.rpartition(".")[0]) / "history.sql").read_text(encoding="utf-8")
    return text.replace(":migrations", ", ".join(f"'{name}'" for name in names) or "null")


def prepare(conn: psycopg.Connection, names: Iterable[str]) -> None:
    """Create the table of the history if the schema is there and the table is not.

    Raises: psycopg.Error.
    """
    conn.execute(cast(LiteralString, preparation(names)))


def recorded(conn: psycopg.Connection) -> set[str]:
    """Return the versions that the database has; none if the table of the history is not there.

    Raises: psycopg.Error.
    """
    if not _holds(conn, EXISTS):
        return set()
    return {str(row[0]) for row in conn.execute(RECORDED).fetchall()}


def record(conn: psycopg.Connection, version: str, name: str, sha256: str) -> None:
    """Record a migration that has been applied in the same transaction.

    Raises: psycopg.Error.
    """
    conn.execute(RECORD, (version, name, sha256, release()))


def adopt(conn: psycopg.Connection, names: list[str]) -> list[str]:
    """Delete our rows from the history of the Supabase CLI; return the names of their migrations.

    Raises: psycopg.Error.
    """
    if not _holds(conn, IN_CLI):
        return []
    return sorted(str(row[0]) for row in conn.execute(ADOPT, (names,)).fetchall())


def _holds(conn: psycopg.Connection, query: LiteralString) -> bool:
    row = conn.execute(query).fetchone()
    return row is not None and bool(row[0])
