"""Run docs/how-to/supabase-start.md as far as it goes without Docker: beside the local Storage and Postgres.

A program with the name `supabase` prints what `supabase status -o env` prints, with the addresses of these servers.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from processor.local.ports import free_port
from tests.conftest import Database
from tests.servers import NO_CERTIFICATES, PUBLISHABLE_KEY, SECRET_KEY, PgnetWorker, storage_api, token
from tests.waiting import until

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "supabase-start.md").read_text(encoding="utf-8")
START, VARIABLES, MIGRATE, CONFIGURE, SERVE, IMPORT = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
TARGET = """
create table public.guests (name text, arrival date);
select importer.register_target('public.guests');
"""
RINGS = "select url from net.http_request_queue"
ANSWERS = "select status_code from net._http_response"


class Shell:
    """The reader's shell, in a folder where `supabase` is the program that prints these variables."""

    def __init__(self, folder: Path, printed: dict[str, str], port: int) -> None:
        self.folder, self.port = folder, port
        program = folder / "bin" / "supabase"
        program.parent.mkdir()
        lines = "\n".join(f'{name}="{value}"' for name, value in printed.items())
        program.write_text(
            f'#!/bin/sh\n[ "$*" = "start" ] && exit\n[ "$*" = "status -o env" ] && cat <<"E"\n{lines}\nE\n'
        )
        program.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_URL", "SUPABASE_"))}
        path = os.pathsep.join([str(program.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
        self.env = {**kept, "PATH": path, "IMPORT_JOBS_PORT": str(port), "no_proxy": "127.0.0.1"}

    def command(self, script: str) -> list[str]:
        """Return the command that runs a block of the page after step 2; the tests listen on loopback only."""
        script = script.replace(":8080", f":{self.port}").replace("0.0.0.0", "127.0.0.1")  # noqa: S104
        return ["bash", "-c", f"set -euo pipefail\n{VARIABLES}\n{script}"]

    def run(self, script: str) -> str:
        """Run a block, which must succeed; return its output."""
        done = subprocess.run(
            self.command(script),
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run step 5 until the block ends."""
        script = SERVE.replace("import-jobs serve", "exec import-jobs serve")
        with (
            (self.folder / "serve.log").open("wb") as log,
            subprocess.Popen(self.command(script), cwd=self.folder, env=self.env, stderr=log) as process,
        ):
            try:
                until(lambda: self.is_healthy() or process.poll() is not None, "a processor")
                yield
            finally:
                process.terminate()

    def is_healthy(self) -> bool:
        url = f"http://127.0.0.1:{self.port}/health"
        try:
            return httpx.get(url, trust_env=False, verify=NO_CERTIFICATES).is_success
        except httpx.TransportError:
            return False


@pytest.fixture(params=["secret key", "older key"])
def shell(floor_db: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shell]:
    with storage_api(floor_db.url("supabase_storage_admin")) as storage:
        printed = {
            "API_URL": storage.origin,
            "DB_URL": floor_db.admin_url,
            "PUBLISHABLE_KEY": PUBLISHABLE_KEY,
            "SECRET_KEY": SECRET_KEY,
            "SERVICE_ROLE_KEY": token(None, "service_role"),
        }
        if request.param == "older key":
            del printed["PUBLISHABLE_KEY"], printed["SECRET_KEY"]
        yield Shell(tmp_path, printed, free_port())


def test_steps_work_as_far_as_they_go_without_docker(shell: Shell, floor_db: Database) -> None:
    shell.run(START)
    shell.run(MIGRATE)
    printed = shell.run(CONFIGURE)
    assert f"the database rings http://host.docker.internal:{shell.port}/process-import-jobs\n" in printed
    with floor_db.connect() as conn, shell.serving():
        conn.execute(TARGET)
        (shell.folder / "guests.csv").write_text("name,arrival\nAda,2026-12-01\nGrace,2026-12-02\n")
        # No Docker gives this machine that name, so the processor hears of the job without the ring.
        assert "2 rows loaded" in shell.run(IMPORT)
        assert conn.execute("select count(*) from public.guests").fetchone() == (2,)
        with floor_db.connect("supabase_admin") as superuser:
            urls = {str(row[0]) for row in superuser.execute(RINGS).fetchall()}
            assert urls == {f"http://host.docker.internal:{shell.port}/process-import-jobs"}
            superuser.execute("delete from net.http_request_queue")
        # A ring with a name that this machine has is answered: the processor has read the token from the database.
        shell.run(CONFIGURE.replace("host.docker.internal", "localhost"))
        with PgnetWorker(floor_db.superuser_url):
            conn.execute("select importer.notify_process_import_jobs_async()")
            status = until(lambda: conn.execute(ANSWERS).fetchone(), "an answer")
            assert status == (202,)
