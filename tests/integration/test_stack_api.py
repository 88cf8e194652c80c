"""The Data API and Auth as parts of the stack: restarted when they end, and named where they cannot be had."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from processor.local import floor, state
from processor.local.node import installation
from tests.conftest import Database
from tests.integration.stack_command import StackCommand, alive, family
from tests.servers import NO_CERTIFICATES, server_folder

OLDER_AUTH = """
drop schema auth cascade;
create schema auth authorization supabase_auth_admin;
create table auth.users (
  id uuid primary key default gen_random_uuid(), email text unique, created_at timestamptz not null default now()
);
alter table auth.users owner to supabase_auth_admin;
insert into auth.users (email) values ('ada@example.com');
"""


@pytest.fixture
def stack() -> Iterator[StackCommand]:
    with server_folder("import-jobs-api-") as folder:
        yield StackCommand(folder / "stack", options=())


def get(env: dict[str, str], path: str) -> httpx.Response:
    headers = {"apikey": env["SECRET_KEY"]}
    return httpx.get(env["API_URL"] + path, headers=headers, verify=NO_CERTIFICATES, timeout=30)


def test_parts_that_end_are_started_again(stack: StackCommand) -> None:
    with stack.detached("--no-processor") as env:
        everything = family(stack.processes()["supervisor"].pid)
        earlier = stack.processes()
        stack.kill("rest", "auth")
        for name in ("rest", "auth"):
            stack.wait_for_restart(name, earlier[name])
        assert get(env, "/rest/v1/import_jobs?limit=1").status_code == 200
        assert get(env, "/auth/v1/settings").status_code == 200
        everything |= family(stack.processes()["supervisor"].pid)
        assert stack.run("down").returncode == 0
        assert alive(everything) == []


@pytest.mark.nightly
def test_stack_says_what_it_goes_without(stack: StackCommand, tmp_path: Path) -> None:
    """PostgREST on PATH serves the Data API. Auth is missing because npm does not reach a registry."""
    found = installation.find(print).postgrest
    assert found is not None
    (tmp_path / "postgrest").symlink_to(found)
    up = stack.run(
        "up",
        "--detach",
        "--no-processor",
        PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        XDG_CACHE_HOME=str(tmp_path / "cache"),
        npm_config_registry="http://127.0.0.1:9/",
        npm_config_cache=str(tmp_path / "npm"),
    )
    try:
        assert up.returncode == 0, up.stderr
        (line,) = [line for line in up.stdout.splitlines() if line.startswith("The stack runs without")]
        assert line.startswith("The stack runs without Auth: npm cannot install the packages: ")
        assert "ECONNREFUSED" in up.stdout
        assert up.stderr.startswith("installing the npm packages of Auth and the Data API into ")
        env = stack.env()
        assert get(env, "/rest/v1/import_jobs?limit=1").status_code == 200
        refused = get(env, "/auth/v1/settings")
        assert (refused.status_code, refused.json()["message"]) == (503, "the stack runs without Auth")
        assert stack.run("status").returncode == 0
        assert list((tmp_path / "cache" / "import-jobs").glob("node-*/")) == []
    finally:
        stack.down_if_running()


def test_stack_without_the_api_serves_storage_only(stack: StackCommand) -> None:
    with stack.detached("--no-processor", "--no-api") as env:
        assert sorted(stack.processes()) == ["pgnet", "postgres", "storage", "supervisor"]
        assert get(env, "/storage/v1/bucket").status_code == 200
        assert get(env, "/rest/v1/import_jobs").status_code == 503


def test_state_of_an_earlier_version_gets_ports_and_a_key(tmp_path: Path) -> None:
    first = state.load_or_create(tmp_path, 18)
    stored = json.loads((tmp_path / "state.json").read_text())
    for name in ("rest_port", "auth_port", "signing_key"):
        del stored[name]
    (tmp_path / "state.json").write_text(json.dumps(stored))
    kept = state.load_or_create(tmp_path, 18)
    assert (kept.secret_key, kept.storage_port) == (first.secret_key, first.storage_port)
    assert kept.rest_port
    assert kept.auth_port
    assert kept.signing_key["kty"] == "EC"
    assert state.load_or_create(tmp_path, 18) == kept


def test_floor_of_an_earlier_version_gets_the_tables_of_auth(floor_db: Database) -> None:
    with psycopg.connect(floor_db.superuser_url, autocommit=True) as conn:
        tables = (
            "select array_agg(relname::text order by relname) from pg_class where relnamespace = 'auth'::regnamespace"
        )
        fresh = conn.execute(f"{tables} and relkind = 'r'").fetchone()
        conn.execute(OLDER_AUTH)
        floor.upgrade(conn)
        assert conn.execute(f"{tables} and relkind = 'r'").fetchone() == fresh
        row = conn.execute("select email, is_anonymous, encrypted_password from auth.users").fetchone()
        assert row == ("ada@example.com", False, None)
        floor.upgrade(conn)


def test_scripts_are_modules_that_node_accepts() -> None:
    """A script that is not in the list of the installation would be missing at the start."""
    found = installation.find(print)
    names = {path.name for path in Path(installation.__file__).parent.glob("*.mjs")}
    assert names == {path.name for path in found.scripts.iterdir()}
    for name in names:
        checked = subprocess.run([found.node, "--check", found.scripts / name], capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        (None, "there is no Node.js; pip install 'import-jobs[local]' brings it"),
        ("v20.1.0", "Node.js v20.1.0 is older than 22; pip install 'import-jobs[local]' brings one"),
    ],
)
def test_machine_without_a_node_of_today(tmp_path: Path, version: str | None, reason: str) -> None:
    """With -S Python sees no installed packages, so not the one that brings Node.js."""
    for name in ("node", "npm") if version else ():
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-S", "-c", "from processor.local.node import installation; installation.find(print)"],
        env={"PATH": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.splitlines()[-1] == f"processor.local.node.installation.NotInstalled: {reason}"
