"""`python -m tests.chaos --seconds N --seed S`: the exit status is 0 only if every invariant holds."""

from __future__ import annotations

import argparse
import faulthandler
import os
import random
import shutil
import sys
import tempfile
import threading
from pathlib import Path

from rich.console import Console

from benchmarks.arguments import positive_integer, positive_number
from processor.local import server_folders
from processor.local.signals import run_script
from tests.chaos.run import ChaosRun, Settings

# How long a run may take on top of its own seconds: to start, to recover beyond its deadline, to stop, and to check.
GRACE_SECONDS = 240.0
SEEDS = 1 << 31
# The width of the output in a log or a pipe.
WIDTH = 140


def main() -> int:
    """Execute one run; return the exit status."""
    settings = parse_arguments(sys.argv[1:])
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(f"chaos: {settings.seconds:.0f} s with seed {settings.seed}")
    folder = Path(tempfile.mkdtemp(prefix="import-jobs-chaos-"))
    folder.chmod(0o711)  # the server's account must be able to enter it when root executes the run
    run = ChaosRun(settings=settings, folder=folder / "stack", console=console)
    watchdog = threading.Timer(settings.seconds + settings.recovery_seconds + GRACE_SECONDS, abort, (run,))
    watchdog.daemon = True
    watchdog.start()
    passed = False
    try:
        passed = run.execute()
    finally:
        run.stack.stop()
        watchdog.cancel()
        if passed:
            server_folders.remove_cluster_folder(folder / "stack" / "postgres")
            shutil.rmtree(folder)
        else:
            console.print(f"seed {settings.seed}: logs, timeline.txt and the database are in {folder}")
    return 0 if passed else 1


def parse_arguments(arguments: list[str]) -> Settings:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/chaos", description="Run jobs under random faults and check that no row is lost or loaded twice."
    )
    parser.add_argument("--seconds", type=positive_number, default=60, help="duration of the faults (default 60)")
    parser.add_argument("--seed", type=int, help="determines jobs and faults; random by default, and printed")
    parser.add_argument(
        "--recovery-seconds", type=positive_number, default=180, help="time for all jobs to end after the last fault"
    )
    parser.add_argument("--processors", type=positive_integer, default=3, help="number of processors (default 3)")
    parser.add_argument("--postgres", type=int, help="major version of Postgres (default 18)")
    given = parser.parse_args(arguments)
    seed: int = random.randrange(SEEDS) if given.seed is None else given.seed  # noqa: S311 - not a secret
    return Settings(
        seconds=given.seconds,
        seed=seed,
        recovery_seconds=given.recovery_seconds,
        processors=given.processors,
        major=given.postgres,
    )


def abort(run: ChaosRun) -> None:
    """End a run that hangs, and print where each thread waits."""
    faulthandler.dump_traceback()
    print(f"error: the run with seed {run.settings.seed} did not end; see {run.folder}", file=sys.stderr, flush=True)
    run.stack.kill()
    os._exit(1)


if __name__ == "__main__":
    run_script(main)
