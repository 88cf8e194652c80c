"""The commands' connections to the database, with errors that are reported in one line."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.types.datetime import TimestamptzLoader

from processor.database.sqlstates import user_error

SETTINGS: dict[str, Any] = {"autocommit": True, "connect_timeout": 10, "application_name": "import-jobs command"}


class TimeLoader(TimestamptzLoader):
    """Reads times, of which Postgres has two that Python lacks: -infinity and infinity become the first and last."""

    def load(self, data: Buffer) -> datetime:
        """Return a time."""
        text = bytes(data)
        if text in (b"infinity", b"-infinity"):
            return datetime.max.replace(tzinfo=UTC) if text == b"infinity" else datetime.min.replace(tzinfo=UTC)
        return super().load(data)


@contextmanager
def connected(database_url: str) -> Generator[psycopg.Connection]:
    """Connect in autocommit mode.

    Raises: UserError when connecting fails, or a statement of the block.
    """
    with database_errors(), psycopg.connect(database_url, **SETTINGS) as conn:
        conn.adapters.register_loader("timestamptz", TimeLoader)
        yield conn


@contextmanager
def database_errors() -> Generator[None]:
    """Translate the database errors of the block.

    Raises: UserError.
    """
    try:
        yield
    except psycopg.Error as exc:
        raise user_error(exc) from exc
