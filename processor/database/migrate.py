"""Apply the migrations of import-jobs that a database does not have yet."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, cast

import psycopg

from processor.database import history

# PostgREST, if there is one, serves new tables and functions at once.
RELOAD = "notify pgrst, 'reload schema'"


@dataclass(frozen=True, slots=True)
class Migration:
    """A file in `supabase/migrations`: its version (14 digits), its name and its text."""

    version: str
    name: str
    sql: str

    @property
    def stem(self) -> str:
        """The name of its file without the extension."""
        return f"{self.version}_{self.name}"

    @property
    def sha256(self) -> str:
        """The SHA-256 of its text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def folder() -> Path:
    """Return the folder of the migrations: inside the package in a wheel, beside the package in a checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "migrations"
    return packaged if packaged.is_dir() else package.parent / "supabase" / "migrations"


def migrations() -> list[Migration]:
    """Return all migrations in the order of their versions."""
    in_order: list[Migration] = []
    for path in sorted(folder().glob("*.sql")):
        version, _, name = path.stem.partition("_")
        in_order.append(Migration(version, name, path.read_text(encoding="utf-8")))
    return in_order


def apply(database_url: str, wanted: list[Migration] | None = None) -> list[str]:
    """Apply the migrations that the database lacks, each in its own transaction; return their names.

    `wanted` are the migrations to look at, by default all of this package.
    Raises: psycopg.Error, with the name of the migration as a note; the migrations before it stay applied.
    """
    applied: list[str] = []
    wanted = migrations() if wanted is None else wanted
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(history.LOCK)
        history.prepare(conn, [migration.stem for migration in wanted])
        recorded = history.recorded(conn)
        for migration in wanted:
            if migration.version not in recorded:
                apply_one(conn, migration)
                applied.append(migration.stem)
        conn.execute(RELOAD)
    return applied


def adopt(database_url: str) -> list[str]:
    """Delete our rows from the history of the Supabase CLI, where earlier releases wrote them; return their names.

    Raises: psycopg.Error.
    """
    with psycopg.connect(database_url, autocommit=True) as conn:
        return history.adopt(conn, [migration.stem for migration in migrations()])


def renew_target_tables(database_url: str) -> list[str]:
    """Accept tables that have another OID but the same name, kind and owner, as after a restore; return their targets.

    Raises: psycopg.Error.
    """
    with psycopg.connect(database_url, autocommit=True) as conn:
        return [str(row[0]) for row in conn.execute("select importer.renew_target_tables()").fetchall()]


def install_late_parts(conn: psycopg.Connection) -> None:
    """Put our trigger on Storage's table and our policy on Realtime's, where those are newer than our schema.

    Raises: psycopg.Error.
    """
    conn.execute("select importer.install_upload_trigger(), importer.install_realtime()")


def apply_one(conn: psycopg.Connection, migration: Migration) -> None:
    """Run one migration and record it in the same transaction.

    Raises: psycopg.Error, with the name of the migration as a note.
    """
    try:
        with conn.transaction():
            conn.execute(cast(LiteralString, migration.sql))
            history.prepare(conn, [])  # the first migration creates the schema
            history.record(conn, migration.version, migration.name, migration.sha256)
    except psycopg.Error as exc:
        exc.add_note(f"in migration {migration.stem}")
        raise
