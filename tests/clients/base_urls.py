"""Users of a base URL, and a second one where @supabase/lite serves the Data API, as where there is no PostgREST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx

from processor.local import signing_key, state
from processor.local.api import Api
from processor.local.child_process import ChildProcess, answers
from processor.local.node import installation
from processor.local.ports import free_port
from processor.local.python_command import module_command
from processor.local.service import Service
from tests.clients.client_stack import ClientStack
from tests.servers import NO_CERTIFICATES


@contextmanager
def lite_url(stack: ClientStack, logs: Path) -> Iterator[str]:
    """Run Auth and the Data API of @supabase/lite, and a gateway in front of them, until the block ends."""
    kept = state.load(stack.folder)
    assert kept is not None
    ports = {name: free_port() for name in ("storage_port", "auth_port")}
    moved = replace(kept, **ports)
    api = Api(None, installation.find(print))
    env = {
        "STORAGE_DATABASE_URL": moved.database_url("supabase_storage_admin"),
        "STORAGE_ROOT": str(stack.folder / "storage"),
        "STORAGE_PORT": str(moved.storage_port),
        "SUPABASE_JWT_SECRET": moved.jwt_secret,
        "SUPABASE_SECRET_KEY": moved.secret_key,
        "SUPABASE_PUBLISHABLE_KEY": moved.publishable_key,
        "SUPABASE_JWKS": signing_key.jwks(moved.signing_key),
        **api.gateway_variables(moved),
    }
    gateway = Service(
        "storage",
        module_command("processor.local.gateway"),
        env,
        moved.storage_port,
        f"{moved.supabase_url}/health",
    )
    children: list[ChildProcess] = []
    try:
        for service in (*api.services(moved), gateway):
            log = logs / f"{service.name}.log"
            children.append(
                ChildProcess(
                    service.name, service.command, service.env, log, ready=lambda _, one=service: answers(one.probe)
                )
            )
        for child in children:
            child.wait_until_ready(lambda: False)
        yield moved.supabase_url
    finally:
        for child in children:
            with suppress(ProcessLookupError):
                child.stop()


class User:
    """A signed-up user of a base URL, who sends requests as supabase-js does."""

    def __init__(self, stack: ClientStack, url: str, **sign_up: object) -> None:
        key = stack.env["SUPABASE_PUBLISHABLE_KEY"]
        self.http = httpx.Client(base_url=url, headers={"apikey": key}, verify=NO_CERTIFICATES, timeout=30)
        done = self.http.post(
            "/auth/v1/signup", json=sign_up or {"email": stack.email(), "password": "a long password"}
        )
        assert done.status_code == 200, done.text
        self.session = done.json()
        self.id: str = self.session["user"]["id"]
        self.http.headers["authorization"] = f"Bearer {self.session['access_token']}"

    def upload(self, content: bytes, name: str = "people.csv") -> str:
        path = f"{self.id}/{name}"
        done = self.http.post(
            f"/storage/v1/object/imports/{path}", content=content, headers={"content-type": "text/csv"}
        )
        assert done.status_code == 200, done.text
        return path

    def insert(self, **job: object) -> httpx.Response:
        headers = {"prefer": "return=representation"}
        return self.http.post("/rest/v1/import_jobs", json={"target": "people", **job}, headers=headers)

    def job(self, **job: object) -> str:
        """Upload a file, insert a job for it, and return the job's id."""
        path = self.upload(b"email,name\n")
        done = self.insert(object_path=path, **job)
        assert done.status_code == 201, done.text
        return done.json()[0]["id"]

    def call(self, function: str, **arguments: object) -> httpx.Response:
        return self.http.post(f"/rest/v1/rpc/{function}", json=arguments)
