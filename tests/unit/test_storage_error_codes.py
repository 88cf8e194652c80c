"""Every error that the Storage API can answer becomes a job error with the reason and a fitting hint."""

import io
import json

import pytest
import urllib3

from processor.errors import (
    InvalidPath,
    JobError,
    ObjectNotFound,
    SourceChanged,
    SourceRefused,
    SourceTooLarge,
    SourceUnavailable,
)
from processor.storage.error_codes import MEANINGS, STATUS_DECIDES
from processor.storage.responses import source_error

# The codes of storage-api with their status, and the name in `error` of versions that send no `code`.
CODES = """
NoSuchBucket 404, NoSuchKey 404, NoSuchUpload 404, InvalidJWT 400, InvalidRequest 400, TenantNotFound 400,
EntityTooLarge 413, InternalError 500, ResourceAlreadyExists 409, ResourceNotEmpty 409, InvalidBucketName 400,
InvalidKey 400, InvalidRange 400, InvalidMimeType 415, InvalidUploadId 400, KeyAlreadyExists 409,
BucketAlreadyExists 409, DatabaseTimeout 544, DatabaseConnectionLimit 503, DatabaseReadOnly 503,
DatabaseInvalidObjectDefinition 503, DatabaseSchemaMismatch 503, InvalidSignature 400, ExpiredToken 400,
SignatureDoesNotMatch 403, AccessDenied 403, ResourceLocked 423, DatabaseError 500, TransactionError 409,
MissingContentLength 400, MissingParameter 400, InvalidParameter 400, InvalidUploadSignature 400, LockTimeout 503,
S3Error 500, InvalidAccessKeyId 403, MaximumCredentialsLimit 400, InvalidChecksum 400, MissingPart 400, SlowDown 503,
TusError 400, Aborted 500, AbortedTerminate 500, FeatureNotEnabled 409, NotSupported 409,
IcebergMaximumResourceLimit 409, IcebergResourceNotEmpty 400, NoSuchCatalog 404, ConflictException 409,
NotFoundException 404, VectorBucketNotEmpty 400, S3VectorMaxBucketsExceeded 400, S3VectorMaxIndexesExceeded 400,
NoAvailableShard 500, ShardNotFound 404
"""
STATUS = {code: int(status) for code, status in (entry.split() for entry in CODES.split(","))}
TRANSIENT = {
    "InternalError", "ResourceAlreadyExists", "KeyAlreadyExists", "DatabaseTimeout", "DatabaseConnectionLimit",
    "DatabaseReadOnly", "DatabaseInvalidObjectDefinition", "DatabaseSchemaMismatch", "ResourceLocked", "DatabaseError",
    "TransactionError", "LockTimeout", "S3Error", "SlowDown", "Aborted", "AbortedTerminate", "ConflictException",
    "NoAvailableShard", "ShardNotFound",
}  # fmt: skip
KEY_CODES = {
    "InvalidJWT", "InvalidSignature", "ExpiredToken", "SignatureDoesNotMatch", "AccessDenied", "InvalidAccessKeyId",
    "InvalidUploadSignature",
}  # fmt: skip
OLDER = {
    "not_found": ("NoSuchKey", 404),
    "Bucket not found": ("NoSuchBucket", 404),
    "Unauthorized": ("AccessDenied", 403),
    "Duplicate": ("KeyAlreadyExists", 409),
    "invalid_mime_type": ("InvalidMimeType", 415),
    "Payload too large": ("EntityTooLarge", 413),
    "Invalid Input": ("InvalidBucketName", 400),
    "invalid_range": ("InvalidRange", 400),
    "acquiring_lock_timeout": ("LockTimeout", 503),
    "Internal": ("InternalError", 500),
}
SECRET = "a sentence of the server that may quote a key"


def error_for(body: object, http_status: int = 400) -> JobError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = urllib3.HTTPResponse(io.BytesIO(raw), status=http_status, preload_content=False)
    return source_error(response)


def storage_body(status: int, **names: str) -> dict[str, str]:
    return {"statusCode": str(status), "message": SECRET, **names}


@pytest.mark.parametrize("code", STATUS)
def test_every_code_has_a_meaning(code: str) -> None:
    assert code in MEANINGS or code in STATUS_DECIDES


@pytest.mark.parametrize("code", STATUS)
def test_codes_that_may_be_over_soon_are_retried(code: str) -> None:
    assert error_for(storage_body(STATUS[code], code=code, error=code)).transient == (code in TRANSIENT)


@pytest.mark.parametrize("code", STATUS)
def test_only_codes_about_the_key_give_the_hint_to_check_it(code: str) -> None:
    error = error_for(storage_body(STATUS[code], code=code, error=code))
    assert ("SUPABASE_SECRET_KEY" in error.advice) == (code in KEY_CODES)


@pytest.mark.parametrize("code", STATUS)
def test_message_names_the_code_and_quotes_nothing_else(code: str) -> None:
    error = error_for(storage_body(STATUS[code], code=code, error=code))
    assert error.message.endswith(f" ({code})")
    assert SECRET not in error.message + error.advice


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("InvalidKey", InvalidPath),
        ("InvalidBucketName", InvalidPath),
        ("NoSuchKey", ObjectNotFound),
        ("NoSuchBucket", ObjectNotFound),
        ("InvalidJWT", SourceRefused),
        ("AccessDenied", SourceRefused),
        ("TenantNotFound", SourceRefused),
        ("EntityTooLarge", SourceTooLarge),
        ("InvalidRange", SourceChanged),
        ("SlowDown", SourceUnavailable),
        ("DatabaseTimeout", SourceUnavailable),
    ],
)
def test_code_becomes_this_error(code: str, expected: type[JobError]) -> None:
    assert type(error_for(storage_body(STATUS[code], code=code, error=code))) is expected


@pytest.mark.parametrize("name", OLDER)
def test_older_name_means_the_same(name: str) -> None:
    code, status = OLDER[name]
    older, newer = error_for(storage_body(status, error=name)), error_for(storage_body(status, code=code, error=name))
    assert (type(older), older.advice) == (type(newer), newer.advice)


@pytest.mark.parametrize("code", ["S3Error", "TusError", "InvalidRequest", "NewCodeOfTomorrow", "", None])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, SourceRefused),
        (403, SourceRefused),
        (404, ObjectNotFound),
        (413, SourceTooLarge),
        (416, SourceChanged),
        (400, SourceRefused),
        (429, SourceUnavailable),
        (500, SourceUnavailable),
        (544, SourceUnavailable),
    ],
)
def test_other_codes_count_by_their_status(code: str | None, status: int, expected: type[JobError]) -> None:
    assert type(error_for({"statusCode": str(status), "code": code})) is expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502</html>",
        b"[" * 100_000,
        b"null",
        b"[]",
        b'"text"',
        b'{"statusCode": null}',
        b'{"statusCode": "many"}',
        b'{"statusCode": Infinity}',
        b'{"statusCode": 1e400}',
        b'{"statusCode": "0"}',
        b'{"statusCode": {"a": 1}, "code": ["InvalidKey"]}',
        b'{"statusCode": "' + b"9" * 10_000 + b'"}',
        b"\xff\xfe",
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
@pytest.mark.parametrize(
    ("status", "expected"), [(404, ObjectNotFound), (401, SourceRefused), (502, SourceUnavailable)]
)
def test_without_a_body_of_storage_the_http_status_counts(body: bytes, status: int, expected: type[JobError]) -> None:
    assert type(error_for(body, status)) is expected


def test_route_that_does_not_exist_means_a_wrong_url() -> None:
    error = error_for({"statusCode": 404, "error": "Not Found", "message": "Route GET:/a not found"}, 404)
    assert (type(error), "SUPABASE_URL" in error.advice) == (SourceRefused, True)
