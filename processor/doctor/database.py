"""Checks of the settings and of the connection: server, schema, roles, pooler, clock."""

import time
from dataclasses import replace

import psycopg

from processor.database import migrate, schema_version
from processor.database.sqlstates import user_error
from processor.doctor.check import Answer, Check, Problem, Sound, problem_of
from processor.doctor.installation import Installation, connect
from processor.queue import sessions

# Other clients take connections of a pooler between two statements, so that one comparison may miss it.
COMPARISONS = 8
#: Tokens and signed URLs are valid for minutes; a difference that NTP would not leave is more than this, in seconds.
CLOCK_SECONDS = 5.0
MAY_EXAMINE = "select has_function_privilege('importer.doctor()', 'execute')"
UPLOADER = """
select pg_has_role('authenticated', 'member'),
  has_function_privilege('importer.claim_jobs(text, integer, integer, integer)', 'execute')
"""
NOW = "select extract(epoch from clock_timestamp())::float8"
UPLOADER_NAME = "IMPORT_JOBS_UPLOADER_DATABASE_URL"


def environment(installation: Installation) -> Answer:
    """Look at the variables of the environment and of .env."""
    if installation.bad_setting is None:
        return Sound()
    return Problem(str(installation.bad_setting), installation.bad_setting.hint, "IJ131")


def database(installation: Installation) -> Answer:
    """Connect, and measure a round trip."""
    conn = installation.connection()
    begin = time.monotonic()
    conn.execute("select")
    version = conn.info.parameter_status("server_version") or str(conn.info.server_version)
    return Sound(f"PostgreSQL {version.split()[0]}, {milliseconds(time.monotonic() - begin)}")


def schema(installation: Installation) -> Answer:
    """Compare the migrations of the database with those of this package."""
    with installation.bounded() as conn:
        schema_version.check(conn)
    return Sound(f"{len(migrate.migrations())} migrations")


def role(installation: Installation) -> Answer:
    """Look whether the role may examine the installation."""
    with installation.bounded() as conn:
        row = conn.execute(MAY_EXAMINE).fetchone()
    if row == (True,):
        return Sound(installation.connection().info.user)
    return Problem(
        "the role in DATABASE_URL may not examine the installation",
        "Use the role import_processor or an administrator.",
        "IJ603",
    )


def uploader(installation: Installation) -> Answer:
    """Look whether the role that writes as users may act as them, and may do no more."""
    url = installation.settings.uploader_database_url if installation.settings else None
    if url is None:
        return Sound()
    other = Installation(url, None)
    try:
        with other.bounded() as conn:
            row = conn.execute(UPLOADER).fetchone()
    except psycopg.Error as exc:
        problem = problem_of(user_error(exc))
        return replace(problem, hint=problem.hint.replace("DATABASE_URL", UPLOADER_NAME))
    finally:
        other.close()
    if row == (True, False):
        return Sound()
    return Problem(
        f"the role in {UPLOADER_NAME} is not a member of authenticated, or may claim jobs",
        "Use the role import_uploader, or unset the variable.",
        "IJ603",
    )


def pooler(installation: Installation) -> Answer:
    """Look whether a pooler gives each transaction another connection of the server.

    A server says at the start of a connection which process serves it; a pooler makes a number up. While one connection
    is in a transaction, such a pooler gives its process to no other, and another one to this.
    """
    conn = installation.connection()
    backend = sessions.backend(conn)
    if conn.info.backend_pid == backend:
        return Sound("none")
    with connect(installation.database_url) as other:
        for _ in range(COMPARISONS):
            with other.transaction():
                if sessions.backend(other) == backend or sessions.backend(conn) != backend:
                    return Problem(
                        "DATABASE_URL is that of a pooler in transaction mode",
                        "Use the direct connection or the session pooler (port 5432): this one has no second bell, and "
                        "jobs of a lost processor wait until their lease expires.",
                    )
    return Sound("in session mode")


def clock(installation: Installation) -> Answer:
    """Compare the time of this machine with that of the database, less what the question took."""
    conn = installation.connection()
    before = installation.clock()
    row = conn.execute(NOW).fetchone()
    after = installation.clock()
    theirs = float(row[0]) if row else before
    difference = max(before - theirs, theirs - after, 0.0)
    if difference <= CLOCK_SECONDS:
        return Sound(f"{difference:.1f} s apart")
    return Problem(
        f"the clocks of this machine and of the database differ by {difference:,.0f} s",
        "Set both by NTP: tokens and signed URLs would expire too early or too late.",
    )


def milliseconds(seconds: float) -> str:
    """Return a time in words."""
    return f"{seconds * 1000:.{1 if seconds < 0.01 else 0}f} ms"


CHECKS = (
    Check("environment", "warning", environment),
    Check("database", "error", database),
    Check("schema_version", "error", schema, needs=("database",)),
    Check("database_role", "error", role, needs=("schema_version",)),
    Check("uploader", "error", uploader, needs=("schema_version",)),
    Check("pooler", "warning", pooler, needs=("database",)),
    Check("clock", "warning", clock, needs=("database",)),
)
