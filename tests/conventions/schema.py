"""Dump the resulting schema to `supabase/schema.sql`, so that a review shows the effect of a migration.

A test compares the file with the migrations; `python -m tests.conventions.schema` writes it, and the types of the
TypeScript client as well.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from processor.local import server_account
from processor.local.postgres_installation import PostgresInstallation
from tests.conventions import database_types

ROOT = Path(__file__).parents[2]
PATH = ROOT / "supabase" / "schema.sql"
MAJOR = 18  # of pg_dump and the server; each major version spells a few things differently
COMMAND = "python -m tests.conventions.schema"
REFRESH = "IMPORT_JOBS_REFRESH_SCHEMA"
HEADER = f"""\
-- The schema that supabase/migrations creates, for reading only; nothing runs this file.
-- Written by `{COMMAND}`.
"""
_ENVIRONMENT = {"host": "host", "port": "port", "user": "user", "password": "password", "database": "dbname"}
# Settings of the session, comments of pg_dump and (since 17.6) \restrict with a random token.
_NOISE = re.compile(r"^(--|SET |SELECT pg_catalog\.set_config|\\(un)?restrict|CREATE SCHEMA public)")


def dump(installation: PostgresInstallation, database_url: str) -> str:
    """Return the dump of the schemas public and importer, without the lines that differ between runs."""
    return normalised(pg_dump(installation, database_url, "--no-owner", "--schema=public", "--schema=importer"))


def dump_everything(installation: PostgresInstallation, database_url: str) -> str:
    """Return the dump of all schemas, with owners and privileges."""
    return normalised(pg_dump(installation, database_url))


def pg_dump(installation: PostgresInstallation, database_url: str, *options: str) -> str:
    """Return what pg_dump prints of the schema."""
    parts = conninfo_to_dict(database_url)
    env = {f"PG{name.upper()}": str(parts[key]) for name, key in _ENVIRONMENT.items()}
    command = [str(installation.bin / "pg_dump"), "--schema-only", *options]
    libraries = os.environ.get("LD_LIBRARY_PATH", "")
    outcome = server_account.run(command, {**env, "LD_LIBRARY_PATH": libraries, "LC_ALL": "C.UTF-8"})
    assert outcome.returncode == 0, outcome.stdout
    return outcome.stdout


def normalised(text: str) -> str:
    """Return the dump without session settings and comments, and with single empty lines."""
    kept = "\n".join(line.rstrip() for line in text.splitlines() if not _NOISE.match(line))
    return HEADER + "\n" + re.sub(r"\n{3,}", "\n\n", kept).strip() + "\n"


if __name__ == "__main__":
    os.environ[REFRESH] = "1"
    os.environ[database_types.REFRESH] = "1"
    tests = (
        "test_migrations.py::test_committed_schema_is_that_of_the_migrations",
        "test_database_types.py::test_types_of_the_client_are_those_of_the_migrations",
    )
    paths = [str(Path(__file__).with_name(test)) for test in tests]
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT), *paths]))
