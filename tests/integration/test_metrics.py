"""/metrics: on a port of its own, off unless it is set, with names and labels that cannot grow."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
import yaml
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


ROOT = Path(__file__).parents[2]
ALERTS, DASHBOARD = ROOT / "deploy" / "prometheus" / "alerts.yml", ROOT / "deploy" / "grafana" / "import-jobs.json"
SELECTOR = re.compile(r"\b(import_jobs_\w+|process_\w+|up)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)=~?"([^"]*)"')


def in_alerts() -> list[str]:
    """Return the expressions of the alert rules."""
    return [rule["expr"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def in_dashboard() -> list[str]:
    """Return the expressions of the dashboard's panels."""
    return [target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel["targets"]]


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


@pytest.mark.parametrize("expression", [*in_alerts(), *in_dashboard()])
def test_what_dashboard_and_alerts_ask_for_exists(measured: Measured, expression: str) -> None:
    """Each selector has a sample; `job` and `instance` are labels that Prometheus adds, as the metric `up` is."""
    families = list(text_string_to_metric_families(measured.text()))
    samples = [sample for family in families for sample in family.samples]
    selectors = SELECTOR.findall(expression)
    assert selectors
    for name, matchers in selectors:
        wanted = [m for m in MATCHER.findall(matchers) if m[0] not in ("job", "instance")]
        assert name == "up" or any(
            sample.name == name and all(re.fullmatch(value, sample.labels.get(label, "")) for label, value in wanted)
            for sample in samples
        ), name
    for labels in re.findall(r"\bby \(([\w, ]+)\)", expression):
        of_metrics = {label for name, _ in selectors for s in samples if s.name == name for label in s.labels}
        assert set(labels.split(", ")) <= of_metrics


def test_metric_that_does_not_exist_would_be_found() -> None:
    assert SELECTOR.findall('rate(import_jobs_x_total{a="b"}[5m]) > up') == [
        ("import_jobs_x_total", 'a="b"'),
        ("up", ""),
    ]


def test_promtool_accepts_the_rules() -> None:
    """Where Prometheus is installed; the test of the selectors holds everywhere."""
    if promtool := shutil.which("promtool"):
        done = subprocess.run([promtool, "check", "rules", str(ALERTS)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        config = [promtool, "check", "config", str(ALERTS.with_name("prometheus.yml"))]
        assert subprocess.run(config, capture_output=True, check=False).returncode == 0


def test_rules_say_what_to_do() -> None:
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    monitor = (ROOT / "docs" / "how-to" / "monitor.md").read_text(encoding="utf-8")
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert f"`{rule['alert']}`" in monitor


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
