"""Edge Functions in their own process: Deno's wheel, with a stand-in for the little that the platform adds to Deno."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import deno

from tests.waiting import until

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "supabase" / "functions"
RUNNER = Path(__file__).with_name("runner.ts")
DENO = Path(deno.find_deno_bin())


@dataclass(frozen=True, slots=True)
class EdgeRuntime:
    """Running Edge Functions: `url` is the base URL, `log` the file with what they write."""

    url: str
    log: Path

    def logged(self) -> str:
        """Return what the functions have written."""
        return self.log.read_text(encoding="utf-8")


@contextmanager
def edge_runtime(log: Path, *functions: str | Path, **variables: str) -> Iterator[EdgeRuntime]:
    """Serve functions, each ours by its name or a folder, until the block ends.

    They get these variables, and no other that could change what they do.
    """
    folders = [str(FUNCTIONS / function) for function in functions]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SUPABASE_", "IMPORT_JOBS_"))}
    command = [
        *(
            str(DENO),
            "run",
            "--quiet",
            "--no-prompt",
            "--allow-net",
            "--allow-env",
            f"--allow-read={','.join(folders)}",
        ),
        *("--config", str(FUNCTIONS / "import-jobs" / "deno.json"), str(RUNNER), *folders),
    ]
    ports = log.with_suffix(".port")
    with log.open("w") as errors, ports.open("w") as output:
        process = subprocess.Popen(command, env=kept | variables, stdout=output, stderr=errors)
    try:
        until(lambda: ports.read_text().strip() or process.poll() is not None, "functions that are served")
        assert process.poll() is None, log.read_text()
        yield EdgeRuntime(f"http://127.0.0.1:{ports.read_text().split()[0]}", log)
    finally:
        process.terminate()
        process.wait()
