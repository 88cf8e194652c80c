"""Apply the migrations, recorded as the Supabase CLI records them, so that the two can be mixed."""

from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, cast

import psycopg

# The table as the CLI makes it (`supabase db push`); the columns beyond the first came with later versions of it.
HISTORY = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
"""

# One runner at a time; the key is arbitrary and ours.
LOCK = "select pg_advisory_lock(hashtextextended('import-jobs migrate', 0))"


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `supabase/migrations`: its version (14 digits), its name and its text."""

    version: str
    name: str
    sql: str


def folder() -> Path:
    """Return where the migrations are: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "supabase" / "migrations"


def migrations() -> list[Migration]:
    """Return all migrations in order."""
    found: list[Migration] = []
    for path in sorted(folder().glob("*.sql")):
        version, _, name = path.stem.partition("_")
        found.append(Migration(version, name, path.read_text(encoding="utf-8")))
    return found


def apply(database_url: str) -> list[str]:
    """Apply what is missing, each migration in its own transaction; return the names of those applied.

    Raises: psycopg.Error, with the migration's name as a note, when one fails; those before it stay applied.
    """
    applied: list[str] = []
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(LOCK)
        conn.execute(HISTORY)
        rows = conn.execute("select version from supabase_migrations.schema_migrations").fetchall()
        known = {str(row[0]) for row in rows}
        for migration in migrations():
            if migration.version not in known:
                apply_one(conn, migration)
                applied.append(f"{migration.version}_{migration.name}")
    return applied


def apply_one(conn: psycopg.Connection, migration: Migration) -> None:
    """Run one migration and record it, together or not at all."""
    try:
        with conn.transaction():
            conn.execute(cast(LiteralString, migration.sql))
            conn.execute(
                "insert into supabase_migrations.schema_migrations (version, name, statements) values (%s, %s, %s)",
                (migration.version, migration.name, [migration.sql]),
            )
    except psycopg.Error as exc:
        exc.add_note(f"in migration {migration.version}_{migration.name}")
        raise
