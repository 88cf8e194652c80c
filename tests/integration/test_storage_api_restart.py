"""While Postgres is down the server answers 5xx; afterwards it recovers by itself."""

from __future__ import annotations

from tests.conftest import Cluster
from tests.integration.storage_harness import error_of
from tests.servers import StorageApi
from tests.waiting import until


def test_server_outlives_postgres(cluster: Cluster, api: StorageApi) -> None:
    client = api.service()
    assert client.post("/object/files/before.csv", content=b"kept").status_code == 200
    cluster.server.stop("immediate")
    try:
        files = api.files()
        response = client.post("/object/files/during.csv", content=b"lost")
        assert error_of(response) in [(544, "544", "DatabaseTimeout"), (500, "500", "Internal")]
        assert api.files() == files
        assert client.get("/status").status_code == 200
    finally:
        cluster.server.start()
    wait_for_recovery(api)
    assert client.get("/object/files/before.csv").content == b"kept"
    assert client.post("/object/files/after.csv", content=b"kept").status_code == 200


def test_server_survives_a_quick_restart(cluster: Cluster, api: StorageApi) -> None:
    assert api.service().get("/bucket/files").status_code == 200
    cluster.server.restart("immediate")
    wait_for_recovery(api)


def wait_for_recovery(api: StorageApi) -> None:
    client = api.service()
    until(lambda: client.get("/bucket/files").status_code == 200, "a recovery of the server", seconds=20)
