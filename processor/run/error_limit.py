"""How many rejections a job takes: `options.max_errors`, a number or a share such as '2%', and `options.on_error`."""

import math
from typing import Any

from processor.errors import AllRejected, NoDataRows, TooManyRejected
from processor.model import RowCounts

# The limit of a job that sets none.
DEFAULT_MAX_ERRORS = 1000


def check_error_limit(counts: RowCounts, options: dict[str, Any]) -> None:
    """Check the rejections so far against a limit that is a number; a share is known only at the end of the file.

    Raises: TooManyRejected.
    """
    limit = _limit(options)
    if not isinstance(limit, int) or counts.rejected <= limit:
        return
    raise TooManyRejected(
        "{rejected:,} rows were rejected; at most {limit:,} may be", rejected=counts.rejected, limit=limit
    )


def check_whole_file(counts: RowCounts, options: dict[str, Any]) -> None:
    """Check the counts of the whole file.

    Raises: NoDataRows, AllRejected; TooManyRejected for a larger share than the job takes.
    """
    if counts.read == counts.skipped - counts.skipped_by_mode:
        raise NoDataRows("the file has no row: all {records:,} records were skipped", records=counts.skipped)
    if counts.loaded == 0 and counts.rejected and not counts.skipped_by_mode:
        raise AllRejected("all {rejected:,} rows were rejected", rejected=counts.rejected)
    limit = options.get("max_errors", DEFAULT_MAX_ERRORS)
    if isinstance(limit, str) and counts.rejected * 100 > _percentage(limit) * counts.read:
        raise TooManyRejected(
            "{rejected:,} of {rows:,} rows were rejected; at most {limit} may be",
            rejected=counts.rejected,
            rows=counts.read,
            limit=limit,
        )


def rejections_to_excess(counts: RowCounts, options: dict[str, Any]) -> int | None:
    """Return the number of further rejections that exceed a limit that is a number; None for a share."""
    limit = _limit(options)
    return max(limit - counts.rejected, 0) + 1 if isinstance(limit, int) else None


def rejections_to_failure(counts: RowCounts, options: dict[str, Any]) -> int:
    """Return the number of further rejections with which the job certainly fails."""
    limit = _limit(options)
    if isinstance(limit, str):
        limit = math.ceil(_percentage(limit) * counts.read / 100)
    return max(limit - counts.rejected, 0) + 1


def _limit(options: dict[str, Any]) -> int | str:
    return 0 if options.get("on_error") == "abort" else options.get("max_errors", DEFAULT_MAX_ERRORS)


def _percentage(limit: str) -> float:
    return float(limit.rstrip("%"))
