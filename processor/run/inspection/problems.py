"""What stands in the way of an import, each with its code and what to do about it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from processor.errors import JobError
from processor.model import Reason, Rejections, message_params

# The hints of errors say what to do about a job that has failed. These rows belong to none yet.
ROWS_HINT = (
    "Correct these rows in the file, or set an option such as locale, date_formats or mapping; an import rejects them"
    " and loads the others, up to max_errors."
)


def problem_of(error: JobError) -> dict[str, Any]:
    """Describe an error with which an import would fail."""
    return {"code": error.code, "message": error.message, "hint": error.advice, "params": dict(error.params)}


def problems_of_rows(rejections: Rejections) -> list[dict[str, Any]]:
    """Describe the rejections, those of a column with the same reason once, the most frequent first."""
    counted = Counter[Reason]()
    for reason, rows in rejections.counts():
        counted[reason] += rows
    return [
        {
            "code": reason.code,
            "message": str(reason.message),
            "hint": ROWS_HINT,
            "params": message_params(reason.message) or {},
            "column": reason.column,
            "rows": rows,
        }
        for reason, rows in counted.most_common()
    ]


def all_problems(errors: Sequence[JobError], rejections: Rejections) -> list[dict[str, Any]]:
    """Describe everything that stands in the way of an import, what concerns the whole file first."""
    return [*(problem_of(error) for error in errors), *problems_of_rows(rejections)]
