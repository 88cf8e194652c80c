"""The options of a target for bad rows apply to its jobs unless the job sets them itself."""

import pytest
from psycopg.types.json import Jsonb

from tests.acceptance.conftest import Stack

FILE = b"a\n1\nx\ny\n2\n"


@pytest.mark.parametrize(
    ("defaults", "own", "expected"),
    [
        ({"max_errors": 1}, {}, ("failed", "IJ420", 2)),
        ({"max_errors": 1}, {"delimiter": ","}, ("failed", "IJ420", 2)),
        ({"max_errors": 1}, {"max_errors": 2}, ("completed", None, 2)),
        ({"max_errors": "10%"}, {}, ("failed", "IJ420", 2)),
        ({"max_errors": "10%"}, {"max_errors": "50%"}, ("completed", None, 2)),
        ({"max_errors": 5}, {"max_errors": 1}, ("failed", "IJ420", 2)),
        ({"on_error": "abort"}, {}, ("failed", "IJ420", 1)),
        ({"on_error": "abort"}, {"max_errors": 5}, ("failed", "IJ420", 1)),
        ({"on_error": "abort"}, {"on_error": "skip"}, ("completed", None, 2)),
        ({"on_error": "skip"}, {"on_error": "abort"}, ("failed", "IJ420", 1)),
    ],
    ids=str,
)
def test_option_of_the_target_applies_unless_the_job_sets_it(
    stack: Stack, defaults: dict[str, object], own: dict[str, object], expected: tuple[str, str | None, int]
) -> None:
    table = stack.table("a integer")
    stack.sql("update public.import_targets set options = %s where name = %s", Jsonb(defaults), table)
    job = stack.run(FILE, table, own)
    assert (job["status"], job["error_code"], job["rows_rejected"]) == expected
    assert job["options"] == own
