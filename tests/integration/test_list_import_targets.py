"""public.list_import_targets: what a user may import, with the types of the columns and the size that is accepted."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.integration.queue_harness import OWNER, Queue, raises

LIST = "select * from public.list_import_targets()"
TARGETS = """
create schema app;
create type app.level as enum ('low', 'high');
create table app.people (
  id bigint generated always as identity primary key, name text not null, email text unique,
  level app.level not null default 'low', team text not null, owner uuid, import_job uuid
);
select importer.register_target(
  'app.people', 'people', mode => 'upsert', key_columns => array['email'], owner_column => 'owner',
  provenance_column => 'import_job', undo_days => 7
);
update public.import_targets
set columns = columns || '{"email": {"aliases": ["E-mail"], "required": true}, "team": {"default": "none"}}'
where name = 'people';
insert into public.import_targets (name, mode, columns)
values ('prices', 'none', '{"price": {"position": 2, "type": "numeric(12,2)"}, "code": {"position": 1}}');
"""


@pytest.fixture
def targets(queue: Queue) -> Queue:
    queue.admin.execute(TARGETS)
    return queue


@pytest.fixture
def owner(targets: Queue) -> Iterator[psycopg.Connection]:
    with targets.user() as conn:
        yield conn


def listed(conn: psycopg.Connection) -> list[dict[str, Any]]:
    return conn.cursor(row_factory=dict_row).execute(LIST).fetchall()


def names(conn: psycopg.Connection) -> list[str]:
    return [target["name"] for target in listed(conn)]


def column(name: str, kind: str, *, required: bool = False, **other: list[str]) -> dict[str, Any]:
    return {"name": name, "type": kind, "required": required, "aliases": [], "labels": []} | other


def test_target_has_mode_and_key(owner: psycopg.Connection) -> None:
    people = listed(owner)[0]
    assert [people[name] for name in ("name", "mode", "key_columns")] == ["people", "upsert", ["email"]]


@pytest.mark.parametrize(
    ("mode", "provenance", "days"),
    [
        ("insert", "import_job", 7),
        ("ignore", "import_job", 7),
        ("insert", None, None),
        ("replace", None, 7),
        ("upsert", "import_job", None),
        ("update", "import_job", None),
    ],
)
def test_days_for_an_undo_are_those_of_a_mode_that_can_be_undone(
    targets: Queue, owner: psycopg.Connection, mode: str, provenance: str | None, days: int | None
) -> None:
    update = "update public.import_targets set mode = %s, provenance_column = %s where name = 'people'"
    targets.admin.execute(update, [mode, provenance])
    assert listed(owner)[0]["undo_days"] == days


def test_columns_have_what_the_catalog_and_the_settings_say(owner: psycopg.Connection) -> None:
    assert listed(owner)[0]["columns"] == [
        column("name", "text", required=True),
        column("email", "text", required=True, aliases=["E-mail"]),
        column("level", "app.level", labels=["low", "high"]),
        column("team", "text"),
    ]


def test_target_without_a_table_has_its_declared_columns_in_their_order(owner: psycopg.Connection) -> None:
    assert listed(owner)[1]["columns"] == [column("code", "text"), column("price", "numeric(12,2)")]


@pytest.mark.parametrize("limit", [None, 1000])
def test_size_is_that_of_the_bucket(targets: Queue, owner: psycopg.Connection, limit: int | None) -> None:
    select = "select file_size_limit from storage.buckets where id = 'imports'"
    (before,) = targets.admin.execute(select).fetchone() or (None,)
    update = "update storage.buckets set file_size_limit = %s where id = 'imports'"
    targets.admin.execute(update, [limit])
    try:
        assert {target["max_bytes"] for target in listed(owner)} == {limit}
    finally:
        targets.admin.execute(update, [before])


def test_targets_for_others_are_left_out(targets: Queue, owner: psycopg.Connection) -> None:
    targets.admin.execute("update public.import_targets set allowed_roles = '{staff}' where name = 'prices'")
    targets.admin.execute("update public.import_targets set allowed_when = $$claims ->> 'aal' = 'aal2'$$")
    assert names(owner) == []
    with targets.db.connect("authenticated", {"sub": str(OWNER), "aal": "aal2"}) as conn:
        assert names(conn) == ["people"]


def test_target_whose_condition_fails_leaves_the_others(targets: Queue, owner: psycopg.Connection) -> None:
    condition = "$$(claims ->> 'n')::int > 0$$"
    targets.admin.execute(
        f"update public.import_targets set claims = '{{n}}', allowed_when = {condition} where name = 'people'"
    )
    with targets.db.connect("authenticated", {"sub": str(OWNER), "n": "many"}) as conn:
        assert names(conn) == ["prices"]


def test_service_sees_all_and_anonymous_callers_none(targets: Queue) -> None:
    with targets.db.connect("service_role") as conn:
        assert names(conn) == ["people", "prices"]
    with targets.db.connect("anon") as conn, raises("42501"):
        names(conn)


def test_a_client_without_an_id_sees_what_it_may_import_into(targets: Queue) -> None:
    targets.admin.execute("update public.import_targets set allowed_roles = '{other}' where name = 'people'")
    targets.admin.execute("update public.import_targets set allowed_when = 'false' where name = 'prices'")
    with targets.db.connect() as conn:
        conn.execute("set role authenticated")
        assert conn.execute(LIST).fetchall() == []
        conn.execute("set role service_role")
        assert len(conn.execute(LIST).fetchall()) == 2
