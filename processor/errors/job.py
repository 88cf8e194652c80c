"""IJ1xx: errors of the job itself."""

from processor.errors.job_error import JobError


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
