"""Load: write the rows of a chunk by COPY, ask Postgres about uncertain values, and find the rows that it rejects."""

from processor.load.accepted import PLACE, StagedRows
from processor.load.bisect import Watch, bisect, go_on
from processor.load.casts import cast_results
from processor.load.copy import CopyTarget, copy_in_savepoint, copy_target
from processor.load.rejections import DatabaseRejection, database_rejection, in_columns, savepoint, single_rejections

__all__ = [
    "PLACE",
    "CopyTarget",
    "DatabaseRejection",
    "StagedRows",
    "Watch",
    "bisect",
    "cast_results",
    "copy_in_savepoint",
    "copy_target",
    "database_rejection",
    "go_on",
    "in_columns",
    "savepoint",
    "single_rejections",
]
