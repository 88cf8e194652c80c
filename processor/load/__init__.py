"""Load: write the rows of a chunk by COPY, ask Postgres about uncertain values, and find the rows that it rejects."""

from processor.load.bisect import Watch, bisect, go_on
from processor.load.casts import cast_results
from processor.load.copy import CopyTarget, copy_target
from processor.load.rejections import DatabaseRejection, database_rejection, savepoint

__all__ = [
    "CopyTarget",
    "DatabaseRejection",
    "Watch",
    "bisect",
    "cast_results",
    "copy_target",
    "database_rejection",
    "go_on",
    "savepoint",
]
