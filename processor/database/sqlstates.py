"""What a database error means for a job or for a row, by its SQLSTATE; its own text may quote values and is left out.

Source: PostgreSQL, appendix A, Error Codes.
"""

from typing import Final

import psycopg

from processor.errors import (
    JOB_ERRORS,
    DatabaseBusy,
    DatabaseRefused,
    DatabaseUnavailable,
    Defect,
    JobError,
    NotPermitted,
    TargetMissing,
)

# Class 22 (data) and 23 (constraints) are about rows; P0001 is what a trigger raises by default.
ROW_CLASSES: Final = ("22", "23")
BUSY: Final = {"40001", "40P01", "55P03", "57014"}
GONE: Final = {"42P01", "42703", "42804", "3F000"}
# Shutting down, crashed, starting; 53300 too many connections, 53200 out of memory, 53100 disk full; 25P03 and 25P04
# end a session whose transaction was idle, or open, for too long.
UNAVAILABLE_CLASSES: Final = ("08", "57P", "53", "58", "25P03", "25P04")

# Syntax error and nesting too deep: tsquery, jsonpath and JSON say so of a text.
TEXT_STATES: Final = {"42601", "54001"}

ROW_CODES: Final = {
    "22003": "IJ405",
    "22008": "IJ405",
    "22015": "IJ405",
    "22026": "IJ406",
    "22001": "IJ406",
    "22021": "IJ403",
    "23502": "IJ404",
    "23505": "IJ410",
    "23503": "IJ411",
    "23514": "IJ412",
    "23P01": "IJ413",
    "42501": "IJ604",
}


def is_about_a_row(exc: psycopg.Error) -> bool:
    """Tell whether leaving out a row could mend it: data, constraints, or what a trigger raised."""
    state = exc.sqlstate or ""
    return state[:2] in ROW_CLASSES or state in {"P0001", "44000"} or is_about_a_text(exc)


def is_about_a_text(exc: psycopg.Error) -> bool:
    """Tell whether an input function did not understand a value in a COPY, and said so with a code of another class."""
    return exc.sqlstate in TEXT_STATES and (exc.diag.context or "").startswith("COPY ")


def is_refused_by_policy(exc: psycopg.Error) -> bool:
    """Tell whether row security, or a right that a trigger or function needs, stood before a row of an uploader's.

    Missing grants on the table have the same SQLSTATE; they are looked for before the first row is written.
    """
    return exc.sqlstate == "42501"


def rejection_code(state: str) -> str:
    """Return the rejection code for an SQLSTATE that is about a row."""
    if state in {"P0001", "44000"}:
        return "IJ414"
    return ROW_CODES.get(state, "IJ403")


def is_transient(state: str | None) -> bool:
    """Tell whether the same statement may go through later."""
    return state is None or state in BUSY or state.startswith(UNAVAILABLE_CLASSES)


def job_error(exc: psycopg.Error) -> JobError:
    """Turn a database error into the reason of a job; one raised by our own functions keeps its code and sentence."""
    state = exc.sqlstate
    if state in JOB_ERRORS:
        return JOB_ERRORS[state](exc.diag.message_primary or "", hint=exc.diag.message_hint)
    if state in BUSY:
        return DatabaseBusy(f"concurrent work in the database stood in the way (SQLSTATE {state})")
    if is_transient(state):
        return without_answer(exc)
    if state in GONE:
        return TargetMissing(f"the target's table is not as it was registered (SQLSTATE {state})")
    if state == "42501":
        return NotPermitted(f"the role that loads may not write {named(exc)}")
    return DatabaseRefused(f"the database refused the load (SQLSTATE {state}) at {named(exc)}")


def without_answer(exc: psycopg.Error) -> JobError:
    """Say that the database did not answer; without a SQLSTATE it can also be the driver that refuses a statement."""
    if exc.sqlstate is None and not isinstance(exc, psycopg.OperationalError | psycopg.InterfaceError):
        return Defect(f"the processor and its driver do not understand each other ({type(exc).__name__})")
    return DatabaseUnavailable(f"the connection to the database was lost (SQLSTATE {exc.sqlstate or 'none'})")


def named(exc: psycopg.Error) -> str:
    """Name the object an error is about, as far as the server says so; never a value."""
    parts = (exc.diag.schema_name, exc.diag.table_name, exc.diag.constraint_name or exc.diag.column_name)
    return ".".join(part for part in parts if part) or "the target"
