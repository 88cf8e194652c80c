"""Apply the migrations and record them as the Supabase CLI does, so that both can be used on one database."""

from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, cast

import psycopg

# The table that the CLI creates (`supabase db push`); later versions of the CLI added the columns after the first.
HISTORY = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
"""

# Serialises concurrent runs; the key is arbitrary.
LOCK = "select pg_advisory_lock(hashtextextended('import-jobs migrate', 0))"


@dataclass(frozen=True, slots=True)
class Migration:
    """A file in `supabase/migrations`: its version (14 digits), its name and its text."""

    version: str
    name: str
    sql: str


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


def apply(database_url: str) -> list[str]:
    """Apply the migrations that the database lacks, each in its own transaction; return their names.

    Raises: psycopg.Error, with the name of the migration as a note; the migrations before it stay applied.
    """
    applied: list[str] = []
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(LOCK)
        conn.execute(HISTORY)
        rows = conn.execute("select version from supabase_migrations.schema_migrations").fetchall()
        recorded = {str(row[0]) for row in rows}
        for migration in migrations():
            if migration.version not in recorded:
                apply_one(conn, migration)
                applied.append(f"{migration.version}_{migration.name}")
    return applied


def renew_target_tables(database_url: str) -> list[str]:
    """Accept tables that have another OID but the same name, kind and owner, as after a restore; return their targets.

    Raises: psycopg.Error.
    """
    with psycopg.connect(database_url, autocommit=True) as conn:
        return [str(row[0]) for row in conn.execute("select importer.renew_target_tables()").fetchall()]


def apply_one(conn: psycopg.Connection, migration: Migration) -> None:
    """Run one migration and record it in the same transaction.

    Raises: psycopg.Error, with the name of the migration as a note.
    """
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
