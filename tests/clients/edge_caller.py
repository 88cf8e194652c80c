"""What the tests of the Edge Function import-jobs share: a user who calls it, and what its refusals have in common."""

from __future__ import annotations

from typing import Any

import httpx

from tests.clients.base_urls import User
from tests.clients.client_stack import ClientStack
from tests.functions.edge_runtime import EdgeRuntime
from tests.servers import NO_CERTIFICATES
from tests.waiting import until

CONTENT = b"email,name\n%s,Ada\n"
FUNCTION = "/functions/v1/import-jobs"


class Caller:
    """A signed-up user who calls the function."""

    def __init__(self, stack: ClientStack, url: str, functions: EdgeRuntime) -> None:
        self.user, self.url, self.functions = User(stack, url), url, functions
        self.http = httpx.Client(
            base_url=functions.url,
            headers={"authorization": self.user.http.headers["authorization"]},
            verify=NO_CERTIFICATES,
            timeout=30,
        )
        self.content = CONTENT % stack.email().encode()

    def post(self, verb: str, **fields: object) -> httpx.Response:
        return self.http.post(f"{FUNCTION}/{verb}", json=fields)

    def create(self, **fields: object) -> httpx.Response:
        return self.post(
            "create", **{"target": "people", "file_name": "people.csv", "size": len(self.content), **fields}
        )

    def upload(self, created: dict[str, Any], content: bytes | None = None) -> None:
        headers = {"content-type": created["content_type"]}
        done = httpx.put(
            created["signed_url"], content=content or self.content, headers=headers, verify=NO_CERTIFICATES
        )
        assert done.status_code == 200, done.text

    def reserve(self, **fields: object) -> dict[str, Any]:
        """Create a job, and upload its file."""
        created = self.create(**fields)
        assert created.status_code == 201, created.text
        self.upload(created.json())
        return created.json()

    def ended(self, job_id: str) -> dict[str, Any]:
        """Return the job when it has ended."""

        def look() -> dict[str, Any] | None:
            job = self.http.get(f"{FUNCTION}/status", params={"id": job_id}).json()
            return job if job["status"] in ("completed", "failed", "cancelled") else None

        return until(look, f"the end of job {job_id}")


def check_refused(response: httpx.Response, status: int, code: str) -> dict[str, str]:
    """Check that a response is a refusal with this status and code, which any page may read; return its body."""
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert body.keys() == {"code", "message", "hint"}
    assert body["message"]
    assert body["hint"].endswith(".")
    assert response.headers["access-control-allow-origin"] == "*"
    return body
