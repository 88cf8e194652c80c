"""What an inspection found, as `import-jobs import --inspect` prints it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg

from processor.cli.outcome import rows
from processor.cli.screen import screen

RESULT = "select report -> 'inspection' from public.import_jobs where id = %s"


def show(conn: psycopg.Connection, job_id: UUID) -> None:
    """Print the result of an inspection: a JSON document, the ignored headers (--quiet), or lines of text.

    Raises: psycopg.Error.
    """
    row = conn.execute(RESULT, (job_id,)).fetchone()
    result: dict[str, Any] = row[0] if row and row[0] else {}
    ignored = [header["header"] for header in result.get("headers", []) if header["column"] is None]
    screen.show(result, ignored, lambda: lines(result))


def lines(result: dict[str, Any]) -> Iterator[str]:
    """Yield the parts of the dialect, the table of headers, and the problems."""
    parts = {name: part_text(part) for name, part in result["dialect"].items() if part["value"] is not None}
    yield from screen.values(parts)
    yield ""
    headers = ("field", "header", "column", "how", "filled", "samples")
    yield from screen.table(headers, [header_cells(header) for header in result["headers"]], right=(0, 4))
    for problem in result["problems"]:
        where = f" in column {problem['column']}, {rows(problem['rows'])}" if problem.get("column") else ""
        yield ""
        yield from screen.wrapped(f"{problem['code']}{where}: {problem['message']} — {problem['hint']}")


def part_text(part: dict[str, Any]) -> str:
    """Return how one part of the dialect was decided."""
    alternatives = part.get("alternatives")
    choice = f", or {' or '.join(map(repr, alternatives))}" if alternatives else ""
    return f"{part['value']!r} ({part['how']}){choice}"


def header_cells(header: dict[str, Any]) -> list[object]:
    """Return the cells of a field of the file."""
    filled = "" if header["filled"] is None else f"{100 * header['filled']:.0f} %"
    samples = ", ".join(header["samples"])
    return [header["field"], header["header"], header["column"], header["how"], filled, samples]
