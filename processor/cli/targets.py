"""`import-jobs targets`: list what can be imported into."""

from collections.abc import Iterator
from typing import Any, LiteralString

from psycopg.rows import dict_row

from processor.cli.connection import connected
from processor.cli.screen import screen
from processor.config import database_url

ALL: LiteralString = """
select name, "table", mode, key_columns, update_columns, owner_column, provenance_column, run_as, allowed_roles,
  allowed_when, on_duplicate_file, options, max_running_jobs, columns
from public.import_targets order by name
"""
NONE = "no targets yet; to register a table, run in SQL: select importer.register_target('public.your_table')"


def targets() -> None:
    """List the targets: the tables that files can be imported into, with their rules."""
    with connected(database_url()) as conn, conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(ALL).fetchall()
    screen.show(rows, (row["name"] for row in rows), lambda: lines(rows) if rows else [NONE])


def lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the table of targets."""
    headers = ("target", "table", "mode", "key", "columns", "rights", "same file again")
    yield from screen.table(headers, [cells(row) for row in rows])


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a target as a row of the table."""
    return (
        row["name"],
        row["table"] or "",
        row["mode"],
        ", ".join(row["key_columns"] or ()),
        ", ".join(row["columns"]),
        f"of the {row['run_as']}",
        row["on_duplicate_file"],
    )
