"""A real Postgres for every test that asks for one: a cluster per worker, a database per test."""

from __future__ import annotations

import itertools
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psycopg
import pytest
from psycopg import sql

from processor.database import migrate
from processor.local import floor, postgres_installation
from processor.local.ports import free_port
from processor.local.postgres import SUPERUSER, PostgresServer

# A clone takes 40 ms; the floor and the migrations take ten times that, once for each kind.
PASSWORDS = {role: f"{role}-password" for role in (*floor.LOGINS, floor.PROCESSOR, SUPERUSER)}
Kind = Literal["floor", "closed", "open"]
_API_ROLES = ("anon", "authenticated", "service_role")
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """A fresh database with the floor and all migrations; what its roles do is the test's own."""

    server: PostgresServer
    name: str

    def url(self, role: str) -> str:
        """The connection string of a role that can log in."""
        return self.server.url(role, PASSWORDS[role], self.name)

    @property
    def admin_url(self) -> str:
        """As `postgres`, who is not a superuser, as on Supabase."""
        return self.url("postgres")

    @property
    def superuser_url(self) -> str:
        return self.url(SUPERUSER)

    @property
    def processor_url(self) -> str:
        return self.url(floor.PROCESSOR)

    def connect(self, role: str = "postgres", claims: Mapping[str, object] | None = None) -> psycopg.Connection:
        """Connect in autocommit as `role`; an API role is entered as PostgREST enters it, with `claims`."""
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
    """The server of one test worker, and its templates."""

    server: PostgresServer
    templates: dict[Kind, str] = field(default_factory=dict)

    def execute(self, command: str, *names: str) -> None:
        with psycopg.connect(self.server.url(), autocommit=True) as conn:
            conn.execute(sql.SQL(command).format(*map(sql.Identifier, names)))

    def template(self, kind: Kind) -> str:
        if kind not in self.templates:
            name = f"template_{kind}"
            self.execute("drop database if exists {}", name)  # of a template that failed
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
            floor.after_migrate(conn, PASSWORDS[floor.PROCESSOR])

    def clone(self, kind: Kind) -> Iterator[Database]:
        name = f"test_{next(_numbers)}"
        self.execute("create database {} template {} owner postgres", name, self.template(kind))
        yield Database(self.server, name)
        self.execute("drop database {} with (force)", name)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running server of the major version in IMPORT_JOBS_TEST_POSTGRES (default 17)."""
    major = int(os.environ.get("IMPORT_JOBS_TEST_POSTGRES", str(postgres_installation.DEFAULT_MAJOR)))
    with tempfile.TemporaryDirectory(prefix="import-jobs-test-") as folder:
        Path(folder).chmod(0o711)  # lets the server's account through when root runs the tests
        server = PostgresServer(
            Path(folder) / "postgres",
            postgres_installation.find(major),
            free_port(),
            PASSWORDS[SUPERUSER],
            # A crash of Postgres alone loses nothing without fsync; only one of the machine would.
            {"fsync": "off", "full_page_writes": "off"},
        )
        server.create()
        server.start()
        try:
            yield Cluster(server)
        finally:
            server.destroy()


@pytest.fixture
def db(cluster: Cluster) -> Iterator[Database]:
    """A database where new tables get no grants, as in projects made since October 2026."""
    yield from cluster.clone("closed")


@pytest.fixture
def open_db(cluster: Cluster) -> Iterator[Database]:
    """A database where the API's roles get everything on new tables, as in older projects."""
    yield from cluster.clone("open")


@pytest.fixture
def floor_db(cluster: Cluster) -> Iterator[Database]:
    """A database with the floor alone, before any migration."""
    yield from cluster.clone("floor")
