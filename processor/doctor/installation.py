"""What is examined: the database, Storage and the processor that the settings name, and what was seen so far."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg

from processor import config
from processor.config import BadEnvironment, Config
from processor.database.connection import SETTINGS

#: How long to wait for a connection, in seconds.
CONNECT_SECONDS = 5
#: What any statement may take: a locked table must not stop the examination.
BOUND = "set local statement_timeout = '5s'"


@dataclass(slots=True)
class Installation:
    """An installation. `settings` is None, and `bad_setting` says why, where a variable is missing or wrong.

    `clock` returns the time of this machine in seconds since 1970. `seen` is what checks share.
    """

    database_url: str = field(repr=False)
    settings: Config | None
    bad_setting: BadEnvironment | None = None
    clock: Callable[[], float] = time.time
    seen: dict[str, Any] = field(default_factory=dict[str, Any])
    _conn: psycopg.Connection | None = field(default=None, repr=False)

    def connection(self) -> psycopg.Connection:
        """Return the connection that the checks share, in autocommit mode.

        Raises: psycopg.Error.
        """
        if self._conn is None or self._conn.closed:
            self._conn = connect(self.database_url)
        return self._conn

    @contextmanager
    def bounded(self) -> Generator[psycopg.Connection]:
        """Open a transaction whose statements are ended after 5 s; the setting ends with it, also behind a pooler.

        Raises: psycopg.Error.
        """
        conn = self.connection()
        with conn.transaction():
            conn.execute(BOUND)
            yield conn

    def close(self) -> None:
        """Close the connection."""
        if self._conn is not None:
            with suppress(psycopg.Error):
                self._conn.close()


def connect(database_url: str) -> psycopg.Connection:
    """Open a connection in autocommit mode.

    Raises: psycopg.Error.
    """
    own: dict[str, Any] = {**SETTINGS, "connect_timeout": CONNECT_SECONDS, "application_name": "import-jobs doctor"}
    return psycopg.connect(database_url, **own)


def from_environment() -> Installation:
    """Return the installation that the environment names.

    Raises: BadEnvironment when it names no database.
    """
    environ = config.environment()
    database_url = config.database_url(environ)
    try:
        return Installation(database_url, config.from_environment(environ))
    except BadEnvironment as exc:
        return Installation(database_url, None, exc)
