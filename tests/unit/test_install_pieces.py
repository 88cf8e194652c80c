"""The pieces of an installation, put together as their module says, are the file that it writes."""

import json
import subprocess
import sys

from processor.database import history, migrate
from processor.install import functions, migration_file


def test_pieces_make_the_file() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "processor.install.pieces"], capture_output=True, text=True, check=True
    )
    pieces = json.loads(done.stdout)
    chosen = pieces["migrations"][3:]
    head = "\n".join([pieces["title"], *(migration["line"] for migration in chosen)])
    statements = [pieces["preparation"], *(migration["block"] for migration in chosen), pieces["reload"]]
    text = f"{head}\n" + "\n".join([pieces["about"], *statements])
    assert text == migration_file.render(migrate.migrations()[3:], history.release())
    assert set(pieces["functions"]) == set(functions.ours(functions.source())) != set()
