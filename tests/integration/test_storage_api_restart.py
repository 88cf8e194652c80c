"""Postgres comes and goes; the server answers 5xx meanwhile and recovers by itself."""

from __future__ import annotations

import time
from typing import Any

from storage_harness import StorageApi, refusal, serve


def test_server_outlives_postgres(cluster: Any) -> None:
    for api, _ in serve(cluster):
        client = api.service()
        assert client.post("/object/files/before.csv", content=b"kept").status_code == 200
        cluster.server.stop("immediate")
        try:
            files = api.files()
            refused = client.post("/object/files/during.csv", content=b"lost")
            assert refusal(refused) in [(544, "544", "DatabaseTimeout"), (500, "500", "Internal")]
            assert api.files() == files
            assert client.get("/status").status_code == 200
        finally:
            cluster.server.start()
        recovered(api)
        assert client.get("/object/files/before.csv").content == b"kept"
        assert client.post("/object/files/after.csv", content=b"kept").status_code == 200


def test_server_survives_a_quick_restart(cluster: Any) -> None:
    for api, _ in serve(cluster):
        assert api.service().get("/bucket/files").status_code == 200
        cluster.server.restart("immediate")
        recovered(api)


def recovered(api: StorageApi) -> None:
    deadline = time.monotonic() + 20
    while api.service().get("/bucket/files").status_code != 200:
        assert time.monotonic() < deadline, "no recovery in 20 s"
