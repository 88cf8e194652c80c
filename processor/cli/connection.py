"""The commands' connections to the database, with errors that are reported in one line."""

from collections.abc import Generator
from contextlib import contextmanager

import psycopg

from processor.database.sqlstates import user_error


@contextmanager
def connected(database_url: str) -> Generator[psycopg.Connection]:
    """Connect in autocommit mode.

    Raises: UserError when connecting fails, or a statement of the block.
    """
    with database_errors(), psycopg.connect(database_url, autocommit=True, connect_timeout=10) as conn:
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
