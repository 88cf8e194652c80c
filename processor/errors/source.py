"""IJ2xx: errors of the source."""

from processor.errors.job_error import JobError


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


class WrongDigest(
    JobError,
    code="IJ206",
    hint="Upload the file again under the same path and retry the job; for another file, insert a new job.",
):
    """The SHA-256 of the file is not the one that the job names. Nothing of the file was loaded."""
