"""supabase-py as a signed-up user: the same journey as that of supabase-js, and two tenants apart."""

from __future__ import annotations

import time
from typing import Any

import pytest
from postgrest.exceptions import APIError
from supabase_auth.errors import AuthApiError

from supabase import Client, create_client
from tests.clients.client_stack import ClientStack
from tests.waiting import DEADLINE

PASSWORD = "correct horse battery"
# supabase-py passes them to its own packages.
pytestmark = pytest.mark.filterwarnings("ignore:The '(verify|timeout)' parameter is deprecated:DeprecationWarning")


@pytest.fixture
def user(client_stack: ClientStack) -> Client:
    """A signed-up user."""
    return sign_up(client_stack)


def sign_up(stack: ClientStack) -> Client:
    client = create_client(stack.env["SUPABASE_URL"], stack.env["SUPABASE_PUBLISHABLE_KEY"])
    done = client.auth.sign_up({"email": stack.email(), "password": PASSWORD})
    assert done.session is not None
    return client


def user_id(client: Client) -> str:
    found = client.auth.get_user()
    assert found is not None
    return found.user.id


def imported(client: Client, content: bytes) -> dict[str, Any]:
    """Upload and import a file, and return the finished job."""
    path = f"{user_id(client)}/people.csv"
    client.storage.from_("imports").upload(path, content, {"content-type": "text/csv", "upsert": "true"})
    job = client.table("import_jobs").insert({"object_path": path, "target": "people"}).execute().data[0]
    end = time.monotonic() + DEADLINE
    while job["status"] in ("pending", "running") and time.monotonic() < end:
        time.sleep(0.05)
        job = client.table("import_jobs").select("*").eq("id", job["id"]).single().execute().data
    return job


def test_user_imports_and_signs_out(user: Client) -> None:
    email = f"{user_id(user)}@example.com"
    job = imported(user, f"email,name\n{email},Ada\n".encode())
    assert job["status"] == "completed", job
    assert user.table("people").select("email,name").execute().data == [{"email": email, "name": "Ada"}]
    session = user.auth.refresh_session().session
    assert session is not None
    user.auth.sign_out()
    with pytest.raises(AuthApiError) as refused:
        user.auth.refresh_session(session.refresh_token)
    assert refused.value.code == "refresh_token_not_found"


def test_two_tenants_are_apart(user: Client, client_stack: ClientStack) -> None:
    theirs = sign_up(client_stack)
    email = f"{user_id(theirs)}@example.com"
    job = imported(theirs, f"email,name\n{email},Theirs\n".encode())
    assert user.table("import_jobs").select("id").eq("id", job["id"]).execute().data == []
    assert user.table("people").select("email").eq("email", email).execute().data == []
    with pytest.raises(APIError) as refused:
        user.rpc("cancel_import_job", {"id": job["id"]}).execute()
    assert (refused.value.code, refused.value.message) == ("IJ108", "the job does not exist")
    assert refused.value.hint == "Check the id, and that the job belongs to you."


def test_secret_key_sees_every_job(user: Client, client_stack: ClientStack) -> None:
    job = imported(user, b"email,name\n")
    service = create_client(client_stack.env["SUPABASE_URL"], client_stack.env["SUPABASE_SECRET_KEY"])
    assert len(service.table("import_jobs").select("id").eq("id", job["id"]).execute().data) == 1
