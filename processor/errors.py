"""The one code space: every way a job can fail (an exception) and every way a row can (a rejection).

Codes are five characters, `IJgxx`, legal as an SQLSTATE: `IJ1xx` job, `IJ2xx` source, `IJ3xx` format,
`IJ4xx` rows, `IJ5xx` load, `IJ6xx` permission, `IJ9xx` bug. `docs/errors.md` lists them all, and a test
keeps this module, that page and the migrations in agreement. No message carries a cell's value.
"""

from typing import ClassVar, Final

JOB_ERRORS: Final[dict[str, type["JobError"]]] = {}


class JobError(Exception):
    """A reason for which a job ends or is tried again; subclasses register their code by being defined."""

    code: ClassVar[str] = "IJ901"
    hint: ClassVar[str] = "This is a defect of import-jobs: please report it with the job's events."
    transient: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = hint or self.hint

    def __init_subclass__(cls, *, code: str, hint: str, transient: bool = False) -> None:
        cls.code, cls.hint, cls.transient = code, hint, transient
        JOB_ERRORS[code] = cls


# --- IJ1xx: the job itself -------------------------------------------------------------------------------
class LeaseLost(
    JobError,
    code="IJ103",
    hint="Another processor has taken the job over, or it was cancelled; nothing more is written here.",
):
    """The lease's token is no longer the one in the database: this process must stop writing."""


class UnknownTarget(
    JobError,
    code="IJ106",
    hint="Register the table first: select importer.register_target('public.your_table').",
):
    """The job names a target that is not registered."""


class BadOption(
    JobError,
    code="IJ102",
    hint="Correct the options of the job; docs/sql.md lists the names and what they take.",
):
    """An option that can only be judged once the file is open does not make sense."""


class BadRing(
    JobError,
    code="IJ120",
    hint='POST to /process-import-jobs, with no body or with {"job_ids": ["…"]}: at most 1,000 UUIDs in 64 kB.',
):
    """A request to the processor is not a ring; it stands in the HTTP answer, never in a row."""


class DuplicateFile(JobError, code="IJ111", hint="Set options.force to import it again."):
    """The same file has been imported into the same target, which takes each file once."""


class BadTarget(
    JobError,
    code="IJ113",
    hint="Correct the target in import_targets; docs/sql.md says what its columns take.",
):
    """The target's definition cannot work."""


# --- IJ2xx: the source -----------------------------------------------------------------------------------
class ObjectNotFound(JobError, code="IJ201", hint="Check bucket_id and object_path, and that the upload had finished."):
    """Storage has no such object, or the key may not see it."""


class SourceRefused(
    JobError, code="IJ202", hint="Check SUPABASE_SECRET_KEY of the processor and the bucket's policies."
):
    """Storage refused the request for a reason that trying again does not mend."""


class SourceUnavailable(
    JobError,
    code="IJ203",
    hint="Storage did not answer properly; the job is tried again by itself.",
    transient=True,
):
    """A network error, a 5xx or a 429 of Storage, or a body that ended early."""


class SourceChanged(
    JobError,
    code="IJ204",
    hint="Upload the file under a new path and insert a new job; what was loaded before stays counted here.",
):
    """The object's ETag or size is not that of the first attempt."""


class SourceTooLarge(
    JobError, code="IJ205", hint="Split the file, or raise IMPORT_JOBS_MAX_FILE_BYTES on the processor."
):
    """The object is larger than the processor accepts."""


# --- IJ3xx: the format -----------------------------------------------------------------------------------
class EmptyFile(JobError, code="IJ301", hint="Upload a CSV with a header line and at least one row."):
    """The object has no bytes, or nothing but white space."""


class NoDataRows(JobError, code="IJ302", hint="Upload a CSV with at least one row below the header."):
    """There is a header and nothing below it."""


class NotCsv(JobError, code="IJ303", hint="Save or export the file as CSV (UTF-8) and upload it again."):
    """The bytes are those of another format (a spreadsheet, an image, an archive …)."""


class WrongEncoding(JobError, code="IJ304", hint="Save the file as UTF-8, or name its encoding in options.encoding."):
    """The bytes are not text in the encoding that was found or given."""


class UnclosedQuote(
    JobError, code="IJ305", hint="Close the quoted field that opens on that line, or set options.quote."
):
    """A quoted field opens and the file ends inside it."""


class NoMatchingColumn(
    JobError,
    code="IJ306",
    hint="Name the columns in the first line as in the target, or set options.mapping.",
):
    """No header matches a column of the target."""


class MissingColumn(
    JobError,
    code="IJ307",
    hint="Add the column to the file, map it in options.mapping, or give it a default.",
):
    """The target needs a column that the file does not have."""


class DuplicateHeader(JobError, code="IJ308", hint="Rename or remove one of the two columns in the file."):
    """Two headers lead to the same column of the target."""


class AmbiguousDialect(JobError, code="IJ309", hint="Set the option that the message names."):
    """Two readings of the file are about as good, and only the user can say which is right."""


class UnknownColumn(
    JobError, code="IJ310", hint="Remove the column, map it, or set options.unknown_columns to 'ignore'."
):
    """A header matches nothing and the job asked for that to be an error."""


class BadCompression(
    JobError,
    code="IJ311",
    hint="Compress the file again (gzip, zstd, or zip with one member), or upload it plain.",
):
    """The compressed stream is damaged, has several members where one may be, or expands beyond the limits."""


# --- IJ4xx: the rows, as far as they end a job -------------------------------------------------------------
class TooManyRejected(
    JobError,
    code="IJ420",
    hint="Correct the rejected rows (errors_path) and import that file, or insert a job with larger max_errors.",
):
    """More rows were rejected than options.max_errors allows, or one was and on_error is 'abort'."""


class AllRejected(
    JobError,
    code="IJ421",
    hint="Look at import_job_errors: usually one column has another format than its type.",
):
    """Not one row of the file was accepted."""


# --- IJ5xx: the database -----------------------------------------------------------------------------------
class DatabaseUnavailable(
    JobError,
    code="IJ501",
    hint="The database did not answer; the job is tried again by itself.",
    transient=True,
):
    """The connection was lost or could not be made."""


class DatabaseBusy(
    JobError,
    code="IJ502",
    hint="Concurrent work stood in the way; the job is tried again by itself.",
    transient=True,
):
    """A deadlock, a serialization failure or a lock time-out."""


class TargetMissing(
    JobError,
    code="IJ503",
    hint="Restore the table or register the target again with importer.register_target().",
):
    """The target's table or one of its columns is gone or has changed its type."""


class DatabaseRefused(
    JobError, code="IJ504", hint="Read the database's own message in the job's events and correct the cause."
):
    """The database refused the load for a reason that is not one row's."""


# --- IJ6xx: permission -------------------------------------------------------------------------------------
class NotAllowed(
    JobError,
    code="IJ601",
    hint="An administrator decides who may import into it: import_targets.allowed_roles and allowed_when.",
):
    """The target is not for the job's owner."""


class NotReadable(
    JobError,
    code="IJ602",
    hint="Upload it to <your user id>/… in the bucket imports and name that path.",
):
    """The job's owner may not read the file that the job names."""


class NotPermitted(JobError, code="IJ603", hint="Grant what the message names, or register the target again."):
    """The role that loads has no privilege on the target."""


# --- IJ9xx: defects ----------------------------------------------------------------------------------------
class Defect(
    JobError, code="IJ901", hint="This is a defect of import-jobs: please report it with the processor's log."
):
    """Something that the code did not foresee."""


class RowAccounting(
    JobError, code="IJ902", hint="This is a defect of import-jobs: please report it with the file's dialect."
):
    """The parser's rows are not the records counted from the bytes; nothing of the chunk was loaded."""


#: Codes of rejected rows and what each means; the message of a rejection adds the column's name and type.
REJECTIONS: Final[dict[str, str]] = {
    "IJ401": "the row has fewer fields than the header",
    "IJ402": "the row has more fields than the header",
    "IJ403": "the value is not valid for the column's type",
    "IJ404": "the column does not take nulls",
    "IJ405": "the value is out of the range of the column's type",
    "IJ406": "the value is longer than the column takes",
    "IJ407": "the row contains a NUL byte",
    "IJ408": "a field or the whole record is larger than the limit",
    "IJ410": "a row with this key is already there",
    "IJ411": "the row refers to a row that does not exist",
    "IJ412": "the row violates a check of the table",
    "IJ413": "the row violates an exclusion constraint",
    "IJ414": "a trigger or function of the table refused the row",
    "IJ415": "the column's normaliser refused the value",
    "IJ416": "the value does not match the column's pattern",
    "IJ417": "the key of the row has come before in the file",
    "IJ604": "the row is not the uploader's to write: row security, a missing right, or another owner's row",
}


class UserError(Exception):
    """A mistake that the person at the terminal can correct, told in one line.

    `message` says what is wrong, `hint` what to do about it; `details` may quote the output of a program.
    """

    def __init__(self, message: str, hint: str = "", *, details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        return f"{self.message} — {self.hint}" if self.hint else self.message
