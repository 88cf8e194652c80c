"""Runs transactions with the caller's role and claims, so that the policies of the database apply."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from processor.database.connection import check
from processor.local.storage_api.callers import SERVICE, Caller
from processor.local.storage_api.errors import (
    StorageError,
    access_denied,
    already_exists,
    database_timeout,
)

DictConnection = psycopg.Connection[DictRow]

# The settings of the real server. storage.allow_delete_query disables the trigger that prevents deletes by SQL.
_SET_SCOPE = """
select
  set_config('role', %(role)s, true),
  set_config('request.jwt.claim.role', %(role)s, true),
  set_config('request.jwt.claim.sub', %(sub)s, true),
  set_config('request.jwt.claims', %(claims)s, true),
  set_config('request.method', %(method)s, true),
  set_config('request.path', %(path)s, true),
  set_config('storage.operation', %(operation)s, true),
  set_config('storage.allow_delete_query', 'true', true)
"""

# The time for which the real server waits for a connection before it answers 544.
_CONNECT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Scope:
    """The caller and the request for which a transaction runs."""

    caller: Caller
    operation: str
    method: str
    path: str

    def as_service(self) -> Scope:
        """Return the scope with the service role, for statements that the real server runs with the service key."""
        return Scope(SERVICE, self.operation, self.method, self.path)


class Database:
    """A connection pool that survives restarts of Postgres."""

    def __init__(self, conninfo: str) -> None:
        # With a short reconnect_timeout the pool gives up early and reconnects at the next request. With a long one
        # it would wait for a back-off that doubles without limit.
        self._pool = ConnectionPool[DictConnection](
            conninfo,
            connection_class=psycopg.Connection[DictRow],
            kwargs={
                "row_factory": dict_row,
                "application_name": "storage_api",
                "connect_timeout": 3,
                "prepare_threshold": None,  # a migration may change the columns of a prepared `select *`
            },
            check=check,
            min_size=1,
            max_size=10,
            timeout=_CONNECT_SECONDS,
            reconnect_timeout=_CONNECT_SECONDS,
            open=False,
        )

    def open(self) -> None:
        """Start connecting without waiting for a connection."""
        self._pool.open(wait=False)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    @contextmanager
    def transaction(self, scope: Scope) -> Generator[DictConnection]:
        """Run a transaction as the caller of the scope.

        Raises: StorageError when Postgres reports an error or no connection is available.
        """
        settings = {
            "role": scope.caller.role,
            "sub": scope.caller.owner or "",
            "claims": json.dumps(dict(scope.caller.claims)),
            "method": scope.method,
            "path": scope.path,
            "operation": scope.operation,
        }
        try:
            with self._pool.connection() as connection:
                connection.execute(_SET_SCOPE, settings)
                yield connection
        except (PoolTimeout, PoolClosed) as error:
            raise database_timeout() from error
        except (psycopg.Error, UnicodeEncodeError) as error:
            raise _translated(error) from error

    @contextmanager
    def rolled_back_transaction(self, scope: Scope) -> Generator[DictConnection]:
        """Run a transaction that is always rolled back, to test whether the policies allow its statements."""
        with self.transaction(scope) as connection, connection.transaction(force_rollback=True):
            yield connection


def _denied(message: str) -> StorageError:
    by_policy = "row-level security" in message
    return access_denied("new row violates row-level security policy" if by_policy else message)


def _too_many(_message: str) -> StorageError:
    text = "Too many connections issued to the database"
    return StorageError(429, "too_many_connections", text, http_status=429)


def _invalid(message: str) -> StorageError:
    return StorageError(400, "InvalidParameter", message)


_ERRORS: dict[str, Callable[[str], StorageError]] = {
    "42501": _denied,
    "23505": lambda _: already_exists(),
    "23503": lambda _: StorageError(404, "InvalidRequest", "The related resource does not exist"),
    "22P02": _invalid,
    "22P05": _invalid,
    "22021": _invalid,
    "22003": _invalid,
    "22023": _invalid,
    "53300": _too_many,
    "57014": lambda _: database_timeout(),
}


def _translated(error: psycopg.Error | UnicodeEncodeError) -> StorageError:
    # Without an SQLSTATE, psycopg itself has refused the text: it has the character zero, or half of a surrogate pair.
    if isinstance(error, UnicodeEncodeError) or (isinstance(error, psycopg.DataError) and error.sqlstate is None):
        return _invalid("The request has a character that no text can have")
    message = error.diag.message_primary or str(error)
    code = error.sqlstate
    if code is None:  # the connection broke
        return StorageError(500, "Internal", "Internal Server Error")
    if make_error := _ERRORS.get(code):
        return make_error(message)
    return StorageError(500, "DatabaseError", f"database error, code: {code}")
