"""Ask Postgres, by its own input conversion, which of the uncertain texts of a column are valid."""

from collections.abc import Iterable

import psycopg
from psycopg.types.json import Json

from processor.model import CastResult, UncertainValues

# The texts are passed as JSON, because psycopg takes 10 µs to write each element of an array.
INVALID_VALUES = "select candidate, code from importer.invalid_values(%s, array(select json_array_elements_text(%s)))"
# The number of texts in one statement: 20,000 texts of 100 bytes are 2 MB.
BATCH = 20_000


def cast_results(conn: psycopg.Connection, uncertain: Iterable[UncertainValues]) -> list[CastResult]:
    """Cast the texts of each column in the database; return those that it does not accept.

    Raises: psycopg.Error.
    """
    return [CastResult(values.column, invalid_values(conn, values)) for values in uncertain]


def invalid_values(conn: psycopg.Connection, uncertain: UncertainValues) -> dict[str, str]:
    """Return the invalid texts of one column, each with the SQLSTATE of its cast."""
    invalid: dict[str, str] = {}
    for start in range(0, len(uncertain.values), BATCH):
        texts = uncertain.values.slice(start, BATCH).to_list()
        invalid.update(conn.execute(INVALID_VALUES, (uncertain.column.type, Json(texts))).fetchall())
    return invalid
