"""/health and /ready when the database is read-only, not migrated, down, or starts after the processor."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from processor.local.ports import free_port
from tests.conftest import Cluster, Database
from tests.faults.proxies.tcp_proxy import TcpProxy
from tests.integration.http_harness import Server, serving
from tests.waiting import until

HEALTH, READY = "GET /health HTTP/1.1", "GET /ready HTTP/1.1"


def logged(server: Server, action: str) -> list[dict[str, object]]:
    """Return the records of the processor's log with this action."""
    records = [json.loads(line) for line in server.logged().splitlines() if line.startswith("{")]
    return [record for record in records if record["action"] == action]


def until_ready(server: Server, status: int) -> None:
    """Wait until /ready has this status; /health is 200 all the time."""

    def look() -> bool:
        assert server.request(HEALTH).status == 200
        return server.request(READY).status == status

    until(look, server.logged)


@pytest.mark.parametrize("scope", ["database {}", "role import_processor in database {}"])
def test_read_only_database_is_not_ready(db: Database, tmp_path: Path, scope: str) -> None:
    with serving(db, tmp_path / "log") as server, db.connect("supabase_admin") as admin:
        until_ready(server, 200)
        subject = sql.SQL(scope).format(sql.Identifier(db.name))
        admin.execute(sql.SQL("alter {} set default_transaction_read_only = on").format(subject))
        terminate(admin)
        until_ready(server, 503)
        admin.execute(sql.SQL("alter {} reset default_transaction_read_only").format(subject))
        terminate(admin)
        until_ready(server, 200)


def terminate(admin: psycopg.Connection) -> None:
    """End the processor's sessions, so that new ones get the new settings."""
    admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where usename = 'import_processor' and datname = current_database()"
    )


def test_lost_privilege_is_not_ready(db: Database, tmp_path: Path) -> None:
    with serving(db, tmp_path / "log") as server, db.connect() as admin:
        until_ready(server, 200)
        admin.execute("revoke execute on function importer.claim_jobs from import_processor")
        until_ready(server, 503)


def test_processor_waits_for_a_database_that_starts_later(db: Database, cluster: Cluster, tmp_path: Path) -> None:
    port = free_port()
    url = db.processor_url.replace(f":{cluster.server.port}/", f":{port}/")
    assert url != db.processor_url
    with serving(db, tmp_path / "log", DATABASE_URL=url) as server:
        until_ready(server, 503)
        (waiting,) = logged(server, "waiting_for_database")
        assert waiting["reason"] == "the database does not answer"
        assert logged(server, "defect") == []
        proxy = TcpProxy(cluster.server.port, port)
        proxy.start()
        try:
            until_ready(server, 200)
            with db.connect() as admin:
                look = "select count(*) from importer.processors"
                until(lambda: admin.execute(look).fetchone() == (1,), server.logged)
            assert server.process.poll() is None
        finally:
            proxy.stop()


def test_database_without_migrations_becomes_ready_when_they_are_applied(
    floor_db: Database, cluster: Cluster, tmp_path: Path
) -> None:
    port = free_port()
    url = floor_db.processor_url.replace(f":{cluster.server.port}/", f":{port}/")
    with serving(floor_db, tmp_path / "log", DATABASE_URL=url) as server:
        proxy = TcpProxy(cluster.server.port, port)
        proxy.start()
        try:
            until_ready(server, 503)
            until(lambda: logged(server, "database_unavailable"), server.logged)
            cluster.migrate(floor_db)
            until_ready(server, 200)
            until(lambda: logged(server, "database_available"), server.logged)
        finally:
            proxy.stop()
