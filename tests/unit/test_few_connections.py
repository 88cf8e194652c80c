"""How many jobs a processor runs at once by default, by the number of the server's connections."""

from __future__ import annotations

import pytest

from processor.cli.few_connections import SHARE, connections_of, fitted
from processor.config import from_environment

ENVIRONMENT = {
    "DATABASE_URL": "postgresql://",
    "SUPABASE_URL": "http://127.0.0.1",
    "SUPABASE_SECRET_KEY": "sb_secret_x",
}


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (15, (1, 1)),
        (53, (1, 1)),
        (54, (2, 1)),
        (60, (2, 1)),  # a hosted project of the smallest sizes
        (65, (2, 1)),
        (66, (2, 2)),
        (77, (2, 2)),
        (78, (4, 2)),
        (100, (4, 2)),  # Postgres's own default
        (5000, (4, 2)),
    ],
)
def test_few_connections_make_few_jobs(server: int, expected: tuple[int, int]) -> None:
    config = fitted(from_environment(ENVIRONMENT), server)
    assert (config.max_jobs, config.connections) == expected
    assert expected == (1, 1) or connections_of(config) * SHARE <= server


@pytest.mark.parametrize("name", ["IMPORT_JOBS_MAX_JOBS", "IMPORT_JOBS_CONNECTIONS"])
def test_what_is_given_stays(name: str) -> None:
    config = from_environment({**ENVIRONMENT, name: "3"})
    assert fitted(config, 20) == config
    assert 3 in (config.max_jobs, config.connections)


def test_everything_else_stays() -> None:
    config = from_environment({**ENVIRONMENT, "IMPORT_JOBS_LEASE_SECONDS": "20", "IMPORT_JOBS_PORT": "9"})
    smaller = fitted(config, 60)
    assert (smaller.lease_seconds, smaller.port, smaller.database_url) == (20, 9, config.database_url)
