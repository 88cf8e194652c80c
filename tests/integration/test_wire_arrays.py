"""Arrays of integers in the binary form of the protocol: what numpy has is what Postgres has."""

import numpy as np
import psycopg
import pytest

from processor.database.wire_arrays import BigintArray, IntegerArray, decoded
from tests.conftest import Database

VALUES = [[], [7], [1, -2, 2**31 - 1, -(2**31)]]


@pytest.mark.parametrize("values", VALUES, ids=len)
@pytest.mark.parametrize(
    ("wrapped", "size", "type_name"), [(BigintArray, 8, "bigint[]"), (IntegerArray, 4, "integer[]")]
)
def test_array_is_the_same_in_postgres(
    db: Database, values: list[int], wrapped: type[BigintArray | IntegerArray], size: int, type_name: str
) -> None:
    with psycopg.connect(db.admin_url) as conn, conn.cursor(binary=True) as cursor:
        query = (
            "select pg_typeof(a)::text, a, array_send(a), array_send(%s::text::"
            + type_name
            + ") from (select %s as a) as v"
        )
        text = "{" + ",".join(map(str, values)) + "}"
        row = cursor.execute(query, (text, wrapped(np.array(values, np.int64)))).fetchone()
    assert row is not None
    assert (row[0], row[1]) == (type_name, values)
    assert row[2] == row[3]
    assert decoded(row[2], size).tolist() == values
