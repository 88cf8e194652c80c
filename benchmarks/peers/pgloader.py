"""pgloader: its CSV loader with its default settings, from the program on the PATH."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.files import PEOPLE
from benchmarks.peers.program import NOT_INSTALLED, run

COMMAND = """
load csv from '{file}' ({columns})
into {url} target table {table} ({columns})
with skip header = 1, fields optionally enclosed by '"', fields terminated by ','
set work_mem to '16MB';
"""


def main() -> None:
    """Load the file with pgloader."""
    program = shutil.which("pgloader")
    if program is None:
        print("pgloader is not installed", flush=True)
        sys.exit(NOT_INSTALLED)

    def load(url: str, file: str, table: str) -> None:
        parts = urlsplit(url)
        plain_url = f"{parts.scheme}://{parts.netloc}{parts.path}"
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "load.pgloader")
            text = COMMAND.format(file=file, columns=", ".join(PEOPLE.names), url=plain_url, table=table)
            script.write_text(text, encoding="utf-8")
            subprocess.run([program, "--quiet", "--root-dir", folder, str(script)], check=True)

    run(load)


if __name__ == "__main__":
    main()
