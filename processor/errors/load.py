"""IJ4xx to IJ9xx: errors of the rows as a whole, of the database and of permissions, and defects."""

from processor.errors.job_error import JobError


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


class Defect(JobError, code="IJ901", hint="This is a defect of import-jobs. Report it with the processor's log."):
    """An error that the code does not expect."""


class RowAccounting(JobError, code="IJ902", hint="This is a defect of import-jobs. Report it with the file's dialect."):
    """The number of parsed rows differs from the number of records counted in the bytes; the chunk is not loaded."""
