"""importer.may_import_into: who may import, checked at the insert (check_owner) and in the run (check_admission)."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.integration.queue_harness import OWNER, Queue, raises

IN_TEAM = "claims -> 'app_metadata' ->> 'team' = '7'"
MEMBERS = "exists (select from app.members where member = (claims ->> 'sub')::uuid)"


@pytest.fixture
def people(queue: Queue) -> Queue:
    queue.admin.execute(
        "create schema app; create table app.people (name text); create table app.members (member uuid)"
    )
    queue.admin.execute("select importer.register_target('app.people')")
    return queue


def allow(queue: Queue, **columns: object) -> None:
    for name, value in columns.items():
        queue.admin.execute(f"update public.import_targets set {name} = %s", [value])


def insert(queue: Queue, target: str = "people", **claims: object) -> UUID:
    with queue.db.connect("authenticated", {"sub": str(OWNER), **claims}) as conn:
        statement = "insert into public.import_jobs (object_path, target) values (%s, %s) returning id"
        return conn.execute(statement, [f"{OWNER}/a", target]).fetchone()[0]


def admit(queue: Queue, job: UUID) -> None:
    queue.claim(10)
    token = queue.value("select token from importer.job_leases where job_id = %s", job)
    queue.processor.execute("select importer.check_admission(%s, %s)", [job, token])


def test_signed_in_users_may_import_by_default(people: Queue) -> None:
    admit(people, insert(people))


@pytest.mark.parametrize("roles", [[], ["manager"], ["service_role", "anon"]])
@pytest.mark.parametrize("target", ["people", "app.people"])
def test_role_that_is_not_listed_may_not_insert(people: Queue, target: str, roles: list[str]) -> None:
    allow(people, allowed_roles=roles)
    with raises("IJ601"):
        insert(people, target)
    assert people.value("select count(*) from public.import_jobs") == 0


@pytest.mark.parametrize(
    ("team", "may"), [({"team": 7}, True), ({"team": "7"}, True), ({"team": 8}, False), ({}, False), (None, False)]
)
def test_condition_decides_at_the_insert(people: Queue, team: dict[str, Any] | None, may: bool) -> None:
    allow(people, allowed_when=IN_TEAM, claims=["app_metadata"])
    claims = {} if team is None else {"app_metadata": team}
    if may:
        admit(people, insert(people, **claims))
    else:
        with raises("IJ601"):
            insert(people, **claims)


def test_condition_sees_only_claims_that_the_target_lists(people: Queue) -> None:
    allow(people, allowed_when=IN_TEAM)
    with raises("IJ601"):
        insert(people, app_metadata={"team": 7})


def test_condition_may_read_a_table_that_the_user_may_not_read(people: Queue) -> None:
    allow(people, allowed_when=MEMBERS)
    with raises("IJ601"):
        insert(people)
    people.admin.execute("insert into app.members values (%s)", [OWNER])
    insert(people)


def test_condition_that_raises_an_error_raises_ij113(people: Queue) -> None:
    allow(people, allowed_when=MEMBERS)
    people.admin.execute("drop table app.members")
    with raises("IJ113"):
        insert(people)


def test_condition_that_is_null_counts_as_false(people: Queue) -> None:
    allow(people, allowed_when="null")
    with raises("IJ601"):
        insert(people)


@pytest.mark.parametrize("owner", [None, OWNER])
def test_condition_applies_to_the_owner_not_to_the_service(people: Queue, owner: UUID | None) -> None:
    allow(people, allowed_when=IN_TEAM)
    if owner is None:
        people.insert()
    else:
        with raises("IJ601"):
            people.insert(created_by=owner)


@pytest.mark.parametrize("change", [{"allowed_roles": []}, {"allowed_when": "false"}])
def test_job_is_checked_again_when_it_runs(people: Queue, change: dict[str, object]) -> None:
    job = insert(people)
    allow(people, **change)
    with raises("IJ601"):
        admit(people, job)


def test_job_older_than_its_target_is_checked_when_it_runs(people: Queue) -> None:
    job = insert(people, "cities")
    admit(people, job)
    people.admin.execute("create table app.cities (name text); select importer.register_target('app.cities')")
    allow(people, allowed_roles=["manager"])
    with raises("IJ601"):
        admit(people, job)


def test_running_job_is_checked_with_the_claims_of_its_insert(people: Queue) -> None:
    allow(people, allowed_when=IN_TEAM, claims=["app_metadata"])
    job = insert(people, app_metadata={"team": 7})
    admit(people, job)
    allow(people, allowed_when="claims -> 'app_metadata' ->> 'team' = '8'")
    with raises("IJ601"):
        admit(people, job)


def test_job_without_an_owner_is_admitted(people: Queue) -> None:
    job = people.insert()
    allow(people, allowed_roles=[], allowed_when="false")
    admit(people, job)


def test_user_sees_the_targets_of_its_role_only(people: Queue) -> None:
    def seen(conn: psycopg.Connection) -> int:
        return conn.execute("select count(name) from public.import_targets").fetchone()[0]

    with people.user() as conn:
        assert seen(conn) == 1
        allow(people, allowed_roles=["manager"])
        assert seen(conn) == 0
