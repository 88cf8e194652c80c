"""What the commands share: variables, connections, and what to say when one of them does not work."""

import os
from collections.abc import Generator
from contextlib import contextmanager

import psycopg

from processor.config import BadEnvironment, required, supabase
from processor.problem import Problem

BARE = ("the database does not have the tables of import-jobs", "run: import-jobs migrate")
TOLD = {
    "42P01": BARE,
    "3F000": BARE,
    "42883": BARE,
}
STACK_HINT = 'set it, or run: eval "$(import-jobs stack env)"'


def variable(name: str) -> str:
    """Return an environment variable.

    Raises: Problem when it is not set.
    """
    try:
        return required(os.environ, name)
    except BadEnvironment as exc:
        raise Problem(str(exc), STACK_HINT) from exc


def storage() -> tuple[str, str]:
    """Return Supabase's URL and key.

    Raises: Problem; it never repeats the key.
    """
    try:
        return supabase(os.environ)
    except BadEnvironment as exc:
        raise Problem(str(exc), STACK_HINT) from exc


@contextmanager
def connected(url: str) -> Generator[psycopg.Connection]:
    """Connect in autocommit mode, and say in one line when that, or a statement, does not work.

    Raises: Problem.
    """
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as conn:
            yield conn
    except psycopg.Error as exc:
        raise database_problem(exc) from exc


def database_problem(exc: psycopg.Error) -> Problem:
    """Say what a database error means for the one at the terminal."""
    state = exc.sqlstate
    if isinstance(exc, psycopg.ProgrammingError) and state is None:
        return Problem(
            "DATABASE_URL is not a connection string", "it looks like postgresql://user:password@host:5432/postgres"
        )
    if state is None and "FATAL:" in str(exc):
        # libpq passes the server's words on, and no SQLSTATE.
        told = " ".join(str(exc).rpartition("FATAL:")[2].split())
        return Problem(
            f"the database refused the connection ({told})", "check user, password and database in DATABASE_URL"
        )
    if state is None or state.startswith(("08", "57P")):
        return Problem("the database does not answer", "check DATABASE_URL and that the server runs")
    if state in TOLD:
        return Problem(*TOLD[state])
    if state == "42501":
        return Problem(
            f"the role of DATABASE_URL may not do this ({exc.diag.message_primary})", "use an administrator's"
        )
    notes = "; ".join(getattr(exc, "__notes__", []))
    told = exc.diag.message_primary or type(exc).__name__
    return Problem(f"{told} (SQLSTATE {state}){f' {notes}' if notes else ''}", exc.diag.message_hint or "")
