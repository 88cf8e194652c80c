"""What a database error means for a row, for a job and for the command line, by its SQLSTATE.

The server's own text may quote values, so job errors leave it out.
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
    LeaseLost,
    NotPermitted,
    TargetMissing,
    UserError,
)

# Class 22 is about data, class 23 about constraints.
ROW_CLASSES: Final = ("22", "23")
# P0001 is the default of RAISE in a trigger, 44000 a violation of a view's check option.
RAISED: Final = {"P0001", "44000"}
# Serialization failure, deadlock, lock time-out, cancelled statement.
BUSY: Final = {"40001", "40P01", "55P03", "57014"}
# Undefined table, undefined column, type mismatch, undefined schema.
TARGET_CHANGED: Final = {"42P01", "42703", "42804", "3F000"}
# Connection errors, shutdown and start, too many connections (53300), out of memory (53200), disk full (53100), system
# errors. 25P03 and 25P04 end a session whose transaction was idle, or open, for too long.
UNAVAILABLE_CLASSES: Final = ("08", "57P", "53", "58", "25P03", "25P04")
DENIED: Final = "42501"
# What the server says while it starts, stops or recovers, and when it has no connection left.
NOT_UP: Final = (
    "starting up",
    "shutting down",
    "not yet accepting",
    "recovery",
    "too many",
    "remaining connection slots",
)
# What libpq says where the server is not the one, or not encrypted, as the connection string demands: waiting does not
# help.
NOT_SECURE: Final = ("certificate", "does not support SSL", "sslmode")
# Undefined table, undefined schema, undefined function: the database has no migrations yet.
NOT_MIGRATED: Final = {"42P01", "3F000", "42883"}
# Besides these, undefined column and undefined object: what a migration builds on is not there.
NOT_PREPARED: Final = {*NOT_MIGRATED, "42703", "42704"}

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
    DENIED: "IJ604",
}


def is_about_a_row(exc: psycopg.Error) -> bool:
    """Return whether the error is surely about one row: its data, a constraint, or an exception raised by a trigger."""
    return is_state_about_a_row(exc.sqlstate or "")


def is_state_about_a_row(state: str) -> bool:
    """Return whether errors with this SQLSTATE are surely about one row."""
    return state[:2] in ROW_CLASSES or state in RAISED


def may_be_about_a_row(exc: psycopg.Error) -> bool:
    """Return whether a row may have caused the error: a function, an index or a trigger can raise almost any SQLSTATE.

    Only errors of the connection, of concurrent work and of our own SQL functions are never a row's.
    """
    state = exc.sqlstate
    return state is not None and state not in BUSY and state not in JOB_ERRORS and not is_connection_error(state)


def rejection_code(state: str, default: str = "IJ403") -> str:
    """Return the rejection code for an SQLSTATE that a row caused; `default` for one of no class of rows."""
    if state in RAISED:
        return "IJ414"
    return ROW_CODES.get(state, "IJ403" if state[:2] in ROW_CLASSES else default)


def job_error(exc: psycopg.Error) -> JobError:
    """Return the job error for a database error. An error of our own SQL functions keeps its code and message."""
    state = exc.sqlstate
    if state in JOB_ERRORS:
        return JOB_ERRORS[state](exc.diag.message_primary or "", hint=exc.diag.message_hint)
    if state in BUSY:
        return DatabaseBusy(
            "the load conflicted with concurrent work in the database (SQLSTATE {sqlstate})", sqlstate=state
        )
    if is_connection_error(state):
        return connection_error(exc)
    if state in TARGET_CHANGED:
        return TargetMissing(
            "the table of the target has changed since it was registered (SQLSTATE {sqlstate})", sqlstate=state
        )
    if state == DENIED:
        return NotPermitted("the role that loads has no privilege to write {relation}", relation=object_name(exc))
    return DatabaseRefused(
        "the database refused the load (SQLSTATE {sqlstate}) at {relation}",
        sqlstate=str(state),
        relation=object_name(exc),
    )


def is_busy(exc: psycopg.Error) -> bool:
    """Return whether the same transaction may succeed when it is tried again at once."""
    return exc.sqlstate in BUSY or exc.sqlstate == DatabaseBusy.code


def is_lease_lost(exc: psycopg.Error) -> bool:
    """Return whether one of our SQL functions has found that the job's lease is another's, or over."""
    return exc.sqlstate == LeaseLost.code


def is_connection_error(state: str | None) -> bool:
    """Return whether the server is gone or out of resources. The client's own errors have no SQLSTATE."""
    return state is None or state.startswith(UNAVAILABLE_CLASSES)


def connection_error(exc: psycopg.Error) -> JobError:
    """Return the job error for a lost connection, or a defect when psycopg itself rejected the statement."""
    if exc.sqlstate is None and not isinstance(exc, psycopg.OperationalError | psycopg.InterfaceError):
        return Defect("psycopg rejected a statement of the processor ({error})", error=type(exc).__name__)
    return DatabaseUnavailable(
        "the connection to the database was lost (SQLSTATE {sqlstate})", sqlstate=exc.sqlstate or "none"
    )


def object_name(exc: psycopg.Error) -> str:
    """Return the name of the object that an error is about, as far as the server sends it; never a value."""
    parts = (exc.diag.schema_name, exc.diag.table_name, exc.diag.constraint_name or exc.diag.column_name)
    return ".".join(part for part in parts if part) or "the target"


def is_not_up(exc: psycopg.Error) -> bool:
    """Return whether a connection failed because no server listens there yet, or because it starts or is full.

    libpq passes on the server's refusals as text that begins with FATAL, and errors of the connection string by naming
    the option.
    """
    text = str(exc)
    if not isinstance(exc, psycopg.OperationalError) or "connection option" in text or is_not_secure(exc):
        return False
    return "FATAL:" not in text or any(part in text for part in NOT_UP)


def is_not_secure(exc: psycopg.Error) -> bool:
    """Return whether a connection failed because of what the connection string demands of its encryption."""
    text = str(exc)
    return exc.sqlstate is None and "FATAL:" not in text and any(part in text for part in NOT_SECURE)


def user_error(exc: psycopg.Error) -> UserError:
    """Return the message and the hint for a database error at the terminal."""
    state = exc.sqlstate
    if state is None and isinstance(exc, psycopg.ProgrammingError):
        return UserError(
            "DATABASE_URL is not a connection string",
            "Use the form postgresql://user:password@host:5432/postgres.",
            code="IJ131",
        )
    if state is None and "FATAL:" in str(exc):
        # libpq passes on the server's message, but not its SQLSTATE.
        message = " ".join(str(exc).rpartition("FATAL:")[2].split())
        return UserError(
            f"the database refused the connection ({message})",
            "Check the user, the password and the database in DATABASE_URL.",
            code=DatabaseUnavailable.code if is_not_up(exc) else "IJ131",
        )
    if is_not_secure(exc):
        message = " ".join(str(exc).splitlines()[0].rpartition(" failed: ")[2].split())
        return UserError(
            f"the connection to the database is not as secure as DATABASE_URL demands ({message})",
            "Check sslmode and sslrootcert: a hosted project has its certificate in the settings of its database.",
            code="IJ131",
        )
    if state is None or state.startswith(("08", "57P")):
        return UserError(
            "the database does not answer",
            "Check DATABASE_URL, and that the server is running.",
            code=DatabaseUnavailable.code,
        )
    return statement_error(exc, state)


def statement_error(exc: psycopg.Error, state: str) -> UserError:
    """Return the message and the hint for a statement that the server refused. Errors of our functions keep theirs."""
    if notes := getattr(exc, "__notes__", []):
        return migration_error(exc, state, "; ".join(notes))
    if state in NOT_MIGRATED:
        return UserError("the database does not have the tables of import-jobs", "Run import-jobs migrate.")
    if state == DENIED:
        return UserError(
            f"permission denied for the role in DATABASE_URL ({exc.diag.message_primary})",
            "Use the role of an administrator.",
            code=NotPermitted.code,
        )
    message = exc.diag.message_primary or type(exc).__name__
    if state.startswith("IJ"):
        return UserError(message, exc.diag.message_hint or "", code=state)
    return UserError(
        f"{message} (SQLSTATE {state})",
        exc.diag.message_hint or "Look up the SQLSTATE in PostgreSQL's documentation, and remove the cause.",
        code=DatabaseRefused.code,
    )


def migration_error(exc: psycopg.Error, state: str, place: str) -> UserError:
    """Return the message and the hint for an error in a migration, which `place` names, in the server's own words."""
    if state in NOT_PREPARED:
        hint = "Start Supabase's Auth and Storage on this database once, which create what the migrations need, then "
        hint += "run import-jobs migrate again."
    elif state == DENIED:
        hint = "Use the role of an administrator."
    else:
        hint = exc.diag.message_hint or "Remove the cause, then run import-jobs migrate again."
    message = exc.diag.message_primary or type(exc).__name__
    return UserError(f"{message} (SQLSTATE {state}) {place}", hint, code=DatabaseRefused.code)
