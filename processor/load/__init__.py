"""Load: write the rows of a chunk by COPY, ask Postgres about uncertain values, and find the rows that it rejects."""

from processor.load.bisect import bisect
from processor.load.casts import cast_results
from processor.load.copy import CopyTarget, copy_target
from processor.load.rejections import DatabaseRejection, database_rejection, savepoint

__all__ = [
    "CopyTarget",
    "DatabaseRejection",
    "bisect",
    "cast_results",
    "copy_target",
    "database_rejection",
    "savepoint",
]
