"""What docs/how-to/hosted-project.md says that `import-jobs serve` says when a step is wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from processor.local.ports import free_port
from tests.acceptance.conftest import Stack, cli
from tests.waiting import until

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "hosted-project.md").read_text(encoding="utf-8")
ERRORS = re.findall(r"`(error IJ\d\d\d: .*?)`(?= \||,)", PAGE.partition("## When a step is wrong")[2])
ACTIONS = re.findall(r'`"action": "(\w+)"`', PAGE)
# Only Supabase's pooler says the first, and a server with TLS the others: tests/integration/test_tls.py.
ELSEWHERE = ("Tenant or user not found", "certificate verify failed", "root certificate file")


def wrong(stack: Stack) -> dict[str, dict[str, str]]:
    """Return what is wrong in the variables, by a part of the error of the page."""
    url, uploader = stack.env["PROCESSOR_DATABASE_URL"], stack.env["IMPORT_JOBS_UPLOADER_DATABASE_URL"]
    address = url.rpartition("@")[2]
    return {
        "password authentication failed": {"DATABASE_URL": f"postgresql://import_processor:wrong@{address}"},
        "is too old": {"DATABASE_URL": f"{url.rpartition('/')[0]}/template1"},
        "permission denied": {"DATABASE_URL": uploader, "IMPORT_JOBS_UPLOADER_DATABASE_URL": url},
        "is not a member of authenticated": {"IMPORT_JOBS_UPLOADER_DATABASE_URL": url},
        "one for clients": {"SUPABASE_SECRET_KEY": "sb_publishable_of_this_project"},
        "does not accept": {"SUPABASE_SECRET_KEY": "sb_secret_of_another_project"},
        "begins with": {"SUPABASE_URL": "abcdefghijklmnopqrst.supabase.co"},
    }


def serving(stack: Stack, **variables: str) -> dict[str, str]:
    """Return the variables of a processor with some that are wrong."""
    right = {**stack.env, "DATABASE_URL": stack.env["PROCESSOR_DATABASE_URL"], "IMPORT_JOBS_PORT": str(free_port())}
    return right | variables


def test_every_error_of_the_page_is_provoked(stack: Stack) -> None:
    assert len(ERRORS) == 10
    for error in ERRORS:
        assert sum(part in error for part in [*wrong(stack), *ELSEWHERE]) == 1, error


@pytest.mark.nightly
@pytest.mark.parametrize("error", [error for error in ERRORS if not any(part in error for part in ELSEWHERE)])
def test_error_is_that_of_the_page(stack: Stack, error: str) -> None:
    (variables,) = [values for part, values in wrong(stack).items() if part in error]
    outcome = cli("serve", env=serving(stack, **variables), timeout=60)
    assert outcome.returncode == 1
    assert " ".join(outcome.stderr.split()).startswith(error)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("variables", "action", "reason"),
    [
        ({"DATABASE_URL": "postgresql://u:p@db.invalid:5432/postgres"}, "waiting_for_database", "resolve host"),
        ({"DATABASE_URL": "postgresql://u:p@127.0.0.1:9/postgres"}, "waiting_for_database", "refused"),
        ({"SUPABASE_URL": "https://abcdefghijklmnopqrst.invalid"}, "storage_not_ready", ""),
    ],
    ids=["no-name", "nobody", "no-storage"],
)
def test_processor_that_waits_says_for_what(
    stack: Stack, tmp_path: Path, variables: dict[str, str], action: str, reason: str
) -> None:
    assert action in ACTIONS
    log = tmp_path / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "processor.cli", "serve"],
            env={**os.environ, **serving(stack, **variables)},
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            until(lambda: f'"action": "{action}"' in log.read_text() and reason in log.read_text(), log.read_text)
            assert process.poll() is None
        finally:
            process.terminate()
