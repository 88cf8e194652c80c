"""A processor does not start on a schema that is too old or too new for it, and says which command helps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from processor.local.ports import free_port
from processor.local.python_command import module_environment
from tests.conftest import Cluster, Database
from tests.faults.proxies.tcp_proxy import TcpProxy
from tests.integration.http_harness import serving
from tests.integration.test_http_ready import logged, until_ready
from tests.waiting import until

NEWER = "insert into importer.migrations (version, name, release) values ('20990101000000', 'later', '9.0.0')"
OLDER = "delete from importer.migrations where version = (select max(version) from importer.migrations)"
SAYS = {
    NEWER: ("too new", "9.0.0 has migrated it — Install import-jobs 9.0.0"),
    OLDER: ("too old", "lacks 1 of", "Run import-jobs migrate; in a project with migrations, import-jobs install"),
    "drop table importer.migrations": ("too old", "Run import-jobs migrate;"),
}


def command(name: str, url: str) -> subprocess.CompletedProcess[str]:
    """Run a command on a database; only `serve` needs the rest."""
    env = {"DATABASE_URL": url, "SUPABASE_URL": "http://127.0.0.1:1", "SUPABASE_SECRET_KEY": "sb_secret_of_the_tests"}
    return subprocess.run(
        [sys.executable, "-m", "processor.cli", name],
        env={**module_environment(), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("change", SAYS)
def test_processor_does_not_start(db: Database, change: str) -> None:
    with db.connect() as conn:
        conn.execute(change)
    done = command("serve", db.processor_url)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line.startswith("error IJ132: the schema of the database is ")) == (1, True), done.stderr
    for said in SAYS[change]:
        assert said in line


def test_migrate_says_that_the_schema_is_newer(db: Database) -> None:
    with db.connect() as conn:
        conn.execute(NEWER)
    done = command("migrate", db.admin_url)
    assert (done.returncode, done.stderr.startswith("error IJ132: ")) == (1, True), done.stderr


def test_processor_that_waits_for_its_database_works_only_once_the_schema_fits(
    db: Database, cluster: Cluster, tmp_path: Path
) -> None:
    port = free_port()
    url = db.processor_url.replace(f":{cluster.server.port}/", f":{port}/")
    with db.connect() as conn, serving(db, tmp_path / "log", DATABASE_URL=url) as server:
        conn.execute(NEWER)
        proxy = TcpProxy(cluster.server.port, port)
        proxy.start()
        try:

            def told() -> list[dict[str, object]]:
                reports = logged(server, "database_unavailable")
                return [report for report in reports if "too new" in str(report["reason"])]

            until(told, server.logged)
            assert conn.execute("select count(*) from importer.processors").fetchone() == (0,)
            until_ready(server, 503)
            conn.execute("delete from importer.migrations where version = '20990101000000'")
            until(lambda: logged(server, "database_available"), server.logged)
            until_ready(server, 200)
            assert len(told()) == 1
        finally:
            proxy.stop()
