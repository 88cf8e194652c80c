"""What SQL can see: the rows of importer.doctor(), each a result."""

from collections.abc import Iterator
from typing import LiteralString

import psycopg

from processor.database.sqlstates import user_error
from processor.doctor.check import Problem, Result, Sound, problem_of
from processor.doctor.installation import Installation

DOCTOR: LiteralString = "select name, severity, message, hint from importer.doctor()"
#: The result that stands for all where the function fails.
NAME = "sql"


def run(installation: Installation, sound: set[str]) -> Iterator[Result]:
    """Yield the result of each check in SQL; none unless the role may examine the installation."""
    if "database_role" not in sound:
        return
    try:
        with installation.bounded() as conn:
            rows = conn.execute(DOCTOR).fetchall()
    except psycopg.Error as exc:
        yield Result(NAME, "error", problem_of(user_error(exc)))
        return
    for name, severity, message, hint in rows:
        if message is None:
            sound.add(name)
        yield Result(name, severity, Sound() if message is None else Problem(message, hint or ""))
