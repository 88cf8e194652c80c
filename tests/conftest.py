"""A real Postgres for every test that asks for one: a cluster per worker and cloned databases."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import psycopg
import pytest
from psycopg import sql

from processor.database import migrate
from processor.local import floor, postgres_installation
from processor.local.ports import free_port
from processor.local.postgres import SUPERUSER, PostgresServer
from tests.servers import POSTGRES_MAJOR, server_folder

# The kinds of template databases: with the floor alone, or with the migrations on a floor that grants the API's roles
# nothing ("closed") or everything ("open") on new tables. A template takes 0.35 s, a clone of it 55 ms.
PASSWORDS = {role: f"{role}-password" for role in (*floor.LOGINS, floor.PROCESSOR, floor.UPLOADER, SUPERUSER)}
Kind = Literal["floor", "closed", "open"]
_API_ROLES = ("anon", "authenticated", "service_role")
# Without fsync a crash of Postgres loses nothing; only a crash of the machine would.
SETTINGS = {"fsync": "off", "full_page_writes": "off"}
if POSTGRES_MAJOR >= 16:
    # A connection takes 3 ms of CPU less than with the default of 4096, and the tests open thousands.
    SETTINGS["scram_iterations"] = "1"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """A database of the cluster."""

    server: PostgresServer
    name: str

    def url(self, role: str) -> str:
        """Return the connection string of a role that can log in."""
        return self.server.url(role, PASSWORDS[role], self.name)

    @property
    def admin_url(self) -> str:
        """The connection string of `postgres`, which is not a superuser, as on Supabase."""
        return self.url("postgres")

    @property
    def superuser_url(self) -> str:
        return self.url(SUPERUSER)

    @property
    def processor_url(self) -> str:
        return self.url(floor.PROCESSOR)

    def connect(self, role: str = "postgres", claims: Mapping[str, object] | None = None) -> psycopg.Connection:
        """Connect in autocommit mode as `role`. An API role is set together with `claims`, as PostgREST does it."""
        api = role in _API_ROLES
        conn = psycopg.connect(self.url("authenticator" if api else role), autocommit=True)
        if api:
            conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        if api or claims is not None:
            conn.execute(
                "select set_config('request.jwt.claims', %s, false)",
                [json.dumps({"role": role, **(claims or {})})],
            )
        return conn


@dataclass(slots=True)
class Cluster:
    """The server of one test worker and its template databases."""

    server: PostgresServer
    templates: dict[Kind, str] = field(default_factory=dict)

    def execute(self, command: str, *names: str) -> None:
        with psycopg.connect(self.server.url(), autocommit=True) as conn:
            conn.execute(sql.SQL(command).format(*map(sql.Identifier, names)))

    def template(self, kind: Kind) -> str:
        if kind not in self.templates:
            name = f"template_{kind}"
            self.execute("drop database if exists {}", name)  # left by a template that failed
            self.execute("create database {}", name)
            with psycopg.connect(self.server.url(database=name), autocommit=True) as conn:
                floor.apply(conn, PASSWORDS, "all" if kind == "open" else "none")
            if kind != "floor":
                self.migrate(Database(self.server, name))
            self.templates[kind] = name
        return self.templates[kind]

    def migrate(self, database: Database) -> None:
        migrate.apply(database.admin_url)
        with psycopg.connect(database.superuser_url, autocommit=True) as conn:
            floor.after_migrate(conn, PASSWORDS)

    def clone(self, kind: Kind) -> Iterator[Database]:
        """Yield a copy of a template and drop it afterwards."""
        name = f"test_{next(_numbers)}"
        self.execute("create database {} template {} owner postgres", name, self.template(kind))
        yield Database(self.server, name)
        self.execute("drop database {} with (force)", name)


@contextmanager
def running_cluster(prefix: str) -> Iterator[Cluster]:
    """Run a server of the major version in IMPORT_JOBS_TEST_POSTGRES (default 18) in a temporary folder."""
    with server_folder(prefix) as folder:
        server = PostgresServer(
            folder / "postgres",
            postgres_installation.find(POSTGRES_MAJOR),
            free_port(),
            PASSWORDS[SUPERUSER],
            SETTINGS,
        )
        server.create()
        server.start()
        try:
            yield Cluster(server)
        finally:
            server.destroy()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The server of the tests."""
    with running_cluster("import-jobs-test-") as running:
        yield running


@pytest.fixture
def db(cluster: Cluster) -> Iterator[Database]:
    """A database where new tables get no grants, as in projects created since October 2026."""
    yield from cluster.clone("closed")


@pytest.fixture
def open_db(cluster: Cluster) -> Iterator[Database]:
    """A database where new tables are granted to the API's roles, as in older projects."""
    yield from cluster.clone("open")


@pytest.fixture
def floor_db(cluster: Cluster) -> Iterator[Database]:
    """A database with the floor only, before any migration."""
    yield from cluster.clone("floor")
