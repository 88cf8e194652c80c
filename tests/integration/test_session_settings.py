"""A session of the processor has the settings that it depends on, whatever its role and the database are set to."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from processor.database.connection import connect
from tests.conftest import Database

# A harmful value of each setting, and what a session of the processor has instead.
HARMFUL = {
    "array_nulls": ("off", "on"),
    "row_security": ("off", "on"),
    "standard_conforming_strings": ("off", "on"),
    "quote_all_identifiers": ("on", "off"),
    "default_transaction_isolation": ("serializable", "read committed"),
    "DateStyle": ("German, DMY", "ISO, DMY"),
    "restrict_nonsystem_relation_kind": ("view", ""),
    "transaction_timeout": ("1min", "0"),
    "idle_session_timeout": ("1min", "0"),
    "exit_on_error": ("on", "off"),
    "plpgsql.extra_errors": ("all", "none"),
}
# What an administrator may decide for the processor.
LEFT = {"search_path": "extensions", "TimeZone": "America/Recife", "default_transaction_read_only": "on"}


@pytest.fixture
def harmed(db: Database) -> Iterator[Database]:
    """A database in which the processor's role has all harmful settings that this version of Postgres knows."""
    values = {name: harmful for name, (harmful, _) in HARMFUL.items()} | LEFT
    role = sql.SQL("alter role import_processor in database {}").format(sql.Identifier(db.name))
    with psycopg.connect(db.superuser_url, autocommit=True) as superuser:
        superuser.execute("load 'plpgsql'")
        known = {name for (name,) in superuser.execute("select name from pg_settings")}
        for name in known & values.keys():
            superuser.execute(
                role + sql.SQL(" set {} to {}").format(sql.Identifier(*name.split(".")), sql.Literal(values[name]))
            )
        yield db
        superuser.execute(role + sql.SQL(" reset all"))


def settings(conn: psycopg.Connection) -> dict[str, str]:
    """Return those of the settings that this version of Postgres knows, with their values."""
    conn.execute("do 'begin end'")  # loads plpgsql with its settings
    values = {name: conn.execute("select current_setting(%s, true)", [name]).fetchone()[0] for name in HARMFUL}
    return {name: value for name, value in values.items() if value is not None}


def test_harmful_settings_would_be_in_effect(harmed: Database) -> None:
    with psycopg.connect(harmed.processor_url, autocommit=True) as conn:
        found = settings(conn)
    assert "array_nulls" in found
    assert found == {name: HARMFUL[name][0] for name in found}


def test_processor_sets_what_it_depends_on(harmed: Database) -> None:
    with connect(harmed.processor_url) as conn:
        found = settings(conn)
    assert "array_nulls" in found
    assert found == {name: HARMFUL[name][1] for name in found}


def test_processor_leaves_what_an_administrator_decides(harmed: Database) -> None:
    with connect(harmed.processor_url) as conn:
        found = {name: conn.execute("select current_setting(%s)", [name]).fetchone()[0] for name in LEFT}
    assert found == LEFT
