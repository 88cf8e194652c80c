"""Load: write the rows of a chunk by COPY, ask Postgres about uncertain values, and find the rows that it rejects."""

from processor.load.accepted import PLACE, Accepted, StagedRows, watch_all
from processor.load.bisect import Watch, bisect, go_on
from processor.load.casts import cast_results
from processor.load.copy import CopyTarget, copy_in_savepoint, copy_target
from processor.load.judge import Judge
from processor.load.lookups import StageLookups, table_rules
from processor.load.modes import Writes, rules_of_mode
from processor.load.rejections import (
    DatabaseRejection,
    RowError,
    database_rejection,
    in_columns,
    reason,
    savepoint,
    single_rejections,
)
from processor.load.relatives import Relatives, cut_off, spread
from processor.load.verdict import Meeting, NotBySets, TableRules, Verdict

__all__ = [
    "PLACE",
    "Accepted",
    "CopyTarget",
    "DatabaseRejection",
    "Judge",
    "Meeting",
    "NotBySets",
    "Relatives",
    "RowError",
    "StageLookups",
    "StagedRows",
    "TableRules",
    "Verdict",
    "Watch",
    "Writes",
    "bisect",
    "cast_results",
    "copy_in_savepoint",
    "copy_target",
    "cut_off",
    "database_rejection",
    "go_on",
    "in_columns",
    "reason",
    "rules_of_mode",
    "savepoint",
    "single_rejections",
    "spread",
    "table_rules",
    "watch_all",
]
