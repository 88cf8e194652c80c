"""importer.unregister_target: the processor's grants are revoked together with the target."""

import psycopg
import pytest

from tests.integration.queue_harness import Queue

GRANTED = "select has_any_column_privilege('import_processor', 'app.people', 'insert')"


@pytest.fixture
def admin(queue: Queue) -> psycopg.Connection:
    queue.admin.execute("create schema app; create table app.people (name text, age integer)")
    queue.admin.execute("select importer.register_target('app.people')")
    return queue.admin


def test_unregistering_revokes_the_grants(admin: psycopg.Connection) -> None:
    assert admin.execute("select importer.unregister_target('people')").fetchone() == (True,)
    assert admin.execute(GRANTED).fetchone() == (False,)
    assert admin.execute("select count(*) from public.import_targets").fetchone() == (0,)


def test_unregistering_keeps_grants_that_another_target_needs(admin: psycopg.Connection) -> None:
    admin.execute("select importer.register_target('app.people', 'staff')")
    admin.execute("select importer.unregister_target('people')")
    assert admin.execute(GRANTED).fetchone() == (True,)


def test_unregistering_an_unknown_target_returns_false(admin: psycopg.Connection) -> None:
    assert admin.execute("select importer.unregister_target('nothing')").fetchone() == (False,)


def test_unregistering_succeeds_after_the_table_was_dropped(admin: psycopg.Connection) -> None:
    admin.execute("drop table app.people")
    assert admin.execute("select importer.unregister_target('people')").fetchone() == (True,)
