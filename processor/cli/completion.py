"""What the shell's completion asks the database for: ids of jobs and names of targets."""

from typing import LiteralString

import psycopg

from processor import config

SECONDS = 2


def first_column(query: LiteralString, *parameters: str) -> list[str]:
    """Return the first column of a query; nothing if the database does not answer, since completion shows no errors."""
    try:
        with psycopg.connect(config.database_url(), autocommit=True, connect_timeout=SECONDS) as conn:
            return [str(row[0]) for row in conn.execute(query, parameters).fetchall()]
    except (psycopg.Error, config.BadEnvironment):
        return []


def jobs(incomplete: str) -> list[str]:
    """Return the ids of the latest jobs that begin with a text."""
    query: LiteralString = """
    select id::text from public.import_jobs where starts_with(id::text, lower(%s)) order by created_at desc limit 50
    """
    return first_column(query, incomplete)


def targets(incomplete: str) -> list[str]:
    """Return the names of the targets that begin with a text."""
    return first_column("select name from public.import_targets where starts_with(name, %s) order by name", incomplete)
