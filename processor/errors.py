"""Define every error code: the exceptions that end a job, and the reasons for which a row is rejected.

A code has five characters, `IJgxx`, and is a legal SQLSTATE: `IJ1xx` job, `IJ2xx` source, `IJ3xx` format,
`IJ4xx` rows, `IJ5xx` database, `IJ6xx` permission, `IJ9xx` defect. `docs/reference/errors.md` describes all of them;
a test compares that page with this module and with the migrations. No message contains a value of the file.
"""

from typing import ClassVar, Final

JOB_ERRORS: Final[dict[str, type["JobError"]]] = {}


class JobError(Exception):
    """The reason for which a job fails or is retried. A subclass registers its code when it is defined.

    `message` says what happened, `advice` what to do about it. `transient` errors are retried automatically.
    """

    code: ClassVar[str] = "IJ901"
    hint: ClassVar[str] = "This is a defect of import-jobs. Report it with the job's events."
    transient: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = hint or self.hint

    def __init_subclass__(cls, *, code: str, hint: str, transient: bool = False) -> None:
        cls.code, cls.hint, cls.transient = code, hint, transient
        JOB_ERRORS[code] = cls


# --- IJ1xx: the job itself -------------------------------------------------------------------------------
class BadOption(
    JobError, code="IJ102", hint="Correct the job's options. docs/reference/options.md lists their names and values."
):
    """An option does not fit the file. Only options that cannot be checked at the insert are reported this way."""


class LeaseLost(
    JobError,
    code="IJ103",
    hint="No action is needed: another processor has taken the job over, or the job was cancelled.",
):
    """The database holds another lease token for the job, or none: this process must stop writing."""


class UnknownTarget(
    JobError, code="IJ106", hint="Register the table first: select importer.register_target('public.your_table')."
):
    """The job names a target that is not registered."""


class DuplicateFile(JobError, code="IJ111", hint="Set options.force to import the file again."):
    """The job's owner has already imported this file into this target, which accepts each file once."""


class BadTarget(
    JobError,
    code="IJ113",
    hint="Correct the target in import_targets. docs/reference/targets.md describes its columns.",
):
    """The definition of the target contradicts itself or its table."""


class BadRing(
    JobError,
    code="IJ120",
    hint='Send POST /process-import-jobs with no body, or with {"job_ids": ["…"]}: at most 1,000 UUIDs in 64 kB.',
):
    """A request to the processor is not a valid ring. Only the HTTP response carries this error."""


# --- IJ2xx: the source -----------------------------------------------------------------------------------
class ObjectNotFound(
    JobError,
    code="IJ201",
    hint="Check bucket_id and object_path, and insert the job only after the upload has finished.",
):
    """Storage has no such object, or the processor's key may not read it."""


class SourceRefused(
    JobError, code="IJ202", hint="Check SUPABASE_SECRET_KEY of the processor and the policies of the bucket."
):
    """Storage refused the request, and a retry would not change that."""


class SourceUnavailable(
    JobError, code="IJ203", hint="Storage did not answer properly. The job is retried automatically.", transient=True
):
    """A network error, an HTTP status 5xx or 429 of Storage, or a response that ended early."""


class SourceChanged(
    JobError,
    code="IJ204",
    hint="Upload the file under a new path and insert a new job. This job's counters keep the rows loaded so far.",
):
    """The object's ETag or size differs from that of the first attempt."""


class SourceTooLarge(
    JobError, code="IJ205", hint="Split the file, or raise IMPORT_JOBS_MAX_FILE_BYTES on the processor."
):
    """The object is larger than the processor accepts."""


# --- IJ3xx: the format -----------------------------------------------------------------------------------
class EmptyFile(JobError, code="IJ301", hint="Upload a CSV file with a header line and at least one row."):
    """The object has no bytes, or only white space."""


class NoDataRows(JobError, code="IJ302", hint="Upload a CSV file with at least one row below the header."):
    """The file has a header and no row below it."""


class NotCsv(JobError, code="IJ303", hint="Save or export the file as CSV (UTF-8) and upload it again."):
    """The file has another format, such as a spreadsheet, an image or an archive."""


class WrongEncoding(JobError, code="IJ304", hint="Save the file as UTF-8, or name its encoding in options.encoding."):
    """The bytes are not text in the encoding that was detected or given."""


class UnclosedQuote(
    JobError, code="IJ305", hint="Close the quoted field that starts on that line, or set options.quote."
):
    """The file ends inside a quoted field."""


class NoMatchingColumn(
    JobError, code="IJ306", hint="Use the names of the target's columns in the header line, or set options.mapping."
):
    """No header matches a column of the target."""


class MissingColumn(
    JobError,
    code="IJ307",
    hint="Add the column to the file, map a header to it in options.mapping, or give the column a default.",
):
    """The target needs a column that the file does not have."""


class DuplicateHeader(JobError, code="IJ308", hint="Rename or remove one of the two columns in the file."):
    """Two headers match the same column of the target."""


class AmbiguousDialect(JobError, code="IJ309", hint="Set the option that the message names."):
    """The file can be read in two ways that are about equally likely."""


class UnknownColumn(
    JobError,
    code="IJ310",
    hint="Remove the column from the file, map it in options.mapping, or set options.unknown_columns to 'ignore'.",
):
    """A header matches no column, and options.unknown_columns is 'error'."""


class BadCompression(
    JobError,
    code="IJ311",
    hint="Compress the file again (gzip, zstd, or zip with one member), or upload it uncompressed.",
):
    """The compressed stream is damaged, has more than one member, or expands beyond the limits."""


# --- IJ4xx: the rows, where they end the job ---------------------------------------------------------------
class TooManyRejected(
    JobError,
    code="IJ420",
    hint="Correct the rejected rows (errors_path) and import that file, or insert a job with a larger max_errors.",
):
    """More rows were rejected than options.max_errors allows, or one row was and options.on_error is 'abort'."""


class AllRejected(
    JobError,
    code="IJ421",
    hint="Look at import_job_errors. Often all values of one column have another format than its type.",
):
    """Every row of the file was rejected."""


# --- IJ5xx: the database -----------------------------------------------------------------------------------
class DatabaseUnavailable(
    JobError, code="IJ501", hint="The database did not answer. The job is retried automatically.", transient=True
):
    """The connection to the database was lost or could not be opened."""


class DatabaseBusy(
    JobError, code="IJ502", hint="Another transaction was in the way. The job is retried automatically.", transient=True
):
    """A deadlock, a serialization failure, or a lock or statement time-out."""


class TargetMissing(
    JobError, code="IJ503", hint="Restore the table, or register the target again with importer.register_target()."
):
    """The target's table or one of its columns no longer exists, or has changed its type."""


class DatabaseRefused(
    JobError, code="IJ504", hint="Look up the SQLSTATE in the job's events and PostgreSQL's log, and remove the cause."
):
    """PostgreSQL reported an error that is not about one row."""


# --- IJ6xx: permission -------------------------------------------------------------------------------------
class NotAllowed(
    JobError, code="IJ601", hint="Ask an administrator to allow it in import_targets.allowed_roles or allowed_when."
):
    """The target may not be used by the job's owner."""


class NotReadable(
    JobError,
    code="IJ602",
    hint="Upload the file to <your user id>/… in the bucket imports, and set object_path to that path.",
):
    """The job's owner may not read the file that the job names."""


class NotPermitted(
    JobError, code="IJ603", hint="Grant the privileges that the message names, or register the target again."
):
    """The role that writes the rows has no privilege on the target."""


# --- IJ9xx: defects ----------------------------------------------------------------------------------------
class Defect(JobError, code="IJ901", hint="This is a defect of import-jobs. Report it with the processor's log."):
    """An error that the code does not expect."""


class RowAccounting(JobError, code="IJ902", hint="This is a defect of import-jobs. Report it with the file's dialect."):
    """The number of parsed rows differs from the number of records counted in the bytes; the chunk is not loaded."""


#: The code of a rejection and what it means. The message of a rejection may add the column's name and type.
REJECTIONS: Final[dict[str, str]] = {
    "IJ401": "the row has fewer fields than the header",
    "IJ402": "the row has more fields than the header",
    "IJ403": "the value is not valid for the column's type",
    "IJ404": "the column does not accept nulls",
    "IJ405": "the value is out of range for the column's type",
    "IJ406": "the value is too long for the column",
    "IJ407": "the row contains a NUL byte",
    "IJ408": "a field or the whole record exceeds the size limit",
    "IJ410": "a row with this key already exists",
    "IJ411": "the row refers to a row that does not exist",
    "IJ412": "the row violates a check constraint",
    "IJ413": "the row violates an exclusion constraint",
    "IJ414": "a trigger or function of the table raised an error for the row",
    "IJ415": "the value is not accepted by the column's normaliser",
    "IJ416": "the value does not match the column's pattern",
    "IJ417": "an earlier row of the file has the same key",
    "IJ604": "the uploader may not write the row: row security, a missing privilege, or a row of another owner",
}


#: Codes of mistakes at the terminal that no job and no row can have.
COMMAND_ERRORS: Final[dict[str, str]] = {
    "IJ130": "the command cannot do what it was asked to do",
    "IJ131": "a variable of the environment or the file .env cannot be used",
}


class UserError(Exception):
    """A mistake that the user of the command line can correct.

    `message` says what is wrong and `hint` what to do. `details` may quote the output of a program.
    """

    def __init__(self, message: str, hint: str = "", *, details: str = "", code: str = "IJ130") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details
        self.code = code

    def __str__(self) -> str:
        return f"{self.message} — {self.hint}" if self.hint else self.message
