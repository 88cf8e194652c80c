"""`supabase db lint --level warning`, run by the official CLI, finds nothing, where the server has its extension."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from processor.local import postgres_installation
from tests import supabase_cli
from tests.conftest import Database
from tests.servers import POSTGRES_MAJOR

BROKEN = """
create function public.broken() returns void language plpgsql as $$ begin perform nothing from nowhere; end $$
"""
# The wheels of 17 and 18 are without plpgsql_check; test_catalog_functions.py parses the bodies there.
pytestmark = pytest.mark.skipif(
    not postgres_installation.find(POSTGRES_MAJOR).has_library("plpgsql_check"),
    reason="this PostgreSQL is without plpgsql_check, of which `supabase db lint` consists",
)


def lint(database: Database, home: Path) -> str:
    """Return what the linter says of our schemas."""
    with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
        superuser.execute("create extension if not exists plpgsql_check")
    arguments = ("--level", "warning", "--schema", "public,importer")
    done = supabase_cli.run("db", "lint", f"--remote={database.superuser_url}", *arguments, home=home)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_linter_finds_a_broken_function(db: Database, tmp_path: Path) -> None:
    with db.connect() as admin:
        admin.execute(BROKEN)
    assert "public.broken" in lint(db, tmp_path)


def test_linter_finds_nothing(db: Database, tmp_path: Path) -> None:
    found = lint(db, tmp_path)
    assert "No schema errors found" in found, found
