"""pgloader, the program of that name: its CSV loader with its usual settings."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.files import PEOPLE
from benchmarks.peers.program import ABSENT, run

COMMAND = """
load csv from '{file}' ({columns})
into {url} target table {table} ({columns})
with skip header = 1, fields optionally enclosed by '"', fields terminated by ','
set work_mem to '16MB';
"""


def main() -> None:
    """Load when it is there."""
    program = shutil.which("pgloader")
    if program is None:
        print("pgloader is not installed", flush=True)
        sys.exit(ABSENT)

    def load(url: str, file: str, table: str) -> None:
        parts = urlsplit(url)
        own = f"{parts.scheme}://{parts.netloc}{parts.path}"
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "load.pgloader")
            text = COMMAND.format(file=file, columns=", ".join(PEOPLE.names), url=own, table=table)
            script.write_text(text, encoding="utf-8")
            subprocess.run([program, "--quiet", "--root-dir", folder, str(script)], check=True)

    run(load)


if __name__ == "__main__":
    main()
