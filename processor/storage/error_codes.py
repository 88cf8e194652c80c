"""What the error codes of the Storage API mean for a job.

Source: storage-api, `src/internal/errors/codes.ts`; bodies of older versions have the second name in `error` only.
"""

from dataclasses import dataclass
from typing import Final

from processor.errors import (
    InvalidPath,
    JobError,
    ObjectNotFound,
    SourceChanged,
    SourceRefused,
    SourceTooLarge,
    SourceUnavailable,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """The job error that a code stands for, the reason in words, and a hint where that of the error is not enough."""

    error: type[JobError]
    reason: str
    hint: str | None = None

    def job_error(self, detail: str) -> JobError:
        """Return the error of a job; `detail` is the code or the status that Storage sent."""
        return self.error(f"{self.reason} ({detail})", hint=self.hint)


NO_OBJECT: Final = Meaning(ObjectNotFound, "the object does not exist in Storage")
NO_BUCKET: Final = Meaning(
    ObjectNotFound,
    "the bucket does not exist in Storage",
    "Create the bucket and upload the file, then retry the job; for another bucket, insert a new job.",
)
PATH: Final = Meaning(InvalidPath, "Storage does not accept the path of the object")
BUCKET: Final = Meaning(InvalidPath, "Storage does not accept the name of the bucket")
KEY: Final = Meaning(SourceRefused, "Storage does not accept the processor's key")
DENIED: Final = Meaning(SourceRefused, "Storage does not let the processor's key do this")
NO_PROJECT: Final = Meaning(
    SourceRefused, "Storage does not know the project", "Check SUPABASE_URL of the processor, then retry the job."
)
NO_ROUTE: Final = Meaning(
    SourceRefused, "the server is not a Storage API", "Check SUPABASE_URL of the processor, then retry the job."
)
TOO_LARGE: Final = Meaning(
    SourceTooLarge, "Storage does not accept objects of this size", "Raise the size limit of the bucket and of Storage."
)
MIME_TYPE: Final = Meaning(
    SourceRefused,
    "the bucket does not accept files of this type",
    "Add text/csv to the MIME types that the bucket allows, or remove them all.",
)
SHORTER: Final = Meaning(SourceChanged, "the file is shorter than at the first attempt")
BROKEN: Final = Meaning(SourceUnavailable, "Storage has an error of its own")
DATABASE: Final = Meaning(SourceUnavailable, "the database of Storage is not available")
BUSY: Final = Meaning(SourceUnavailable, "Storage is busy")
LOCKED: Final = Meaning(SourceUnavailable, "the object is being changed")
REQUEST: Final = Meaning(
    SourceRefused,
    "Storage does not understand the request",
    "Check that SUPABASE_URL is that of a Storage API of a current version, then retry the job.",
)
FEATURE: Final = Meaning(
    SourceRefused,
    "Storage has a feature or a limit that is in the way",
    "Look up the code in Storage's documentation, change its configuration, then retry the job.",
)

#: Codes whose meaning depends on the status that comes with them.
STATUS_DECIDES: Final = {"S3Error", "TusError", "InvalidRequest", "NotFoundException", "Error"}

MEANINGS: Final[dict[str, Meaning]] = {
    **dict.fromkeys(("NoSuchKey", "not_found", "Not found"), NO_OBJECT),
    **dict.fromkeys(("NoSuchBucket", "Bucket not found"), NO_BUCKET),
    "InvalidKey": PATH,
    **dict.fromkeys(("InvalidBucketName", "Invalid Input"), BUCKET),
    **dict.fromkeys(
        (
            "InvalidJWT", "invalid_jwt", "ExpiredToken", "InvalidSignature", "SignatureDoesNotMatch",
            "InvalidAccessKeyId", "InvalidUploadSignature",
        ),
        KEY,
    ),
    **dict.fromkeys(("AccessDenied", "Unauthorized"), DENIED),
    "TenantNotFound": NO_PROJECT,
    "Not Found": NO_ROUTE,
    **dict.fromkeys(("EntityTooLarge", "Payload too large"), TOO_LARGE),
    **dict.fromkeys(("InvalidMimeType", "invalid_mime_type"), MIME_TYPE),
    **dict.fromkeys(("InvalidRange", "invalid_range"), SHORTER),
    **dict.fromkeys(
        ("InternalError", "Internal", "Aborted", "AbortedTerminate", "NoAvailableShard", "ShardNotFound"), BROKEN
    ),
    **dict.fromkeys(
        (
            "DatabaseTimeout", "DatabaseConnectionLimit", "DatabaseReadOnly", "DatabaseInvalidObjectDefinition",
            "DatabaseSchemaMismatch", "DatabaseError", "TransactionError", "too_many_connections",
        ),
        DATABASE,
    ),
    "SlowDown": BUSY,
    **dict.fromkeys(
        (
            "LockTimeout", "acquiring_lock_timeout", "ResourceLocked", "KeyAlreadyExists", "ResourceAlreadyExists",
            "Duplicate", "ConflictException",
        ),
        LOCKED,
    ),
    **dict.fromkeys(
        (
            "MissingParameter", "InvalidParameter", "MissingContentLength", "InvalidChecksum", "MissingPart",
            "InvalidUploadId", "NoSuchUpload", "NoSuchCatalog", "BucketAlreadyExists", "ResourceNotEmpty",
            "IcebergResourceNotEmpty", "VectorBucketNotEmpty",
        ),
        REQUEST,
    ),
    **dict.fromkeys(
        (
            "FeatureNotEnabled", "NotSupported", "MaximumCredentialsLimit", "IcebergMaximumResourceLimit",
            "S3VectorMaxBucketsExceeded", "S3VectorMaxIndexesExceeded",
        ),
        FEATURE,
    ),
}  # fmt: skip

_MEANING_OF_STATUS: Final = {
    401: KEY,
    403: DENIED,
    404: NO_OBJECT,
    413: TOO_LARGE,
    415: MIME_TYPE,
    416: SHORTER,
    429: BUSY,
}


def meaning_of(status: int, code: str | None) -> Meaning:
    """Return what an error of Storage means; a code that is not known counts by its status."""
    if code in MEANINGS:
        return MEANINGS[code]
    return _MEANING_OF_STATUS.get(status, BROKEN if status >= 500 else REQUEST)


def storage_error(status: int, code: str | None) -> JobError:
    """Return the job error for an error of Storage. Its message names the code, never the text that came with it."""
    known = code if code in MEANINGS or code in STATUS_DECIDES else None
    return meaning_of(status, code).job_error(known or f"status {status}")
