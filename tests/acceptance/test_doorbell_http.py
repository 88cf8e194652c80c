"""The processor's HTTP surface: 202 for a ring, nothing said to anyone else."""

import httpx
import pytest

from tests.acceptance.conftest import Stack


@pytest.fixture
def door(stack: Stack) -> httpx.Client:
    return httpx.Client(base_url=stack.env["PROCESSOR_URL"])


def ring(stack: Stack, door: httpx.Client, **arguments) -> httpx.Response:
    headers = {"Authorization": f"Bearer {stack.env['IMPORT_JOBS_WAKE_TOKEN']}"}
    return door.post("/process-import-jobs", headers=headers, **arguments)


def test_ring_is_accepted(stack: Stack, door: httpx.Client) -> None:
    assert ring(stack, door, json={"job_ids": ["75aa41d4-60df-4b14-8202-d32da27fd0f9"]}).status_code == 202
    assert ring(stack, door, json={}).status_code == 202


@pytest.mark.parametrize(
    "header", [None, "Bearer wrong", "Bearer", "Basic abc", "wrong", "Bearer \xe7".encode("latin-1")]
)
def test_wrong_token_gets_401_and_nothing_else(door: httpx.Client, header: str | bytes | None) -> None:
    response = door.post(
        "/process-import-jobs", headers={"Authorization": header} if header else {}, json={"job_ids": []}
    )
    assert (response.status_code, response.content) == (401, b"")


@pytest.mark.parametrize(
    "body", [b"[]", b'"x"', b"{", b'{"status": 1}', b'{"job_ids": 1}', b'{"job_ids": [1]}', b"[" * 60_000]
)
def test_unknown_body_is_refused(stack: Stack, door: httpx.Client, body: bytes) -> None:
    assert ring(stack, door, content=body).status_code == 400


def test_large_body_is_refused(stack: Stack, door: httpx.Client) -> None:
    assert ring(stack, door, content=b" " * 65_537).status_code == 413


def test_probes_answer_and_no_server_is_named(door: httpx.Client) -> None:
    for path in ("/health", "/ready"):
        response = door.get(path)
        assert response.status_code == 200
        assert "server" not in response.headers


def test_other_paths_and_methods_are_refused(door: httpx.Client) -> None:
    assert door.get("/process-import-jobs").status_code == 405
    assert door.get("/").status_code == 404
    assert door.post("/process-import-jobs/", json={}).status_code == 404
