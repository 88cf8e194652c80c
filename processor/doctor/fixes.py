"""What `import-jobs doctor --fix` does: one SQL function for each problem that can be mended without a decision."""

from collections.abc import Iterable
from typing import Final, LiteralString

import psycopg

from processor.database.sqlstates import user_error
from processor.doctor.check import Problem, Result
from processor.doctor.installation import Installation

#: By the name of the check. None changes what an administrator may have wanted.
FIXES: Final[dict[str, LiteralString]] = {
    "sweep": "select importer.schedule_sweep()",
    "upload_trigger": "select importer.install_upload_trigger()",
    "realtime": "select importer.install_realtime()",
    "targets": "select importer.renew_target_tables()",
    "leases": "select from importer.sweep_import_jobs()",
}


def mend(installation: Installation, results: Iterable[Result]) -> dict[str, str]:
    """Mend what can be mended; return the name of each check with why it failed, empty where it did not."""
    outcome: dict[str, str] = {}
    for result in results:
        if isinstance(result.answer, Problem) and result.name in FIXES:
            try:
                with installation.bounded() as conn:
                    conn.execute(FIXES[result.name])
                outcome[result.name] = ""
            except psycopg.Error as exc:
                outcome[result.name] = user_error(exc).message
    return outcome
