"""A migrated database that all tests of the catalog share, because they only read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.conftest import Cluster, Database


@pytest.fixture(scope="module", params=["closed", "open"])
def migrated(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Database]:
    """Yield a project with new default grants (nothing on new objects) or old ones (everything)."""
    with contextmanager(cluster.clone)(request.param) as db:
        yield db


@pytest.fixture(scope="module")
def catalog(migrated: Database) -> Iterator[psycopg.Connection]:
    """Yield the connection of the administrator."""
    with migrated.connect() as conn:
        yield conn
