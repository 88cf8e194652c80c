"""Jobs that 0.1.0 has begun go on after an upgrade, and each ends as it would have ended; what has ended stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from processor.database import migrate
from processor.local import floor
from tests.conftest import PASSWORDS, Cluster, Database
from tests.integration.http_harness import serving
from tests.servers import SECRET_KEY, storage_api
from tests.upgrade import jobs_of_0_1_0
from tests.upgrade.jobs_of_0_1_0 import ROWS
from tests.upgrade.releases import as_in_0_1_0, released
from tests.upgrade.test_install_push import Project, dump
from tests.waiting import until

GOING_ON = ("pending", "running", "owned", "atomic", "not_begun", "waiting", "failed_retried", "cancelled_retried")
# The processor takes back lost jobs every 15 s; the tests need not wait for it.
SWEEP = "select count(*) from importer.sweep_import_jobs()"
REJECTED = """select record_number, position, line_number, column_name, code, raw
from public.import_job_errors where job_id = %s"""
LEFT = "select count(*) from public.import_jobs where status in ('pending', 'running')"


@dataclass(frozen=True, slots=True)
class Upgraded:
    """A database whose jobs of 0.1.0 have come to their ends."""

    database: Database
    conn: psycopg.Connection[dict[str, Any]]
    ids: dict[str, UUID]
    before: dict[str, dict[str, Any]]

    def job(self, state: str) -> dict[str, Any]:
        (job,) = self.conn.execute("select * from public.import_jobs where id = %s", (self.ids[state],)).fetchall()
        return job

    def counts(self, state: str) -> tuple[int, int, int, int]:
        job = self.job(state)
        return job["rows_read"], job["rows_loaded"], job["rows_rejected"], job["chunks_done"]

    def rows(self, state: str) -> list[tuple[int, str]]:
        """Return the rows in the table of a state."""
        query = sql.SQL("select id, name from public.{} order by id").format(sql.Identifier(f"own_{state}"))
        return [(row["id"], row["name"]) for row in self.conn.execute(query)]


def by_migrate(database: Database, _: Path) -> None:
    with as_in_0_1_0(database):
        pass


def by_push(database: Database, folder: Path) -> None:
    """`import-jobs install` of 0.1.0's migrations, and the push of the CLI."""
    project = Project(folder, database)
    project.install(released("0.1.0"))
    project.push()


def push_the_rest(database: Database, folder: Path) -> None:
    project = Project(folder, database)
    project.install(migrate.migrations())
    project.push()


WAYS = {
    "migrate": (by_migrate, lambda database, _: migrate.apply(database.admin_url)),
    "push": (by_push, push_the_rest),
}


@pytest.fixture(scope="module", params=["migrate", pytest.param("push", marks=pytest.mark.nightly)])
def upgraded(
    cluster: Cluster, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    """A database of 0.1.0 with jobs in every state, upgraded, and all its jobs at their ends."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "supabase" / "migrations").mkdir(parents=True)
    (folder / "supabase" / "config.toml").write_text('project_id = "own"\n', encoding="utf-8")
    old, new = WAYS[request.param]
    with contextmanager(cluster.clone)("floor") as database:
        old(database, folder)
        let_log_in(database)
        with storage_api(database.url("supabase_storage_admin")) as api:
            ids = jobs_of_0_1_0.write(database, api)
            with psycopg.connect(database.admin_url, autocommit=True, row_factory=dict_row) as conn:
                conn.prepare_threshold = None  # the upgrade changes the columns of what has been prepared
                before = {state: Upgraded(database, conn, ids, {}).job(state) for state in ids}
                new(database, folder)
                let_log_in(database)
                for state in ("failed_retried", "cancelled_retried"):
                    conn.execute("select public.retry_import_job(%s)", (ids[state],))
                conn.execute("select importer.undo_import_job(%s)", (ids["completed_undone"],))
                run_to_the_end(database, conn, folder / "log", api.origin)
                yield Upgraded(database, conn, ids, before)


def let_log_in(database: Database) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
        floor.after_migrate(superuser, PASSWORDS)


def run_to_the_end(database: Database, conn: psycopg.Connection[dict[str, Any]], log: Path, storage: str) -> None:
    """Run a processor of this version until no job is left."""
    settings = {
        "SUPABASE_URL": storage,
        "SUPABASE_SECRET_KEY": SECRET_KEY,
        "IMPORT_JOBS_UPLOADER_DATABASE_URL": database.url(floor.UPLOADER),
    }

    def at_the_end() -> bool:
        conn.execute(SWEEP)
        return conn.execute(LEFT).fetchall() == [{"count": 0}]

    with serving(database, log, **settings) as server:
        until(at_the_end, server.logged)


def test_every_state_is_there_before_the_upgrade(upgraded: Upgraded) -> None:
    assert {state: job["status"] for state, job in upgraded.before.items()} == {
        **dict.fromkeys(("running", "owned", "dry_run", "atomic", "not_begun"), "running"),
        **dict.fromkeys(("pending", "waiting"), "pending"),
        **dict.fromkeys(("failed", "failed_retried"), "failed"),
        **dict.fromkeys(("cancelled", "cancelled_retried"), "cancelled"),
        **dict.fromkeys(("completed", "completed_undone", "undone"), "completed"),
    }


@pytest.mark.parametrize("state", GOING_ON)
def test_interrupted_job_goes_on_and_loads_each_row_once(upgraded: Upgraded, state: str) -> None:
    job = upgraded.job(state)
    assert (job["status"], job["error_code"], job["error_message"]) == ("completed", None, None)
    assert (job["rows_read"], job["rows_loaded"], job["rows_rejected"]) == (5, 4, 1)
    assert upgraded.rows(state) == ROWS
    rejected = upgraded.conn.execute(REJECTED, (job["id"],)).fetchall()
    assert [tuple(row.values()) for row in rejected] == [(3, 1, 4, "id", "IJ403", "x,Carla")]
    assert job["report"]["rejected_by_code"] == {"IJ403": 1}
    assert [row["id"] for row in job["preview"]] == ["1", "2", "4", "5"]


@pytest.mark.parametrize("state", ["running", "owned", "waiting", "atomic"])
def test_committed_chunk_is_not_read_again(upgraded: Upgraded, state: str) -> None:
    chunks = upgraded.conn.execute(
        "select seq, byte_start, attempt from importer.job_chunks where job_id = %s order by seq",
        (upgraded.ids[state],),
    ).fetchall()
    assert [tuple(chunk.values()) for chunk in chunks] == [(0, 8, 1), (1, 30, 2)]


def test_row_of_a_user_belongs_to_the_user(upgraded: Upgraded) -> None:
    owners = upgraded.conn.execute("select distinct owner::text, job from public.own_owned").fetchall()
    assert owners == [{"owner": jobs_of_0_1_0.ALICE, "job": upgraded.ids["owned"]}]


def test_dry_run_goes_on_and_writes_nothing(upgraded: Upgraded) -> None:
    job = upgraded.job("dry_run")
    assert (job["status"], job["error_code"], job["error_message"]) == ("completed", None, None)
    assert upgraded.counts("dry_run") == (5, 4, 1, 2)
    assert upgraded.rows("dry_run") == []


def test_staging_table_is_gone(upgraded: Upgraded) -> None:
    name = f"importer.staging_{upgraded.ids['atomic'].hex}"
    assert upgraded.conn.execute("select to_regclass(%s) is null as gone", (name,)).fetchall() == [{"gone": True}]


@pytest.mark.parametrize("state", ["failed", "cancelled", "completed", "undone"])
def test_job_that_has_ended_stays_as_it_was(upgraded: Upgraded, state: str) -> None:
    before, after = upgraded.before[state], upgraded.job(state)
    assert {name: after[name] for name in before if name != "updated_at"} == {
        name: value for name, value in before.items() if name != "updated_at"
    }
    assert upgraded.rows(state) == {"completed": ROWS, "undone": []}.get(state, ROWS[:2])


def test_job_of_0_1_0_can_be_undone_after_the_upgrade(upgraded: Upgraded) -> None:
    assert upgraded.job("completed_undone")["undone_at"] is not None
    assert upgraded.rows("completed_undone") == []


def test_schema_is_that_of_a_fresh_installation(upgraded: Upgraded, db: Database) -> None:
    assert dump(upgraded.database).rstrip() == dump(db).rstrip()
