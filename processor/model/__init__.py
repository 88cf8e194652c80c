"""The values that pass between the steps, all frozen.

storage yields bytes → dialect reads a sample of them → records cuts them into chunks → validate turns a chunk
and the plan into good rows and rejections → load writes both with the ledger entry → report sums up.
"""

from processor.model.chunk import NO_FAULTS, Chunk, FileLimits, NoRows, Offsets, Position
from processor.model.dialect import Dialect, How
from processor.model.job import ArtifactPaths, EarlierImport, Job, Target
from processor.model.known_columns import KnownColumns
from processor.model.ledger import ChunkCommit, LedgerEntry, RowCounts
from processor.model.message import Message, message_params
from processor.model.plan import Column, Field, Normaliser, Plan, Reading
from processor.model.rejections import Reason, RejectedRecords, Rejections
from processor.model.rows import CastResult, Change, Checked, Rows, Transformed, UncertainValues
from processor.model.undo import UndoRequest, UndoRows

__all__ = [
    "NO_FAULTS",
    "ArtifactPaths",
    "CastResult",
    "Change",
    "Checked",
    "Chunk",
    "ChunkCommit",
    "Column",
    "Dialect",
    "EarlierImport",
    "Field",
    "FileLimits",
    "How",
    "Job",
    "KnownColumns",
    "LedgerEntry",
    "Message",
    "NoRows",
    "Normaliser",
    "Offsets",
    "Plan",
    "Position",
    "Reading",
    "Reason",
    "RejectedRecords",
    "Rejections",
    "RowCounts",
    "Rows",
    "Target",
    "Transformed",
    "UncertainValues",
    "UndoRequest",
    "UndoRows",
    "message_params",
]
