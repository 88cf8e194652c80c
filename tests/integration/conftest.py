"""Databases and servers that the tests of a file share. A clone and its drop take 90 ms, emptying a database 5 ms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.conftest import Cluster, Database
from tests.integration.pgnet_harness import Recorder, empty
from tests.integration.queue_harness import EMPTY, Queue
from tests.integration.storage_harness import clear, fill
from tests.integration.uploads_harness import Uploads
from tests.integration.uploads_harness import clear as clear_uploads
from tests.servers import PgnetWorker, StorageApi, storage_api


@pytest.fixture(scope="module")
def shared_queue(cluster: Cluster) -> Iterator[Queue]:
    """The queue of a test file; ask for `queue` instead."""
    with (
        contextmanager(cluster.clone)("closed") as db,
        db.connect() as admin,
        db.connect("import_processor") as processor,
    ):
        yield Queue(db, admin, processor)


@pytest.fixture
def queue(shared_queue: Queue) -> Queue:
    """An empty queue without targets; tables of the test's own go into schema app, so that they are gone after it."""
    shared_queue.admin.execute(EMPTY)
    return shared_queue


@pytest.fixture
def uploads(queue: Queue) -> Uploads:
    """An empty queue whose Storage has no folders and files."""
    clear_uploads(queue)
    return Uploads(queue)


@pytest.fixture(scope="module")
def floor_module_db(cluster: Cluster) -> Iterator[Database]:
    """A database with the floor only, for all tests of a file."""
    with contextmanager(cluster.clone)("floor") as database:
        yield database


@pytest.fixture(scope="session")
def storage_server(cluster: Cluster) -> Iterator[tuple[StorageApi, Database]]:
    """A running Storage API with its database; ask for `storage` instead."""
    with (
        contextmanager(cluster.clone)("floor") as database,
        storage_api(database.url("supabase_storage_admin")) as api,
    ):
        yield api, database


@pytest.fixture(scope="module")
def storage(storage_server: tuple[StorageApi, Database]) -> Iterator[tuple[StorageApi, Database]]:
    """The Storage API with nothing but the private bucket `files`, for all tests of a file."""
    fill(storage_server[1])
    yield storage_server
    clear(*storage_server)


@pytest.fixture
def api(storage: tuple[StorageApi, Database]) -> StorageApi:
    """The Storage API of `storage`."""
    return storage[0]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A running HTTP server that records its requests."""
    with Recorder() as recorder:
        yield recorder


@pytest.fixture(scope="module")
def pgnet_worker(floor_module_db: Database) -> Iterator[PgnetWorker]:
    """A worker of the pg_net stand-in on `floor_module_db`, for all tests of a file."""
    with PgnetWorker(floor_module_db.superuser_url) as worker:
        yield worker


@pytest.fixture
def pgnet(floor_module_db: Database, pgnet_worker: PgnetWorker) -> Iterator[psycopg.Connection]:
    """The administrator's connection to a database whose queue a worker serves; queue and faults are emptied."""
    with floor_module_db.connect() as conn:
        yield conn
    with floor_module_db.connect("supabase_admin") as superuser:
        empty(superuser)
