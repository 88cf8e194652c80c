"""Storage for browsers: tus-js-client and storage-js, the real packages, against the stack's base URL."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.client_stack import ClientStack

SIZE = 13 << 20


@pytest.fixture(scope="module")
def results(client_stack: ClientStack) -> dict[str, Any]:
    return client_stack.node("storage.mjs", EMAIL=client_stack.email())


def test_large_file_arrives_in_chunks(results: dict[str, Any]) -> None:
    assert results["plain"]["requests"] == ["POST 201", "PATCH 204", "PATCH 204"]
    assert "/storage/v1/upload/resumable/" in results["plain"]["url"]
    assert results["size"] == SIZE


def test_interrupted_upload_goes_on_at_its_offset(results: dict[str, Any]) -> None:
    assert "HEAD 200" in results["interrupted"]["requests"]
    assert results["same"] == 0


def test_signed_upload_is_resumable_too(results: dict[str, Any]) -> None:
    assert "HEAD 200" in results["signed"]["requests"]
    assert "/upload/resumable/sign/" in results["signed"]["url"]


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("foreign", 403, "new row violates row-level security policy"),
        ("image", 415, "mime type image/png is not supported"),
        ("again", 409, "The resource already exists"),
        ("unsigned", 400, "Missing x-signature header"),
    ],
)
def test_refused_upload_says_why(results: dict[str, Any], name: str, status: int, text: str) -> None:
    assert (results[name]["status"], results[name]["text"]) == (status, text)


def test_signed_urls_name_what_cannot_be_read(results: dict[str, Any]) -> None:
    error = "Either the object does not exist or you do not have access to it"
    assert results["urls"] == [{"error": None, "path": "signed.csv"}, {"error": error, "path": "absent.csv"}]
    assert results["read"] == SIZE


def test_administrator_copies_moves_and_empties(results: dict[str, Any]) -> None:
    assert results["created"] == {"name": "scratch"}
    assert results["copied"]["path"] == "scratch/a.csv"
    assert (results["moved"], results["listed"]) == ("Successfully moved", ["b.csv"])
    assert results["emptied"]["message"] == "Empty bucket has been queued. Completion may take up to an hour."
    assert results["left"] == 0
    assert results["deleted"] == {"message": "Successfully deleted"}
