"""importer.current_identity: which role and claims of its owner a job keeps."""

from typing import Any

import psycopg
import pytest

from tests.integration.queue_harness import OTHER, OWNER, Queue

CLAIMS = {
    "sub": str(OWNER),
    "aal": "aal2",
    "is_anonymous": False,
    "app_metadata": {"team": 7},
    "user_metadata": {"theme": "dark"},
    "session_id": "s",
    "exp": 1,
}
KEPT = {"sub": str(OWNER), "role": "authenticated", "aal": "aal2", "is_anonymous": False}


@pytest.fixture
def people(queue: Queue) -> Queue:
    queue.admin.execute("create schema app; create table app.people (name text)")
    queue.admin.execute("select importer.register_target('app.people')")
    return queue


def lists(queue: Queue, *claims: str) -> None:
    queue.admin.execute("update public.import_targets set claims = %s", [list(claims)])


def kept(queue: Queue) -> tuple[str, dict[str, Any]] | None:
    """Return the role and the claims of the only job."""
    return queue.admin.execute("select role, claims from importer.job_identities").fetchone()


def insert(conn: psycopg.Connection, target: str = "people") -> None:
    conn.execute("insert into public.import_jobs (object_path, target) values (%s, %s)", [f"{OWNER}/a", target])


def test_job_keeps_the_owners_id_and_assurance_level(people: Queue) -> None:
    with people.db.connect("authenticated", CLAIMS) as conn:
        insert(conn)
    assert kept(people) == ("authenticated", KEPT)


@pytest.mark.parametrize("target", ["people", "app.people"])
def test_job_keeps_the_claims_that_the_target_lists(people: Queue, target: str) -> None:
    lists(people, "app_metadata", "not there")
    with people.db.connect("authenticated", CLAIMS) as conn:
        insert(conn, target)
    assert kept(people) == ("authenticated", {**KEPT, "app_metadata": {"team": 7}})


def test_listing_sub_and_role_changes_neither(people: Queue) -> None:
    lists(people, "sub", "role")
    with people.db.connect("authenticated", {**CLAIMS, "role": "service_role"}) as conn:
        insert(conn)
    assert kept(people) == ("authenticated", KEPT)


def test_job_without_a_registered_target_keeps_no_listed_claims(people: Queue) -> None:
    with people.db.connect("authenticated", CLAIMS) as conn:
        insert(conn, "nothing")
    assert kept(people) == ("authenticated", KEPT)


def test_claims_are_those_of_the_insert(people: Queue) -> None:
    with people.db.connect("authenticated", CLAIMS) as conn:
        insert(conn)
    lists(people, "app_metadata")
    assert people.claim()[0].value["claims"] == KEPT


@pytest.mark.parametrize("role", ["service_role", "postgres", "supabase_admin"])
def test_job_inserted_for_a_user_has_no_claims_of_the_inserter(people: Queue, role: str) -> None:
    """The claims of the service are not those of the owner."""
    lists(people, "app_metadata")
    statement = "insert into public.import_jobs (object_path, target, created_by) values (%s, 'people', %s)"
    claims = {"sub": str(OTHER), "aal": "aal2", "app_metadata": {"team": 1}}
    with people.db.connect(role, claims) as conn:
        conn.execute(statement, [f"{OTHER}/a", OWNER])
    assert kept(people) == ("authenticated", {"sub": str(OWNER), "role": "authenticated"})


def test_administrator_with_the_claims_of_a_user_counts_as_the_user(people: Queue) -> None:
    with people.db.connect("supabase_admin", {**CLAIMS, "role": "authenticated"}) as conn:
        insert(conn)
    assert kept(people) == ("authenticated", KEPT)


def test_custom_role_is_kept(people: Queue) -> None:
    """The role in effect counts, not the role in the claims."""
    with people.db.connect("supabase_admin") as superuser, superuser.transaction(force_rollback=True):
        superuser.execute("create role manager nologin in role authenticated")
        superuser.execute("update public.import_targets set allowed_roles = '{manager}'")
        superuser.execute("set local role manager")
        superuser.execute("select set_config('request.jwt.claims', %s, true)", [f'{{"sub": "{OWNER}"}}'])
        insert(superuser)
        superuser.execute("reset role")
        identity = superuser.execute("select role, claims ->> 'role' from importer.job_identities").fetchone()
    assert identity == ("manager", "manager")


@pytest.mark.parametrize("role", ["service_role", "postgres"])
def test_job_without_an_owner_has_no_identity(people: Queue, role: str) -> None:
    with people.db.connect(role) as conn:
        insert(conn)
    assert kept(people) is None
    value = people.claim()[0].value
    assert (value["owner"], value["role"], value["claims"]) == (None, None, None)


def test_identity_goes_with_the_job(people: Queue) -> None:
    with people.db.connect("authenticated", CLAIMS) as conn:
        insert(conn)
    people.admin.execute("delete from public.import_jobs")
    assert kept(people) is None
