"""Define every error code: the exceptions that end a job, and the reasons for which a row is rejected.

A code has five characters, `IJgxx`, and is a legal SQLSTATE: `IJ1xx` job, `IJ2xx` source, `IJ3xx` format,
`IJ4xx` rows, `IJ5xx` database, `IJ6xx` permission, `IJ9xx` defect. `docs/reference/errors.md` describes all of them;
a test compares that page with this module and with the migrations. No message contains a value of the file.
"""

from typing import ClassVar, Final

JOB_ERRORS: Final[dict[str, type["JobError"]]] = {}


class JobError(Exception):
    """The reason for which a job fails or is retried. A subclass registers its code when it is defined.

    `message` says what happened, `advice` what to do about it. `transient` errors are retried automatically, so
    their hints are for a person whose job has used up its attempts.
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
    JobError,
    code="IJ102",
    hint=(
        "Correct the job's options, retry_import_job(id, options), or those of the target, then retry the job. "
        "docs/reference/options.md lists names and values."
    ),
):
    """An option does not fit the file. Only options that cannot be checked at the insert are reported this way."""


class LeaseLost(
    JobError,
    code="IJ103",
    hint="No action is needed: another processor has taken the job over, or the job was cancelled.",
):
    """The database holds another lease token for the job, or none: this process must stop writing."""


class InvalidPath(
    JobError,
    code="IJ107",
    hint="Upload the file under a path of ASCII letters, digits, -, _, . and /, and insert a new job with that path.",
):
    """Storage does not accept the path or the bucket of the job."""


class UnknownTarget(
    JobError,
    code="IJ106",
    hint="Register the table, select importer.register_target('public.your_table'), then retry the job.",
):
    """The job names a target that is not registered."""


class DuplicateFile(
    JobError,
    code="IJ111",
    hint="To import the file again, retry the job with the option force: retry_import_job(id, '{\"force\": true}').",
):
    """The job's owner has already imported this file into this target, which accepts each file once."""


class BadTarget(
    JobError,
    code="IJ113",
    hint="Correct the target in import_targets, whose columns docs/reference/targets.md describes, then retry the job.",
):
    """The definition of the target contradicts itself or its table."""


class TimeUp(
    JobError,
    code="IJ117",
    hint=(
        "Retry this job, if need be with more time, retry_import_job(id, '{\"max_seconds\": 7200}'): it goes on where"
        " it was, or begins again if it is all-or-nothing."
    ),
):
    """An attempt took longer than options.max_seconds."""


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
    hint="Upload the file under that path and retry the job; for another path, insert a new job.",
):
    """Storage has no such object, or the processor's key may not read it."""


class SourceRefused(
    JobError,
    code="IJ202",
    hint="Check SUPABASE_SECRET_KEY of the processor and the policies of the bucket, then retry the job.",
):
    """Storage refused the request, and a retry would not change that."""


class SourceUnavailable(
    JobError,
    code="IJ203",
    hint="Check that Storage runs and that the processor reaches it, then retry the job.",
    transient=True,
):
    """A network error, an HTTP status 5xx or 429 of Storage, or a response that ended early."""


class SourceChanged(JobError, code="IJ204", hint="Retry the job to import the file as it is now."):
    """The object's ETag or size differs from that of the first attempt."""


class SourceTooLarge(
    JobError,
    code="IJ205",
    hint="Raise IMPORT_JOBS_MAX_FILE_BYTES on the processor and retry the job, or import the file in parts.",
):
    """The object is larger than the processor accepts."""


# --- IJ3xx: the format -----------------------------------------------------------------------------------
class EmptyFile(
    JobError,
    code="IJ301",
    hint="Upload a CSV file with a header line and at least one row under the same path, then retry the job.",
):
    """The object has no bytes, or only white space."""


class NoDataRows(
    JobError,
    code="IJ302",
    hint="Upload a CSV file with at least one row below the header under the same path, then retry the job.",
):
    """The file has a header and no row below it."""


class NotCsv(
    JobError,
    code="IJ303",
    hint="Save or export the file as CSV (UTF-8), upload it under the same path, then retry the job.",
):
    """The file has another format, such as a spreadsheet, an image or an archive."""


class WrongEncoding(
    JobError,
    code="IJ304",
    hint="Retry the job with the option encoding, or upload the file as UTF-8 under the same path and retry the job.",
):
    """The bytes are not text in the encoding that was detected or given."""


class UnclosedQuote(
    JobError,
    code="IJ305",
    hint=(
        "Close the quoted field that starts on that line, upload the file under the same path and retry the job; or "
        "retry it with the option quote."
    ),
):
    """The file ends inside a quoted field."""


class NoMatchingColumn(
    JobError,
    code="IJ306",
    hint=(
        "Retry the job with the option mapping, or upload the file with the names of the target's columns under the "
        "same path and retry the job."
    ),
):
    """No header matches a column of the target."""


class MissingColumn(
    JobError,
    code="IJ307",
    hint=(
        "Retry the job with the option mapping, or add the column to the file, or give the column a default, and "
        "retry the job."
    ),
):
    """The target needs a column that the file does not have."""


class DuplicateHeader(
    JobError,
    code="IJ308",
    hint="Rename or remove one of the two columns, upload the file under the same path, then retry the job.",
):
    """Two headers match the same column of the target."""


class AmbiguousDialect(
    JobError, code="IJ309", hint="Retry the job with the option that the message names: retry_import_job(id, options)."
):
    """The file can be read in two ways that are about equally likely."""


class UnknownColumn(
    JobError, code="IJ310", hint="Retry the job with the option mapping, or with unknown_columns set to 'ignore'."
):
    """A header matches no column, and options.unknown_columns is 'error'."""


class BadCompression(
    JobError,
    code="IJ311",
    hint=(
        "Compress the file again (gzip, zstd, or zip with one member), upload it under the same path, then retry the "
        "job."
    ),
):
    """The compressed stream is damaged, has more than one member, or expands beyond the limits."""


# --- IJ4xx: the rows, where they end the job ---------------------------------------------------------------
class TooManyRejected(
    JobError,
    code="IJ420",
    hint=(
        "Retry this job with a larger max_errors, retry_import_job(id, '{\"max_errors\": 5000}'): it goes on where it"
        " was. Then correct errors.csv (errors_path) and import it. A new job would load the first rows again."
    ),
):
    """More rows were rejected than options.max_errors allows, or one row was and options.on_error is 'abort'."""


class AllRejected(
    JobError,
    code="IJ421",
    hint=(
        "Remove the cause that the message names, or correct the options, and retry this job, retry_import_job(id, "
        "options): it starts from the beginning."
    ),
):
    """Every row of the file was rejected; the message names the cause that most rows have."""


# --- IJ5xx: the database -----------------------------------------------------------------------------------
class DatabaseUnavailable(
    JobError,
    code="IJ501",
    hint="Check that the database runs and accepts connections, then retry the job.",
    transient=True,
):
    """The connection to the database was lost or could not be opened."""


class DatabaseBusy(
    JobError,
    code="IJ502",
    hint="Wait until the transaction that is in the way has ended, then retry the job.",
    transient=True,
):
    """A deadlock, a serialization failure, or a lock or statement time-out."""


class TargetMissing(
    JobError,
    code="IJ503",
    hint="Restore the table, or register the target again with importer.register_target(), then retry the job.",
):
    """The target's table or one of its columns no longer exists, or has changed its type."""


class DatabaseRefused(
    JobError,
    code="IJ504",
    hint="Look up the SQLSTATE in PostgreSQL's documentation and log, remove the cause, then retry the job.",
):
    """PostgreSQL reported an error that is not about one row."""


# --- IJ6xx: permission -------------------------------------------------------------------------------------
class NotAllowed(
    JobError,
    code="IJ601",
    hint="Ask an administrator to allow it in import_targets.allowed_roles or allowed_when, then retry the job.",
):
    """The target may not be used by the job's owner."""


class NotReadable(
    JobError,
    code="IJ602",
    hint="Upload the file to <your user id>/… in the bucket imports, and insert a new job with that path.",
):
    """The job's owner may not read the file that the job names."""


class NotPermitted(
    JobError,
    code="IJ603",
    hint="Grant the privileges that the message names, or register the target again, then retry the job.",
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
    "IJ418": "the database does not accept the row",
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
