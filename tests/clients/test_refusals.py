"""What the Data API refuses arrives with its code, message and hint, whichever server answers."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from tests.clients.base_urls import User
from tests.clients.client_stack import ClientStack

ACLS = """
select c.oid::regclass::text as name, c.relacl::text, array_agg(a.attacl::text order by a.attnum) as columns
from pg_class as c join pg_attribute as a on a.attrelid = c.oid
where c.relnamespace::regnamespace::text in ('public', 'importer', 'auth', 'storage') and c.relkind in ('r', 'v', 'S')
group by c.oid, c.relacl order by 1
"""


@pytest.fixture
def user(client_stack: ClientStack, url: str) -> User:
    return User(client_stack, url)


def refused(response: httpx.Response, status: int, code: str) -> dict[str, object]:
    """Check status and code of an error, and return its body."""
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert set(body) == {"code", "message", "hint", "details"}
    assert body["message"]
    return body


def test_unknown_option(user: User) -> None:
    body = refused(user.insert(object_path=user.upload(b"email\n"), options={"delimeter": ";"}), 400, "IJ102")
    assert "delimeter" in str(body["message"])
    assert str(body["hint"]).endswith(".")


def test_path_of_another_user(user: User) -> None:
    body = refused(user.insert(object_path=f"{uuid4()}/people.csv"), 400, "IJ602")
    assert str(body["hint"]).endswith(".")


def test_job_of_another_user(user: User, client_stack: ClientStack, url: str) -> None:
    theirs = User(client_stack, url).job()
    body = refused(user.call("cancel_import_job", id=theirs), 400, "IJ108")
    assert body["message"] == "the job does not exist"
    assert body["hint"] == "Check the id, and that the job belongs to you."
    assert user.http.get("/rest/v1/import_jobs", params={"id": f"eq.{theirs}"}).json() == []


def test_state_is_not_a_clients_to_write(user: User) -> None:
    refused(user.insert(object_path=user.upload(b"email\n"), rows_loaded=1), 403, "42501")


def test_anon_reads_no_jobs(client_stack: ClientStack, url: str) -> None:
    key = client_stack.env["SUPABASE_PUBLISHABLE_KEY"]
    response = httpx.get(f"{url}/rest/v1/import_jobs", headers={"apikey": key, "authorization": f"Bearer {key}"})
    refused(response, 401, "42501")


def test_no_server_changes_the_grants(client_stack: ClientStack, urls: dict[str, str]) -> None:
    before = client_stack.sql(ACLS)
    for base in urls.values():
        user = User(client_stack, base)
        user.job()
        user.call("cancel_import_job", id=str(uuid4()))
    assert client_stack.sql(ACLS) == before
