"""The migrations apply in a container of Postgres. Requires a Docker engine; the image is IMPORT_JOBS_TEST_IMAGE."""

import os

import docker
import psycopg
import pytest
from docker.errors import DockerException
from testcontainers.community.postgres import PostgresContainer

from processor.database import migrate
from processor.local import floor
from tests.conftest import PASSWORDS


def engine_is_available() -> bool:
    try:
        return bool(docker.from_env(timeout=5).ping())
    except DockerException:
        return False


@pytest.mark.skipif(not engine_is_available(), reason="no Docker engine is available")
def test_migrations_apply_in_a_container() -> None:
    image = os.environ.get("IMPORT_JOBS_TEST_IMAGE", "postgres:17")
    with PostgresContainer(image, username="supabase_admin", password="x", dbname="postgres", driver=None) as container:
        url = container.get_connection_url()
        with psycopg.connect(url, autocommit=True) as conn:
            floor.apply(conn, PASSWORDS, "none")
        admin = url.replace("supabase_admin:x@", f"postgres:{PASSWORDS['postgres']}@")
        assert len(migrate.apply(admin)) == len(migrate.migrations())
        assert migrate.apply(admin) == []
