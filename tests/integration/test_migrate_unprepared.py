"""`import-jobs migrate` on a database that Auth or Storage has not prepared names the migration and what is missing."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest

from tests.conftest import Database

MISSING = {
    "drop schema auth cascade": 'schema "auth" does not exist',
    "drop function auth.uid() cascade": "function auth.uid() does not exist",
    "drop function auth.jwt() cascade": "function auth.jwt() does not exist",
    "drop function storage.foldername(text) cascade": "function storage.foldername(text) does not exist",
    "drop table storage.buckets cascade": 'relation "storage.buckets" does not exist',
    "alter table storage.buckets drop column public": 'column "public" of relation "buckets" does not exist',
}


def migrate(url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "processor.cli", "migrate"],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("drop", MISSING)
def test_error_names_the_migration_and_what_is_missing(floor_db: Database, drop: str) -> None:
    with psycopg.connect(floor_db.superuser_url, autocommit=True) as conn:
        conn.execute(drop)
    outcome = migrate(floor_db.admin_url)
    said = " ".join(outcome.stderr.split())
    assert outcome.returncode == 1
    assert f"{MISSING[drop]} (SQLSTATE " in said
    assert ") in migration 20261128" in said
    assert "Start Supabase's Auth and Storage on this database once" in said
    assert "Run import-jobs migrate." not in said


def test_migrate_succeeds_once_auth_is_there(floor_db: Database) -> None:
    with psycopg.connect(floor_db.superuser_url, autocommit=True) as conn:
        conn.execute("alter schema auth rename to not_yet")
        assert migrate(floor_db.admin_url).returncode == 1
        conn.execute("alter schema not_yet rename to auth")
    assert migrate(floor_db.admin_url).returncode == 0


def test_schema_of_somebody_else_is_named_and_stays_as_it_is(floor_db: Database) -> None:
    with floor_db.connect() as conn:
        conn.execute("create schema importer; create table importer.theirs (id bigint)")
        outcome = migrate(floor_db.admin_url)
        assert outcome.returncode == 1
        assert 'schema "importer" already exists (SQLSTATE 42P06) in migration 20261128000100' in outcome.stderr
        assert conn.execute("select to_regclass('importer.theirs') is not null").fetchone() == (True,)
