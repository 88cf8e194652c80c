"""The file that brings our migrations into a project's own: what it contains, and how that is read again.

The Supabase CLI and the dashboard's SQL editor run it. Each migration of ours is a block that does nothing where the
database has it, so that the file and `import-jobs migrate` can be used on one database.
"""

import re
from collections.abc import Sequence
from importlib import resources

from processor.database import history, migrate
from processor.database.migrate import Migration

# The first line of each file of ours, which names the release, and then one line for each migration in it.
TITLE = "-- import-jobs {release}"
CONTENT = "-- import-jobs contains {stem} sha256:{sha256}"
_TITLE = re.compile(r"-- import-jobs \S+$")
_CONTENT = re.compile(r"-- import-jobs contains (\d{14})_\w+ sha256:([0-9a-f]{64})$")
# A migration of the project that calls it starts anew: what earlier files contained is gone from the database.
_UNINSTALL = re.compile(r"^(?!\s*--).*\bimporter[.]uninstall\s*\(", re.MULTILINE)
ABOUT = """\
--
-- Written by `import-jobs install`, for `supabase db push` or the SQL editor. Leave it as it is: the next installation
-- reads the lines above to learn what the project has. Each block applies one migration, unless the database has it.
"""


def render(wanted: Sequence[Migration], release: str) -> str:
    """Return the text of a file that contains these migrations."""
    listed = [CONTENT.format(stem=migration.stem, sha256=migration.sha256) for migration in wanted]
    head = "\n".join([TITLE.format(release=release), *listed])
    return "\n".join(
        [f"{head}\n{ABOUT}", preparation(), *(block(one, release) for one in wanted), f"{migrate.RELOAD};\n"]
    )


def preparation() -> str:
    """Return the statement before all blocks: it recognises a database of which only the CLI keeps the history."""
    return history.preparation(migration.stem for migration in migrate.migrations())


def block(migration: Migration, release: str) -> str:
    """Return the statement that applies a migration and records it, unless the database has it.

    Raises: ValueError if the migration contains a mark that would end the statement.
    """
    if any(mark in migration.sql for mark in ("$import_jobs$", "$migration$", "$history$")):
        raise ValueError(f"{migration.stem} contains a dollar quote that is reserved for the installation")
    # The first migration creates the schema, and the table of the history can follow.
    first = migration.version == migrate.migrations()[0].version
    values = {
        "version": migration.version,
        "name": migration.name,
        "sha256": migration.sha256,
        "release": release,
        "prepare": f"  execute $prepare$\n{history.preparation(())}$prepare$;\n" if first else "",
        "sql": migration.sql,
    }
    text = (resources.files(__name__.rpartition(".")[0]) / "block.sql").read_text(encoding="utf-8")
    return re.sub(r":(version|name|sha256|release|prepare|sql)\b", lambda found: values[found[1]], text)


def contents(texts: Sequence[str]) -> dict[str, str]:
    """Return the versions that a project's migrations contain of ours, with the checksums of their texts.

    `texts` are those of all files of the project, in the order in which they are applied.
    """
    found: dict[str, str] = {}
    for text in texts:
        title, _, rest = text.partition("\n")
        if _TITLE.match(title):
            for line in rest.splitlines():
                content = _CONTENT.match(line)
                if content is None:
                    break
                found[content[1]] = content[2]
        elif _UNINSTALL.search(text):
            found.clear()
    return found
