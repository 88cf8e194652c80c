"""What the commands share: variables, connections, and what to say when one of them does not work."""

import os
from collections.abc import Generator
from contextlib import contextmanager

import psycopg

from processor.config import BadEnvironment, required, supabase
from processor.errors import UserError

BARE = ("the database does not have the tables of import-jobs", "run: import-jobs migrate")
TOLD = {
    "42P01": BARE,
    "3F000": BARE,
    "42883": BARE,
}
STACK_HINT = 'set it, or run: eval "$(import-jobs stack env)"'


def variable(name: str) -> str:
    """Return an environment variable.

    Raises: UserError when it is not set.
    """
    try:
        return required(os.environ, name)
    except BadEnvironment as exc:
        raise UserError(str(exc), STACK_HINT) from exc


def storage() -> tuple[str, str]:
    """Return Supabase's URL and key.

    Raises: UserError; it never repeats the key.
    """
    try:
        return supabase(os.environ)
    except BadEnvironment as exc:
        raise UserError(str(exc), STACK_HINT) from exc


@contextmanager
def connected(url: str) -> Generator[psycopg.Connection]:
    """Connect in autocommit mode, and say in one line when that, or a statement, does not work.

    Raises: UserError.
    """
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as conn:
            yield conn
    except psycopg.Error as exc:
        raise database_user_error(exc) from exc


def database_user_error(exc: psycopg.Error) -> UserError:
    """Say what a database error means for the one at the terminal."""
    state = exc.sqlstate
    if isinstance(exc, psycopg.ProgrammingError) and state is None:
        return UserError(
            "DATABASE_URL is not a connection string", "it looks like postgresql://user:password@host:5432/postgres"
        )
    if state is None and "FATAL:" in str(exc):
        # libpq passes the server's words on, and no SQLSTATE.
        told = " ".join(str(exc).rpartition("FATAL:")[2].split())
        return UserError(
            f"the database refused the connection ({told})", "check user, password and database in DATABASE_URL"
        )
    if state is None or state.startswith(("08", "57P")):
        return UserError("the database does not answer", "check DATABASE_URL and that the server runs")
    if state in TOLD:
        return UserError(*TOLD[state])
    if state == "42501":
        return UserError(
            f"the role of DATABASE_URL may not do this ({exc.diag.message_primary})", "use an administrator's"
        )
    notes = "; ".join(getattr(exc, "__notes__", []))
    told = exc.diag.message_primary or type(exc).__name__
    return UserError(f"{told} (SQLSTATE {state}){f' {notes}' if notes else ''}", exc.diag.message_hint or "")
