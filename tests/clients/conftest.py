"""A stack with all that a client of Supabase asks for, base URLs with either Data API, and callers of import-jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from processor.local import state
from processor.local.postgres import SUPERUSER
from tests.clients.base_urls import lite_url
from tests.clients.client_stack import HERE, ClientStack, install_packages, run_stack
from tests.clients.edge_caller import Caller
from tests.functions.edge_runtime import EdgeRuntime, edge_runtime
from tests.servers import NO_CERTIFICATES, POSTGRES_MAJOR, server_folder, turn_fsync_off
from tests.waiting import until

TARGET = """
create table public.people (email text primary key, name text, owner uuid not null default auth.uid());
alter table public.people enable row level security;
create policy "own rows" on public.people for all to authenticated
using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
grant select, insert, update, delete on public.people to authenticated;
"""
REGISTERED = "select importer.register_target('public.people', owner_column => 'owner')"


@pytest.fixture(scope="session")
def client_stack() -> Iterator[ClientStack]:
    """A stack with everything that a client of Supabase asks for."""
    install_packages(HERE)
    with server_folder("import-jobs-clients-") as parent:
        folder = parent / "stack"
        run_stack("up", "--detach", "--data", str(folder), "--postgres", str(POSTGRES_MAJOR))
        try:
            kept = state.load(folder)
            assert kept is not None
            turn_fsync_off(kept.database_url(SUPERUSER))
            lines = run_stack("env", "--data", str(folder)).splitlines()
            stack = ClientStack(folder, dict(line.removeprefix("export ").split("=", 1) for line in lines))
            stack.sql(TARGET)
            stack.sql(REGISTERED)
            key = {"apikey": stack.env["SECRET_KEY"]}
            people = f"{stack.env['API_URL']}/rest/v1/people"
            until(lambda: httpx.get(people, headers=key, verify=NO_CERTIFICATES).status_code != 404, "the new table")
            yield stack
        finally:
            run_stack("down", "--data", str(folder))


@pytest.fixture(scope="session")
def urls(client_stack: ClientStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The base URLs by what serves their Data API."""
    with lite_url(client_stack, tmp_path_factory.mktemp("lite")) as lite:
        yield {"postgrest": client_stack.env["SUPABASE_URL"], "lite": lite}


@pytest.fixture(params=["postgrest", "lite"], scope="session")
def url(urls: dict[str, str], request: pytest.FixtureRequest) -> str:
    """Each base URL in turn."""
    return urls[request.param]


@pytest.fixture(scope="module")
def runtimes(
    urls: dict[str, str], client_stack: ClientStack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, EdgeRuntime]]:
    """The function on each base URL."""
    folder = tmp_path_factory.mktemp("edge")
    keys = json.dumps({"default": client_stack.env["SUPABASE_PUBLISHABLE_KEY"]})
    with ExitStack() as stack:
        yield {
            url: stack.enter_context(
                edge_runtime(folder / f"{name}.log", "import-jobs", SUPABASE_URL=url, SUPABASE_PUBLISHABLE_KEYS=keys)
            )
            for name, url in urls.items()
        }


@pytest.fixture
def either(client_stack: ClientStack, url: str, runtimes: dict[str, EdgeRuntime]) -> Caller:
    """A user, with either server of the Data API in turn."""
    return Caller(client_stack, url, runtimes[url])


@pytest.fixture
def caller(client_stack: ClientStack, urls: dict[str, str], runtimes: dict[str, EdgeRuntime]) -> Caller:
    """A user, with PostgREST."""
    return Caller(client_stack, urls["postgrest"], runtimes[urls["postgrest"]])
