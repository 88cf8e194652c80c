"""Remembered mappings: what completed imports leave in import_mappings, and what an inspection gets of it."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import OTHER, OWNER, Queue

TARGET = """
create schema app;
create table app.people (id integer, name text, born date);
select importer.register_target('app.people');
"""
DIALECT = {"encoding": "utf-8", "delimiter": ";", "quote": None, "has_header": True, "skip_lines": 2, "how": {}}


@pytest.fixture
def people(queue: Queue) -> Queue:
    queue.admin.execute(TARGET)
    return queue


def imported(queue: Queue, mapping: dict[str, str], ignored: tuple[str, ...] = (), **columns: Any) -> UUID:
    """Complete an import that has used this mapping."""
    dialect = columns.pop("dialect", DIALECT)
    claim = queue.running(**{"created_by": OWNER, **columns})
    queue.open(claim)
    queue.commit(claim)
    queue.admin.execute("update public.import_jobs set dialect = %s where id = %s", [Jsonb(dialect), claim.id])
    headers = [{"header": header, "column": column, "how": "mapping"} for header, column in mapping.items()]
    report = Jsonb({"headers": headers, "ignored_headers": list(ignored)})
    queue.processor.execute("select importer.finish_job(%s, %s, 1, '00', %s)", [claim.id, claim.token, report])
    return claim.id


def proposed(queue: Queue, *headers: str, owner: UUID = OWNER) -> dict[str, Any] | None:
    """Return what an inspection of a file with these headers proposes to its owner."""
    job = queue.insert(created_by=owner, options=Jsonb({"inspect": True}))
    ((value,),) = queue.processor.execute("select importer.claim_inspections('test', 1)").fetchall()
    assert value["id"] == str(job)
    query = "select importer.remembered_mapping(%s, %s, %s)"
    (result,) = queue.processor.execute(query, [job, value["token"], list(headers)]).fetchone()
    return result


def kept(queue: Queue) -> int:
    return queue.value("select count(*) from public.import_mappings")


def test_same_headers_in_any_order_and_spelling(people: Queue) -> None:
    imported(people, {"Key": "id", "Who": "name"}, ("Note",), options=Jsonb({"locale": "pt-BR"}))
    result = proposed(people, " NOTE", "who\u200b", "Key")
    assert result is not None
    assert result["mapping"] == {"Key": "id", "Who": "name"}
    assert result["dialect"] == {"encoding": "utf-8", "delimiter": ";", "quote": "", "skip_lines": 2}
    assert result["locale"] == "pt-BR"
    assert proposed(people, "Key", "Who") is None
    assert proposed(people, "Note", "Who", "Key", owner=OTHER) is None


def test_latest_import_replaces_the_earlier_one(people: Queue) -> None:
    imported(people, {"Key": "id"})
    imported(people, {"Key": "name"})
    assert (kept(people), proposed(people, "Key")["mapping"]) == (1, {"Key": "name"})


def test_columns_that_are_no_longer_listed_are_left_out(people: Queue) -> None:
    imported(people, {"Key": "id", "Who": "name"})
    people.admin.execute("select importer.register_target('app.people', columns => '{name}')")
    assert proposed(people, "Key", "Who")["mapping"] == {"Who": "name"}


def test_target_can_switch_it_off(people: Queue) -> None:
    imported(people, {"Key": "id"})
    people.admin.execute("select importer.register_target('app.people', remember_mappings => false)")
    assert proposed(people, "Key") is None
    imported(people, {"Who": "name"})
    assert kept(people) == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"created_by": None},
        {"options": Jsonb({"dry_run": True})},
        {"dialect": DIALECT | {"has_header": False}},
    ],
    ids=["no owner", "dry run", "no header"],
)
def test_other_jobs_leave_nothing(people: Queue, columns: dict[str, Any]) -> None:
    imported(people, {"Key": "id"}, **columns)
    assert kept(people) == 0


def test_oldest_of_more_than_a_hundred_go(people: Queue) -> None:
    people.admin.execute(
        "insert into public.import_mappings (owner, target, headers_key, headers, mapping, dialect, used_at)"
        " select %s, 'people', n, '{}', '{}', '{}', now() - n * interval '1 day' from generate_series(1, 100) as n",
        [OWNER],
    )
    imported(people, {"Key": "id"})
    assert kept(people) == 100
    assert people.value("select min(used_at) > now() - interval '99.5 days' from public.import_mappings")
    assert proposed(people, "Key") is not None


def test_owners_see_and_delete_their_own(people: Queue) -> None:
    imported(people, {"Key": "id"})
    for user, count in ((OTHER, 0), (OWNER, 1)):
        with people.user(user) as client:
            assert client.execute("select count(*) from public.import_mappings").fetchone() == (count,)
            assert client.execute("delete from public.import_mappings").rowcount == count
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                client.execute("update public.import_mappings set mapping = '{}'")


def test_error_does_not_fail_the_job(people: Queue) -> None:
    people.admin.execute("alter table public.import_mappings add constraint never check (false)")
    job = imported(people, {"Key": "id"})
    assert people.row(job, "status") == "completed"
    people.admin.execute("alter table public.import_mappings drop constraint never")
