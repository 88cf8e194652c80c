"""Define every error code: the exceptions that end a job, and the reasons for which a row is rejected.

A code has five characters, `IJgxx`, and is a legal SQLSTATE: `IJ1xx` job, `IJ2xx` source, `IJ3xx` format,
`IJ4xx` rows, `IJ5xx` database, `IJ6xx` permission, `IJ9xx` defect. `docs/reference/errors.md` describes all of them;
a test compares that page with this package and with the migrations. No message contains a value of the file.
"""

from processor.errors.command import COMMAND_ERRORS, UserError
from processor.errors.format import (
    AmbiguousDialect,
    ArchiveTooLarge,
    BadCompression,
    DuplicateHeader,
    EmptyFile,
    MissingColumn,
    NoDataRows,
    NoMatchingColumn,
    NotCsv,
    UnclosedQuote,
    UnknownColumn,
    WrongEncoding,
)
from processor.errors.job import (
    BadOption,
    BadRing,
    BadTarget,
    DuplicateFile,
    InvalidPath,
    LeaseLost,
    TimeUp,
    UnknownTarget,
)
from processor.errors.job_error import JOB_ERRORS, JobError
from processor.errors.load import (
    AllRejected,
    DatabaseBusy,
    DatabaseRefused,
    DatabaseUnavailable,
    Defect,
    NotAllowed,
    NotPermitted,
    NotReadable,
    RowAccounting,
    TargetMissing,
    TooManyRejected,
)
from processor.errors.rejections import REJECTIONS
from processor.errors.source import (
    ObjectNotFound,
    SourceChanged,
    SourceRefused,
    SourceTooLarge,
    SourceUnavailable,
    WrongDigest,
)
from processor.errors.workbook import BadWorkbook, OldWorkbook, UnknownMember, WorkbookLocked, WorkbookTooLarge

__all__ = [
    "COMMAND_ERRORS",
    "JOB_ERRORS",
    "REJECTIONS",
    "AllRejected",
    "AmbiguousDialect",
    "ArchiveTooLarge",
    "BadCompression",
    "BadOption",
    "BadRing",
    "BadTarget",
    "BadWorkbook",
    "DatabaseBusy",
    "DatabaseRefused",
    "DatabaseUnavailable",
    "Defect",
    "DuplicateFile",
    "DuplicateHeader",
    "EmptyFile",
    "InvalidPath",
    "JobError",
    "LeaseLost",
    "MissingColumn",
    "NoDataRows",
    "NoMatchingColumn",
    "NotAllowed",
    "NotCsv",
    "NotPermitted",
    "NotReadable",
    "ObjectNotFound",
    "OldWorkbook",
    "RowAccounting",
    "SourceChanged",
    "SourceRefused",
    "SourceTooLarge",
    "SourceUnavailable",
    "TargetMissing",
    "TimeUp",
    "TooManyRejected",
    "UnclosedQuote",
    "UnknownColumn",
    "UnknownMember",
    "UnknownTarget",
    "UserError",
    "WorkbookLocked",
    "WorkbookTooLarge",
    "WrongDigest",
    "WrongEncoding",
]
