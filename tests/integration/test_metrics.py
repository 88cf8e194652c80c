"""/metrics: on a port of its own, off unless it is set, with names and labels that cannot grow."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from processor.local.ports import free_port
from tests.conftest import Cluster, Database
from tests.faults.proxies.tcp_proxy import TcpProxy
from tests.integration.http_harness import RIGHT, Server, serving
from tests.integration.test_http_ready import until_ready
from tests.waiting import until

#: Every label, none of which has the name of a job, an owner, a target or a path.
LABELS = {"kind", "result", "code", "outcome", "action", "operation", "bell", "pool", "state", "le", "generation"}
INFO_LABELS = {"version", "implementation", "major", "minor", "patchlevel"}


@dataclass(frozen=True, slots=True)
class Measured:
    """A processor whose connections to the database go through a proxy, and its port for metrics."""

    server: Server
    port: int
    db: Database
    proxy: TcpProxy
    admin: psycopg.Connection

    def text(self) -> str:
        response = httpx.get(f"http://127.0.0.1:{self.port}/metrics")
        assert (response.status_code, response.headers["content-type"][:10]) == (200, "text/plain")
        return response.text

    def value(self, name: str, **labels: str) -> float | None:
        """Return the value of a sample, None where there is none."""
        families = text_string_to_metric_families(self.text())
        values = [s.value for family in families for s in family.samples if (s.name, s.labels) == (name, labels)]
        return values[0] if values else None


@pytest.fixture(scope="module")
def measured(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    log, port = tmp_path_factory.mktemp("metrics") / "processor.log", free_port()
    with contextmanager(cluster.clone)("closed") as db, db.connect() as admin:
        proxy = TcpProxy(db.server.port)
        proxy.start()
        url = db.processor_url.replace(f":{db.server.port}/", f":{proxy.port}/")
        assert url != db.processor_url
        try:
            with serving(db, log, IMPORT_JOBS_METRICS_PORT=str(port), DATABASE_URL=url) as server:
                until_ready(server, 200)
                yield Measured(server, port, db, proxy, admin)
        finally:
            proxy.stop()


def test_queue_process_and_connections_are_shown(measured: Measured) -> None:
    measured.admin.execute("select importer.pause('so that the job waits')")
    measured.admin.execute("insert into public.import_jobs (object_path, target) values ('service/a.csv', 'people')")
    until(lambda: measured.value("import_jobs_queue_jobs", state="waiting") == 1)
    assert measured.value("import_jobs_queue_paused") == 1
    assert measured.value("import_jobs_queue_oldest_waiting_seconds") > 0
    assert measured.value("import_jobs_database_up") == 1
    assert measured.value("import_jobs_slots", kind="import") == 4
    assert measured.value("import_jobs_connections_max", pool="processor") > 4
    assert measured.value("import_jobs_connections", pool="processor", state="idle") >= 0
    assert measured.value("import_jobs_processors") == 1
    assert measured.value("process_resident_memory_bytes") > 0


def test_bells_are_counted(measured: Measured) -> None:
    before = measured.value("import_jobs_rings_total", bell="http")
    assert measured.server.request("POST /process-import-jobs HTTP/1.1", RIGHT, "Content-Length: 0").status == 202
    assert measured.value("import_jobs_rings_total", bell="http") == before + 1
    heard = measured.value("import_jobs_rings_total", bell="notify")

    def rings() -> bool:
        measured.admin.execute("notify import_jobs")
        return measured.value("import_jobs_rings_total", bell="notify") > heard

    until(rings)


def test_names_and_labels_follow_the_conventions(measured: Measured) -> None:
    text = measured.text()
    for family in text_string_to_metric_families(text):
        if family.name.startswith("import_jobs"):
            assert family.documentation.endswith("."), family.name
            assert not re.search(r"_(ms|milliseconds|minutes|hours|kb|mb|percent)(_|$)", family.name)
        for sample in family.samples:
            assert set(sample.labels) <= (INFO_LABELS if sample.name.endswith("_info") else LABELS), sample
            assert (family.type == "counter") == sample.name.endswith("_total"), sample
    assert "_created" not in text


def test_full_port_for_metrics_takes_nothing_from_the_doorbell(measured: Measured) -> None:
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(socket.create_connection(("127.0.0.1", measured.port)))
        assert measured.server.request("GET /health HTTP/1.1").status == 200
        assert measured.server.request("POST /process-import-jobs HTTP/1.1", RIGHT, "Content-Length: 0").status == 202
    assert measured.value("import_jobs_slots", kind="undo") == 1


def test_nothing_else_is_served_there_and_metrics_nowhere_else(measured: Measured) -> None:
    assert measured.server.request("GET /metrics HTTP/1.1").status == 404
    for path in ("/", "/health", "/process-import-jobs", "/metrics/"):
        assert httpx.get(f"http://127.0.0.1:{measured.port}{path}").status_code == 404
    assert httpx.post(f"http://127.0.0.1:{measured.port}/metrics").status_code == 405


def test_metrics_answer_without_the_database(measured: Measured) -> None:
    """The last test, because the proxy stays closed."""
    until(lambda: measured.value("import_jobs_database_up") == 1)
    measured.proxy.refuse()
    measured.proxy.reset()
    until(lambda: measured.value("import_jobs_database_up") == 0)
    assert measured.value("import_jobs_queue_jobs", state="waiting") is None
    assert measured.value("import_jobs_slots", kind="import") == 4
