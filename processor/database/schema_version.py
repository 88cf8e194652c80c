"""Whether the schema of a database fits this version of import-jobs: the same migrations, no more and no fewer."""

import psycopg

from processor.database import history, migrate
from processor.errors import UserError

CODE = "IJ132"
TOO_OLD_HINT = "Run import-jobs migrate; in a project with migrations, import-jobs install and then supabase db push."
NEWER_THAN = "select release from importer.migrations where not version = any(%s) order by version desc limit 1"


def check(conn: psycopg.Connection) -> None:
    """Check that the database has every migration of this package, and no other.

    Raises: UserError, which says which command to run; psycopg.Error.
    """
    known = {migration.version for migration in migrate.migrations()}
    recorded = history.recorded(conn)
    if missing := len(known - recorded):
        raise UserError(
            f"the schema of the database is too old for this processor: it lacks {missing} of {len(known)} migrations",
            TOO_OLD_HINT,
            code=CODE,
        )
    if recorded - known:
        row = conn.execute(NEWER_THAN, (sorted(known),)).fetchone()
        newer = str(row[0]) if row and row[0] else "a later release"
        raise UserError(
            f"the schema of the database is too new for import-jobs {history.release()}: {newer} has migrated it",
            f"Install import-jobs {newer}, for example: pip install import-jobs=={newer}."
            if row and row[0]
            else "Install the release of import-jobs that has migrated it.",
            code=CODE,
        )
