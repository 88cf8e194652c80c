"""One migrated database for all tests of the catalog, which only read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.conftest import Cluster, Database


@pytest.fixture(scope="module", params=["closed", "open"])
def migrated(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A project of either age: a new one grants nothing on new objects by default, an old one everything."""
    with contextmanager(cluster.clone)(request.param) as db:
        yield db


@pytest.fixture(scope="module")
def catalog(migrated: Database) -> Iterator[psycopg.Connection]:
    """The administrator's connection to it."""
    with migrated.connect() as conn:
        yield conn
