"""`scripts/release`: check, build, try and, if asked, publish a release."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from scripts.release_steps import checks, prepare, release, version
from scripts.release_steps.failure import ReleaseError

ROOT = Path(__file__).resolve().parents[2]
USAGE_HINT = "Run scripts/release VERSION, for example scripts/release 0.2.0."


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line with a hint."""

    def error(self, message: str) -> NoReturn:
        print(f"error: {message} — {USAGE_HINT}", file=sys.stderr)
        sys.exit(2)


def main(arguments: list[str]) -> int:
    """Run the command and return its exit status: 0, 1 when something is wrong, 2 when it cannot be understood."""
    parser = Parser(prog="scripts/release", description="Build a release; nothing is published without --publish.")
    parser.add_argument("version", metavar="VERSION", help="such as 0.2.0 or 0.2.0rc1")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--prepare", action="store_true", help="write the version everywhere; build nothing")
    action.add_argument("--check", action="store_true", help="check the repository; build nothing")
    action.add_argument("--publish", action="store_true", help="upload what was built, if all credentials are there")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="default: build/release-VERSION")
    given = parser.parse_args(arguments)
    try:
        wanted = version.parse(given.version)
    except ReleaseError as exc:
        parser.error(f"{exc.args[0]}")
    try:
        if given.prepare:
            for name in prepare.prepare(ROOT, wanted, datetime.now(UTC).date()):
                print(f"wrote {name}")
            print(f'next: git add tests/upgrade && git commit --all --message "Release {wanted.python}"')
            return 0
        checks.check(ROOT, wanted)
        print(f"checked {wanted.python}: the version agrees everywhere")
        if not given.check:
            output = given.output or ROOT / "build" / f"release-{wanted.python}"
            release.make(ROOT, output.resolve(), wanted, publishing=given.publish)
    except ReleaseError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
