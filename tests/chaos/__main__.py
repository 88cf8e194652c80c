"""`python -m tests.chaos --seconds N --seed S`: exit status 0 only if every invariant held."""

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

from processor.amounts import amount, whole
from processor.local import server_folders
from processor.local.signals import run_script
from tests.chaos.run import Run, Settings

# Starting, healing beyond its own deadline, stopping and checking: what a run may take besides its own seconds.
GRACE = 240.0
SEEDS = 1 << 31
# Of the table in a log or a pipe.
WIDTH = 140


def main() -> int:
    """Run once; return the exit status."""
    settings = arguments()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(f"chaos: {settings.seconds:.0f} s with seed {settings.seed}")
    folder = Path(tempfile.mkdtemp(prefix="import-jobs-chaos-"))
    folder.chmod(0o711)  # lets the server's account through when root is the caller
    run = Run(settings, folder / "stack", console)
    watchdog = threading.Timer(settings.seconds + settings.heal_seconds + GRACE, give_up, (run,))
    watchdog.daemon = True
    watchdog.start()
    good = False
    try:
        good = run.execute()
    finally:
        run.site.stop()
        watchdog.cancel()
        if good:
            server_folders.remove_cluster_folder(folder / "stack" / "postgres")
            shutil.rmtree(folder)
        else:
            console.print(f"seed {settings.seed}; logs, timeline.txt and the database are kept in {folder}")
    return 0 if good else 1


def arguments() -> Settings:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/chaos", description="Break everything at random; check that nothing is lost."
    )
    parser.add_argument("--seconds", type=amount, default=60, help="how long things are broken (default 60)")
    parser.add_argument(
        "--seed", type=int, default=None, help="what decides everything; random by default, and printed"
    )
    parser.add_argument("--heal-seconds", type=amount, default=180, help="how long jobs may take to end afterwards")
    parser.add_argument("--processors", type=whole, default=3)
    parser.add_argument("--postgres", type=int, default=None, help="major version (default 17)")
    given = parser.parse_args()
    seed: int = random.randrange(SEEDS) if given.seed is None else given.seed  # noqa: S311 - not a secret
    return Settings(given.seconds, seed, given.heal_seconds, given.processors, given.postgres)


def give_up(run: Run) -> None:
    """End a run that hangs, whatever it hangs in, and say where."""
    faulthandler.dump_traceback()
    print(f"error: the run with seed {run.settings.seed} did not end; see {run.folder}", file=sys.stderr, flush=True)
    run.site.kill()
    os._exit(1)


if __name__ == "__main__":
    run_script(main)
