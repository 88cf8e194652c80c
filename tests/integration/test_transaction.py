"""The transactions in which a job's rows are written: kept or taken back as a whole, with settings of their own."""

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
    """What ends a thread without being an error."""


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


def test_rows_are_kept_at_the_end(conn: psycopg.Connection) -> None:
    with loading(conn, JOB, 45):
        conn.execute("insert into public.kept values (1)")
    assert numbers(conn) == [1]


def test_rows_that_are_not_to_be_kept_are_taken_back(conn: psycopg.Connection) -> None:
    with loading(conn, JOB, 45, keep=False):
        conn.execute("insert into public.kept values (1)")
    assert numbers(conn) == []


@pytest.mark.parametrize("reason", [ValueError, Interrupted, KeyboardInterrupt])
def test_whatever_ends_the_block_takes_them_back(conn: psycopg.Connection, reason: type[BaseException]) -> None:
    def end() -> None:
        raise reason

    with pytest.raises(reason):
        within(conn, "insert into public.kept values (1)", then=end)
    assert numbers(conn) == []


def test_a_savepoint_in_it_takes_back_no_more_than_its_own(conn: psycopg.Connection) -> None:
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


def test_constraints_are_not_left_to_the_commit(conn: psycopg.Connection) -> None:
    conn.execute("alter table public.kept add unique (n) deferrable initially deferred")
    reached: list[bool] = []
    with pytest.raises(psycopg.errors.UniqueViolation):
        within(conn, "insert into public.kept values (1), (1)", then=lambda: reached.append(True))
    assert (reached, numbers(conn)) == ([], [])


def test_a_session_that_is_ended_tells_so_and_leaves_nothing(conn: psycopg.Connection, db: Database) -> None:
    def end() -> None:
        with connect(db.admin_url) as other:
            other.execute("select pg_terminate_backend(%s, 5000)", (conn.info.backend_pid,))
        conn.execute("select 1")

    with pytest.raises(psycopg.errors.AdminShutdown):
        within(conn, "insert into public.kept values (1)", then=end)
    assert conn.broken
    with connect(db.admin_url) as other:
        assert numbers(other) == []
