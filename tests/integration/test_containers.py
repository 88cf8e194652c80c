"""The migrations in a container of Postgres, where a Docker engine is there; the image is IMPORT_JOBS_TEST_IMAGE."""

import os

import docker
import psycopg
import pytest
from docker.errors import DockerException
from testcontainers.community.postgres import PostgresContainer

from processor.database import migrate
from processor.local import floor
from tests.conftest import PASSWORDS


def engine_answers() -> bool:
    try:
        return bool(docker.from_env(timeout=5).ping())
    except DockerException:
        return False


@pytest.mark.skipif(not engine_answers(), reason="there is no Docker engine here")
def test_migrations_apply_in_a_container() -> None:
    image = os.environ.get("IMPORT_JOBS_TEST_IMAGE", "postgres:17")
    with PostgresContainer(image, username="supabase_admin", password="x", dbname="postgres", driver=None) as container:
        url = container.get_connection_url()
        with psycopg.connect(url, autocommit=True) as conn:
            floor.apply(conn, PASSWORDS, "none")
        admin = url.replace("supabase_admin:x@", f"postgres:{PASSWORDS['postgres']}@")
        assert len(migrate.apply(admin)) == len(migrate.migrations())
        assert migrate.apply(admin) == []
