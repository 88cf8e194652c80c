"""`import-jobs serve` tries the key of Storage when it starts, and says so if no job could succeed with it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import jwt
import pytest

from processor.local.ports import free_port
from tests.acceptance.conftest import Stack, cli
from tests.waiting import until

CLAIMS = {"iss": "supabase", "exp": int(time.time()) + 3600}


def serving(stack: Stack, **env: str) -> dict[str, str]:
    """Return the variables of a further processor of the stack."""
    return {
        **stack.env,
        "DATABASE_URL": stack.env["PROCESSOR_DATABASE_URL"],
        "IMPORT_JOBS_PORT": str(free_port()),
        **env,
    }


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("sb_secret_of_another_project", "Storage does not accept the processor's key"),
        ("no_key_at_all", "Storage does not accept the processor's key"),
        (
            jwt.encode({**CLAIMS, "role": "service_role"}, "of another project, and long enough"),
            "Storage does not accept",
        ),
        (jwt.encode({**CLAIMS, "role": "anon"}, "a secret that is long enough for it"), "the key is one for clients"),
        ("sb_publishable_key", "the key is one for clients"),
    ],
    ids=["secret", "text", "jwt", "anon", "publishable"],
)
def test_serve_refuses_to_start_with_a_wrong_key(stack: Stack, key: str, reason: str) -> None:
    outcome = cli("serve", env=serving(stack, SUPABASE_SECRET_KEY=key), timeout=60)
    said = " ".join(outcome.stderr.split())
    assert outcome.returncode == 1
    assert reason in said
    assert "Check SUPABASE_SECRET_KEY" in said
    assert key not in said


def test_serve_starts_where_storage_does_not_answer_and_says_so(stack: Stack, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "processor.cli", "serve"],
            env={**os.environ, **serving(stack, SUPABASE_URL="http://127.0.0.1:9")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        said = until(
            lambda: [line for line in log.read_text().splitlines() if "storage_not_ready" in line], log.read_text
        )
        assert json.loads(said[0])["reason"].startswith("Storage could not be reached")
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(30)
