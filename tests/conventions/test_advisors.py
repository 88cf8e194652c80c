"""Supabase's database linter, run by the official CLI: it finds planted faults, and none in the migrated database."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests import supabase_cli
from tests.conftest import Database
from tests.conventions.usage import use_everything

Finding = tuple[str, str]

# Statements that plant a fault, and the lint that must find it. This version of the CLI has no lint for SECURITY
# DEFINER functions in public that anon may execute; test_catalog_linter.py checks that.
PLANTED: dict[str, Finding] = {
    """
    create table public.open_door (id integer primary key);
    grant select on public.open_door to anon
    """: ("rls_disabled_in_public", "public.open_door"),
    """
    create table public.locked_door (id integer primary key);
    alter table public.locked_door enable row level security
    """: ("rls_enabled_no_policy", "public.locked_door"),
    """
    create table importer.locked_stage (id integer primary key);
    alter table importer.locked_stage enable row level security
    """: ("rls_enabled_no_policy", "importer.locked_stage"),
    """
    create table public.sleeping (id integer primary key);
    create policy never_asked on public.sleeping for select to authenticated using (id > 0)
    """: ("policy_exists_rls_disabled", "public.sleeping"),
    "create function public.anywhere() returns integer language sql as 'select 1'": (
        "function_search_path_mutable",
        "public.anywhere",
    ),
    "create function importer.anywhere() returns integer language sql security definer as 'select 1'": (
        "function_search_path_mutable",
        "importer.anywhere",
    ),
    "create table importer.far (id uuid primary key, job_id uuid references public.import_jobs (id))": (
        "unindexed_foreign_keys",
        "importer.far",
    ),
    "create table importer.heap (id integer)": ("no_primary_key", "importer.heap"),
    """
    create table public.slow (id uuid primary key);
    alter table public.slow enable row level security;
    create policy each_row on public.slow for select to authenticated using (id = auth.uid())
    """: ("auth_rls_initplan", "public.slow"),
    """
    create table public.twofold (id integer primary key);
    alter table public.twofold enable row level security;
    create policy one on public.twofold for select to authenticated using (id = 1);
    create policy two on public.twofold for select to authenticated using (id = 2)
    """: ("multiple_permissive_policies", "public.twofold"),
    """
    create table public.anyones (id integer primary key);
    alter table public.anyones enable row level security;
    create policy anything on public.anyones for insert to authenticated with check (true)
    """: ("rls_policy_always_true", "public.anyones"),
    """
    create table importer.doubled (id integer primary key, n integer);
    create index doubled_one on importer.doubled (n);
    create index doubled_two on importer.doubled (n)
    """: ("duplicate_index", "importer.doubled"),
    "create index never_used on importer.settings (value)": ("unused_index", "importer.settings"),
    """
    create view public.all_jobs as select * from public.import_jobs;
    grant select on public.all_jobs to anon
    """: ("security_definer_view", "public.all_jobs"),
    """
    create materialized view public.old_jobs as select * from public.import_jobs;
    grant select on public.old_jobs to authenticated
    """: ("materialized_view_in_api", "public.old_jobs"),
    "create extension citext schema public": ("extension_in_public", "public.citext"),
}


@pytest.fixture(params=["closed", "open"])
def used(request: pytest.FixtureRequest, db: Database, open_db: Database) -> Database:
    """Return a project with new or old default grants, after use: an index that is still unused is a finding."""
    database = db if request.param == "closed" else open_db
    use_everything(database)
    return database


def expose(database: Database) -> None:
    """Set the exposed schemas of the Data API, as in supabase/config.toml, where the linter looks for them."""
    with psycopg.connect(database.superuser_url, autocommit=True) as conn:
        conn.execute(
            sql.SQL("alter database {} set pgrst.db_schemas = 'public, graphql_public'").format(
                sql.Identifier(database.name)
            )
        )


def findings(database: Database, home: Path) -> dict[str, Finding]:
    """Return all findings of the linter: message → name of the lint and of the object."""
    expose(database)
    arguments = ("--type", "all", "--level", "info", "--fail-on", "none", "--output-format", "json")
    done = supabase_cli.run("db", "advisors", f"--remote={database.admin_url}", *arguments, home=home)
    assert done.returncode == 0, done.stderr
    output = json.loads(done.stdout)
    assert output["message"] == "db advisors"
    return {
        result["detail"]: (result["name"], f"{result['metadata'].get('schema')}.{result['metadata']['name']}")
        for result in output["results"]
    }


def test_linter_finds_every_planted_fault(db: Database, tmp_path: Path) -> None:
    with db.connect("supabase_admin") as conn:
        for statements in PLANTED:
            conn.execute(statements)
    assert set(PLANTED.values()) - set(findings(db, tmp_path).values()) == set()


def test_linter_finds_nothing_in_the_migrated_database(used: Database, tmp_path: Path) -> None:
    assert findings(used, tmp_path) == {}


def test_linter_checks_the_schema_that_is_not_exposed(db: Database, tmp_path: Path) -> None:
    """No findings mean something only if the linter can see the schema, here with the rights of the administrator."""
    with db.connect() as conn:
        conn.execute("alter function importer.setting(text) reset search_path")
    assert ("function_search_path_mutable", "importer.setting") in findings(db, tmp_path).values()
