"""The transactions that write the rows of a job: committed or rolled back as a whole, with their own settings."""

from collections.abc import Callable, Iterator
from uuid import UUID

import psycopg
import pytest

from processor.database.connection import connect
from processor.database.transaction import loading
from tests.conftest import Database

JOB = UUID("00000000-0000-4000-8000-00000000000c")
SETTINGS = """select current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'),
current_setting('application_name')"""


class Interrupted(BaseException):
    """Ends a thread without being an error."""


@pytest.fixture
def conn(db: Database) -> Iterator[psycopg.Connection]:
    with connect(db.admin_url) as conn:
        conn.execute("drop table if exists public.kept; create table public.kept (n integer)")
        yield conn


def within(conn: psycopg.Connection, *statements: str, then: Callable[[], None] = lambda: None) -> None:
    with loading(conn, JOB, 45):
        for statement in statements:
            conn.execute(statement)
        then()


def numbers(conn: psycopg.Connection) -> list[int]:
    return [n for (n,) in conn.execute("select n from public.kept order by n").fetchall()]


def test_rows_are_committed(conn: psycopg.Connection) -> None:
    with loading(conn, JOB, 45):
        conn.execute("insert into public.kept values (1)")
    assert numbers(conn) == [1]


def test_rows_are_rolled_back_without_keep(conn: psycopg.Connection) -> None:
    with loading(conn, JOB, 45, keep=False):
        conn.execute("insert into public.kept values (1)")
    assert numbers(conn) == []


@pytest.mark.parametrize("reason", [ValueError, Interrupted, KeyboardInterrupt])
def test_every_exception_rolls_back(conn: psycopg.Connection, reason: type[BaseException]) -> None:
    def end() -> None:
        raise reason

    with pytest.raises(reason):
        within(conn, "insert into public.kept values (1)", then=end)
    assert numbers(conn) == []


def test_savepoint_rolls_back_only_its_own_rows(conn: psycopg.Connection) -> None:
    def fail() -> None:
        with conn.transaction():
            conn.execute("insert into public.kept values (2)")
            conn.execute("select 'x'::integer")

    with loading(conn, JOB, 45):
        conn.execute("insert into public.kept values (1)")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            fail()
        conn.execute("insert into public.kept values (3)")
    assert numbers(conn) == [1, 3]


def test_settings_end_with_the_transaction(conn: psycopg.Connection) -> None:
    conn.execute("set statement_timeout = '9s'")
    before = conn.execute(SETTINGS).fetchone()
    with loading(conn, JOB, 45):
        assert conn.execute(SETTINGS).fetchone() == ("0", "45s", f"import-jobs {JOB}")
    assert conn.execute(SETTINGS).fetchone() == before


def test_deferred_constraints_are_checked_before_the_commit(conn: psycopg.Connection) -> None:
    conn.execute("alter table public.kept add unique (n) deferrable initially deferred")
    reached: list[bool] = []
    with pytest.raises(psycopg.errors.UniqueViolation):
        within(conn, "insert into public.kept values (1), (1)", then=lambda: reached.append(True))
    assert (reached, numbers(conn)) == ([], [])


def test_terminated_session_raises_and_leaves_no_rows(conn: psycopg.Connection, db: Database) -> None:
    def end() -> None:
        with connect(db.admin_url) as other:
            other.execute("select pg_terminate_backend(%s, 5000)", (conn.info.backend_pid,))
        conn.execute("select 1")

    with pytest.raises(psycopg.errors.AdminShutdown):
        within(conn, "insert into public.kept values (1)", then=end)
    assert conn.broken
    with connect(db.admin_url) as other:
        assert numbers(other) == []
