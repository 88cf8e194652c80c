"""Settings of the processor's roles that change what statements mean: jobs run as they do without them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from processor.local import state
from processor.local.postgres import SUPERUSER
from tests.acceptance.conftest import Stack
from tests.acceptance.tenants_harness import table

SETTINGS = {
    "array_nulls": "off",
    "row_security": "off",
    "standard_conforming_strings": "off",
    "quote_all_identifiers": "on",
    "default_transaction_isolation": "serializable",
    "datestyle": "German, DMY",
    "exit_on_error": "on",
}
ROLES = ("import_processor", "import_uploader")
END_SESSIONS = "select pg_terminate_backend(pid) from pg_stat_activity where usename = any (%s)"


@pytest.fixture(scope="module")
def set_roles(stack: Stack) -> Iterator[None]:
    """Give the processor's roles the settings, in new sessions; take them back after the tests of this file.

    The processor takes some seconds to connect again, so that is done once.
    """
    with psycopg.connect(state.load(stack.folder).database_url(SUPERUSER), autocommit=True) as superuser:
        known = {name.lower() for (name,) in superuser.execute("select name from pg_settings")} & SETTINGS.keys()

        def change(words: str) -> None:
            for role in ROLES:
                for name in known:
                    superuser.execute(f"alter role {role} {words.format(name, SETTINGS[name])}".encode())
            superuser.execute(END_SESSIONS, [list(ROLES)])

        change("set {} to {}")
        yield
        change("reset {}")


@pytest.mark.usefixtures("set_roles")
@pytest.mark.parametrize("options", [{}, {"atomic": True}])
@pytest.mark.parametrize("owned", [True, False])
def test_settings_of_the_roles_do_not_change_a_job(stack: Stack, options: dict[str, object], owned: bool) -> None:
    name = table(stack, "id integer primary key, user_id uuid default auth.uid(), born date, tags text[]")
    data = b'id,born,tags\n1,2026-02-01,"{a,NULL}"\n1,2026-02-01,{}\n2,x,{}\n3,,{}\n'
    options = {**options, "null_values": ["", "\\N"]}
    job = stack.run_as(uuid4(), data, name, options) if owned else stack.run(data, name, options)
    assert (job["status"], job["error_code"]) == ("completed", None)
    assert (job["rows_loaded"], job["rows_rejected"]) == (2, 2)
    assert stack.rows(name, "id, born::text, tags") == [(1, "2026-02-01", ["a", None]), (3, None, [])]
