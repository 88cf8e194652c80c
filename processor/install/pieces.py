"""`python -m processor.install.pieces`: what an installation consists of, as JSON, for a package in another language.

A file of ours is the title, a line for each migration in it, `about`, then the statements, each with an empty line
before it: `preparation`, the block of each migration, and `reload`.
"""

import json
from typing import Any

from processor.database import history, migrate
from processor.install import functions, migration_file, settings


def pieces() -> dict[str, Any]:
    """Return the texts of which all files consist that an installation writes."""
    release = history.release()
    ours = functions.ours(functions.source())
    return {
        "release": release,
        "title": migration_file.TITLE.format(release=release),
        "about": migration_file.ABOUT,
        "preparation": migration_file.preparation(),
        "migrations": [
            {
                "version": migration.version,
                "name": migration.name,
                "sha256": migration.sha256,
                "line": migration_file.CONTENT.format(stem=migration.stem, sha256=migration.sha256),
                "block": migration_file.block(migration, release),
            }
            for migration in migrate.migrations()
        ],
        "reload": f"{migrate.RELOAD};\n",
        "functions": {
            name: {path: content.decode() for path, content in files.items()} for name, files in ours.items()
        },
        "settings": [
            {"table": setting.table, "key": setting.key, "value": setting.value, "fixed": setting.fixed}
            for setting in settings.wanted(ours)
        ],
    }


if __name__ == "__main__":
    print(json.dumps(pieces()))
