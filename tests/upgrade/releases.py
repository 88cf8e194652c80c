"""The migrations of each release, and a database as 0.1.0 left it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from processor.database import migrate
from processor.database.migrate import Migration
from tests.conftest import Database

FOLDER = Path(__file__).parent
RELEASES = sorted(path.stem.removeprefix("migrations-") for path in FOLDER.glob("migrations-*.sha256"))
# How 0.1.0 recorded a migration: as the Supabase CLI does.
CLI_HISTORY = """
create schema supabase_migrations;
create table supabase_migrations.schema_migrations (version text not null primary key, statements text[], name text);
"""
RECORD = "insert into supabase_migrations.schema_migrations (version, name, statements) values (%s, %s, %s)"


def checksums(release: str) -> dict[str, str]:
    """Return the SHA-256 of each migration of a release, by the name of its file."""
    lines = (FOLDER / f"migrations-{release}.sha256").read_text(encoding="utf-8").splitlines()
    return {name: sha256 for sha256, name in (line.split() for line in lines)}


def released(release: str) -> list[Migration]:
    """Return the migrations of a release."""
    names = checksums(release)
    return [migration for migration in migrate.migrations() if f"{migration.stem}.sql" in names]


@contextmanager
def as_in_0_1_0(database: Database) -> Iterator[psycopg.Connection]:
    """Apply the migrations of 0.1.0 and record them as it did; yield the administrator's connection."""
    with database.connect() as conn:
        conn.execute(CLI_HISTORY)
        for migration in released("0.1.0"):
            with conn.transaction():
                conn.execute(migration.sql)
                conn.execute(RECORD, (migration.version, migration.name, [migration.sql]))
        yield conn
