"""The HTTP interface of the stack's processor: 202 for a ring with the token, an empty 401 for any other."""

import httpx
import pytest

from tests.acceptance.conftest import Stack


@pytest.fixture
def processor(stack: Stack) -> httpx.Client:
    return httpx.Client(base_url=stack.env["PROCESSOR_URL"])


def ring(stack: Stack, processor: httpx.Client, **arguments) -> httpx.Response:
    headers = {"Authorization": f"Bearer {stack.env['IMPORT_JOBS_WAKE_TOKEN']}"}
    return processor.post("/process-import-jobs", headers=headers, **arguments)


def test_ring_is_accepted(stack: Stack, processor: httpx.Client) -> None:
    assert ring(stack, processor, json={"job_ids": ["75aa41d4-60df-4b14-8202-d32da27fd0f9"]}).status_code == 202
    assert ring(stack, processor, json={}).status_code == 202


@pytest.mark.parametrize(
    "header", [None, "Bearer wrong", "Bearer", "Basic abc", "wrong", "Bearer \xe7".encode("latin-1")]
)
def test_wrong_token_gets_an_empty_401(processor: httpx.Client, header: str | bytes | None) -> None:
    response = processor.post(
        "/process-import-jobs", headers={"Authorization": header} if header else {}, json={"job_ids": []}
    )
    assert (response.status_code, response.content) == (401, b"")


@pytest.mark.parametrize(
    "body", [b"[]", b'"x"', b"{", b'{"status": 1}', b'{"job_ids": 1}', b'{"job_ids": [1]}', b"[" * 60_000]
)
def test_body_that_is_not_a_ring_gets_400(stack: Stack, processor: httpx.Client, body: bytes) -> None:
    assert ring(stack, processor, content=body).status_code == 400


def test_large_body_gets_413(stack: Stack, processor: httpx.Client) -> None:
    assert ring(stack, processor, content=b" " * 65_537).status_code == 413


def test_probes_respond_without_naming_the_server(processor: httpx.Client) -> None:
    for path in ("/health", "/ready"):
        response = processor.get(path)
        assert response.status_code == 200
        assert "server" not in response.headers


def test_other_paths_get_404_and_other_methods_405(processor: httpx.Client) -> None:
    assert processor.get("/process-import-jobs").status_code == 405
    assert processor.get("/").status_code == 404
    assert processor.post("/process-import-jobs/", json={}).status_code == 404
