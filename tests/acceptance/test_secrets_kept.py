"""The token, the database passwords and the keys appear in no log, output, response or row, and on no command line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from psycopg.conninfo import conninfo_to_dict

from processor.local.ports import free_port
from processor.local.python_command import module_environment
from tests.acceptance.conftest import Stack, cli
from tests.waiting import until

ROWS = """
select j::text from public.import_jobs as j union all select e::text from public.import_job_errors as e
union all select h::text from public.import_job_events as h union all select t::text from public.import_targets as t
"""
RING = "/process-import-jobs"


@dataclass(frozen=True, slots=True)
class Secrets:
    """The values that must not appear, by name."""

    values: dict[str, str]

    def found_in(self, text: str) -> list[str]:
        """Return the names of the secrets that a text contains."""
        return [name for name, value in self.values.items() if value in text]


@pytest.fixture(scope="module")
def secrets(stack: Stack) -> Secrets:
    passwords = {
        f"password in {name}": str(conninfo_to_dict(stack.env[name])["password"])
        for name in ("DATABASE_URL", "PROCESSOR_DATABASE_URL")
    }
    others = ("IMPORT_JOBS_WAKE_TOKEN", "SUPABASE_SECRET_KEY", "SUPABASE_JWT_SECRET")
    return Secrets(passwords | {name: stack.env[name] for name in others})


@pytest.fixture(scope="module")
def busy(stack: Stack) -> Stack:
    """A stack that has used the database and Storage, with success and with errors."""
    target = stack.table("id integer primary key, name text")
    assert stack.run(b"id,name\n1,a\nx,b\n", target)["status"] == "completed"
    assert stack.run(b"id,name\n\xff,a\n", target)["status"] == "failed"
    assert stack.wait(stack.insert("service/nowhere/file.csv", target))["error_code"] == "IJ201"
    assert stack.wait(stack.insert("service/nowhere/file.csv", "no_such_target"))["error_code"] == "IJ106"
    return stack


def requests(stack: Stack) -> Iterator[httpx.Response]:
    """Request every kind of response, with the token where it belongs and where it does not."""
    token = stack.env["IMPORT_JOBS_WAKE_TOKEN"]
    right = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=stack.env["PROCESSOR_URL"]) as processor:
        yield processor.get("/health")
        yield processor.get("/ready")
        yield processor.get(f"/{token}")
        yield processor.get(RING, params={"token": token}, headers=right)
        yield processor.post(RING, headers={"Authorization": f"Basic {token}"})
        yield processor.post(RING, headers={"Authorization": f"Bearer {token}x"})
        yield processor.post(RING, headers=right, content=token)
        yield processor.post(RING, headers=right, json={token: stack.env["SUPABASE_SECRET_KEY"]})
        yield processor.post(RING, headers=right, json={"job_ids": [token]})
        yield processor.post(RING, headers=right, content=token * 3000)
        yield processor.post(RING, headers=right)


def test_no_response_repeats_a_secret(busy: Stack, secrets: Secrets) -> None:
    statuses = set()
    for response in requests(busy):
        statuses.add(response.status_code)
        assert secrets.found_in(response.text + str(response.headers)) == []
    assert statuses == {200, 202, 400, 401, 404, 405, 413}


def test_no_secret_is_on_a_command_line(busy: Stack, secrets: Secrets) -> None:
    """Checks all processes of the machine: those of the stack, their children and the backends of Postgres."""
    processes_of_the_stack = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):  # ended since it was listed
            continue
        processes_of_the_stack += "processor.cli\0serve" in line or str(busy.folder) in line
        assert secrets.found_in(line) == [], path
    assert processes_of_the_stack >= 2


def test_no_secret_is_in_a_log(busy: Stack, secrets: Secrets) -> None:
    for _ in requests(busy):
        pass
    logs = sorted((busy.folder / "logs").glob("*.log"))
    assert {"postgres.log", "processor.log", "storage.log"} <= {log.name for log in logs}
    for log in logs:
        assert secrets.found_in(log.read_text(errors="replace")) == [], log.name
    assert "attempt_failed" in (busy.folder / "logs" / "processor.log").read_text()


def test_no_secret_is_in_a_row(busy: Stack, secrets: Secrets) -> None:
    rows = [row["j"] for row in busy.sql(ROWS)]
    assert rows
    assert secrets.found_in("\n".join(rows)) == []


@pytest.mark.parametrize(
    "arguments", [("jobs",), ("migrate",), ("import", "no-such-file.csv", "--target", "x"), ("--help",)], ids=str
)
def test_no_command_prints_a_secret(busy: Stack, secrets: Secrets, arguments: tuple[str, ...]) -> None:
    done = cli(*arguments, env=busy.env)
    assert secrets.found_in(done.stdout + done.stderr) == []


def test_configure_does_not_print_the_given_token(busy: Stack, secrets: Secrets) -> None:
    done = cli("configure", "--processor-url", busy.env["PROCESSOR_URL"], env=busy.env)
    assert (done.returncode, done.stderr) == (0, "")
    assert secrets.found_in(done.stdout) == []


def test_search_finds_a_secret(busy: Stack, secrets: Secrets) -> None:
    """`stack env` prints all of them, and /proc shows the arguments of a command."""
    assert secrets.found_in(cli("stack", "env", "--data", str(busy.folder)).stdout) == list(secrets.values)
    token = secrets.values["IMPORT_JOBS_WAKE_TOKEN"]
    with subprocess.Popen([sys.executable, "-c", "input()", token], stdin=subprocess.PIPE) as process:
        line, deadline = "", time.monotonic() + 30
        while not line and time.monotonic() < deadline:  # empty until the program runs
            line = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode()
        process.communicate(b"\n")
    assert secrets.found_in(line) == ["IMPORT_JOBS_WAKE_TOKEN"]


# Environments with which a processor cannot start, each with the secret that the error might quote.
PASSWORD, KEY, TOKEN = "pass-word-0123456789", "sb_secret_0123456789abcdef", "ring-0123456789abcdef"
BROKEN = {
    "wrong password": {"DATABASE_URL": f"postgresql://import_processor:{PASSWORD}@127.0.0.1:{{port}}/postgres"},
    "no such role": {"DATABASE_URL": f"postgresql://nobody:{PASSWORD}@127.0.0.1:{{port}}/postgres"},
    "no such database": {"DATABASE_URL": f"postgresql://import_processor:{PASSWORD}@127.0.0.1:{{port}}/nowhere"},
    "no scheme": {"DATABASE_URL": f"import_processor:{PASSWORD}@127.0.0.1/postgres"},
    "bad escape": {"DATABASE_URL": f"postgresql://import_processor:{PASSWORD}%zz@127.0.0.1/postgres"},
    "password with a space": {"DATABASE_URL": f"postgresql://import_processor:{PASSWORD} b@127.0.0.1:9/postgres"},
    "unknown parameter": {"DATABASE_URL": f"postgresql://127.0.0.1/postgres?pass={PASSWORD}"},
    "bad words": {"DATABASE_URL": f"host=127.0.0.1 pasword={PASSWORD}"},
    "wrong password of the uploader": {
        "IMPORT_JOBS_UPLOADER_DATABASE_URL": f"postgresql://import_uploader:{PASSWORD}@127.0.0.1:{{port}}/postgres"
    },
    "secret as a URL": {"SUPABASE_URL": KEY},
    "secret as a port": {"IMPORT_JOBS_PORT": TOKEN},
    "secret as a level": {"IMPORT_JOBS_LOG_LEVEL": TOKEN},
    "key that is no header": {"SUPABASE_SECRET_KEY": f"{KEY}\u00e9"},
    "key with a line": {"SUPABASE_SECRET_KEY": f"{KEY}\nX: y"},
}

# Databases that do not answer: the processor waits for them.
SILENT = {
    "nothing listens": f"postgresql://import_processor:{PASSWORD}@127.0.0.1:9/postgres",
    "no such host": f"postgresql://import_processor:{PASSWORD}@nowhere.invalid/postgres",
    "password with a slash": f"postgresql://import_processor:a/{PASSWORD}@127.0.0.1/postgres",
}


@pytest.mark.parametrize("case", SILENT)
def test_processor_that_waits_for_its_database_prints_no_secret(stack: Stack, case: str, tmp_path: Path) -> None:
    own = {"DATABASE_URL": SILENT[case], "IMPORT_JOBS_WAKE_TOKEN": TOKEN, "IMPORT_JOBS_PORT": str(free_port())}
    log = tmp_path / "serve.log"
    with (
        log.open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-m", "processor.cli", "serve"],
            env={**os.environ, **module_environment(), **stack.env, **own},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        ) as process,
    ):
        until(lambda: "waiting_for_database" in log.read_text() or process.poll() is not None, "the log of the wait")
        process.terminate()
    output = log.read_text()
    assert "waiting_for_database" in output
    assert not any(secret in output for secret in (PASSWORD, TOKEN))


@pytest.mark.parametrize("case", BROKEN)
def test_processor_that_cannot_start_prints_no_secret(stack: Stack, case: str) -> None:
    port = str(conninfo_to_dict(stack.env["DATABASE_URL"])["port"])
    own = {
        "DATABASE_URL": stack.env["PROCESSOR_DATABASE_URL"],
        "SUPABASE_SECRET_KEY": KEY,
        "IMPORT_JOBS_WAKE_TOKEN": TOKEN,
        **{name: value.replace("{port}", port) for name, value in BROKEN[case].items()},
    }
    done = subprocess.run(
        [sys.executable, "-m", "processor.cli", "serve"],
        env={**os.environ, **module_environment(), **stack.env, **own},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 1
    assert not any(secret in output.lower() for secret in (PASSWORD, KEY, TOKEN))
    assert re.match(r"error IJ\d{3}: ", output)
    assert output.count("\n") == 1
