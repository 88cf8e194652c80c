"""The image as an engine builds and runs it, against Postgres in a container. Requires a Docker engine.

IMPORT_JOBS_TEST_BASE_IMAGE is another base than that of the Dockerfile, IMPORT_JOBS_TEST_IMAGE another Postgres.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import docker
import psycopg
import pytest
from docker.errors import DockerException
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer

from processor.database import migrate
from processor.local import floor
from processor.local.ports import free_port
from tests.conftest import PASSWORDS
from tests.packaging.dockerfile import ROOT
from tests.servers import SECRET_KEY, StorageFiles, storage_api
from tests.waiting import until

TAG = "import-jobs:tests"
LABEL = "org.opencontainers.image."


def engine() -> docker.DockerClient | None:
    """Return a client of the engine, if there is one."""
    try:
        client = docker.from_env(timeout=1800)
        client.ping()
    except DockerException:
        return None
    return client


pytestmark = [pytest.mark.nightly, pytest.mark.skipif(engine() is None, reason="no Docker engine is available")]


@pytest.fixture(scope="module")
def image() -> docker.models.images.Image:
    """The image. It is built in the network of the host, from which the packages can be had in any case."""
    base = os.environ.get("IMPORT_JOBS_TEST_BASE_IMAGE")
    arguments = {"VERSION": "1.2.3", "REVISION": "abc", **({"BASE_IMAGE": base} if base else {})}
    client = engine()
    assert client is not None
    built, _ = client.images.build(path=str(ROOT), tag=TAG, buildargs=arguments, network_mode="host", rm=True)
    return built


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of a migrated database in a container, without the user."""
    name = os.environ.get("IMPORT_JOBS_TEST_IMAGE", "postgres:17")
    with PostgresContainer(name, username="supabase_admin", password="x", dbname="postgres", driver=None) as container:
        url = container.get_connection_url()
        with psycopg.connect(url, autocommit=True) as conn:
            floor.apply(conn, PASSWORDS, "none")
        address = url.rpartition("@")[2]
        migrate.apply(url_of("postgres", address))
        with psycopg.connect(url, autocommit=True) as conn:
            floor.after_migrate(conn, PASSWORDS)
        yield address


def url_of(role: str, address: str) -> str:
    return f"postgresql://{role}:{PASSWORDS[role]}@{address}"


def test_image_has_labels_a_user_and_a_health_check(image: docker.models.images.Image) -> None:
    config = image.attrs["Config"]
    assert {name: config["Labels"][f"{LABEL}{name}"] for name in ("title", "version", "revision")} == {
        "title": "import-jobs",
        "version": "1.2.3",
        "revision": "abc",
    }
    assert (config["User"], config["Entrypoint"], config["Cmd"]) == ("65532:65532", ["import-jobs"], ["serve"])
    assert config["Healthcheck"]["Test"] == ["CMD", "python", "-m", "processor.health"]
    assert list(config["Volumes"]) == ["/spool"]


def test_container_imports_a_file_on_a_read_only_file_system(image: docker.models.images.Image, database: str) -> None:
    with storage_api(url_of("supabase_storage_admin", database)) as storage:
        container = DockerContainer(image.tags[0]).with_tmpfs_mount("/spool")
        container = container.with_kwargs(read_only=True, network_mode="host", cap_drop=["ALL"])
        variables = {
            "DATABASE_URL": url_of(floor.PROCESSOR, database),
            "IMPORT_JOBS_UPLOADER_DATABASE_URL": url_of(floor.UPLOADER, database),
            "SUPABASE_URL": storage.origin,
            "SUPABASE_SECRET_KEY": SECRET_KEY,
            "PORT": str(free_port()),
        }
        with container.with_envs(**variables), psycopg.connect(url_of("postgres", database), autocommit=True) as conn:
            conn.execute("create table public.people (id bigint primary key, name text not null)")
            conn.execute("select importer.register_target('public.people')")
            path = StorageFiles(storage.origin, SECRET_KEY).upload(
                b"id,name\n1,Ana\nx,Eva\n2,Bruno\n", "service/a/p.csv"
            )
            conn.execute("insert into public.import_jobs (object_path, target) values (%s, 'people')", [path])
            ended = "select status, rows_loaded, rows_rejected from public.import_jobs where finished_at is not null"
            job = until(lambda: conn.execute(ended).fetchone(), container.get_logs, seconds=120)
            assert job == ("completed", 2, 1)
            status, _ = container.exec(["python", "-m", "processor.health"])
            assert status == 0
            written = container.exec(["python", "-c", "open('/opt/import-jobs/x', 'w')"])
            assert b"Read-only file system" in written.output
