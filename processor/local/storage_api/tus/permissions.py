"""Who may work on a resumable upload: checked at every request with the caller's policies, or by a signature."""

from __future__ import annotations

from dataclasses import dataclass, replace

from processor.local.storage_api import rows
from processor.local.storage_api.errors import StorageError
from processor.local.storage_api.services import Call
from processor.local.storage_api.tokens import upload_grant
from processor.local.storage_api.tus.locations import UploadId
from processor.local.storage_api.uploads import check_upload


@dataclass(frozen=True, slots=True)
class Permission:
    """What a request may write: an object of this owner, over an existing one only with `upsert`."""

    call: Call
    owner: str | None
    upsert: bool


def limits_of(call: Call, bucket: str) -> rows.Limits:
    """Return the limits of the bucket, whoever asks.

    Raises: StorageError "Bucket not found".
    """
    with call.services.database.transaction(call.scope.as_service()) as connection:
        return rows.bucket_limits(connection, bucket).within(call.services.settings.file_size_limit)


def permit(call: Call, upload: UploadId, *, signed: bool) -> Permission:
    """Return what the request may write, after trying the insert as the caller.

    With a signature there is no caller: the policies were checked when the URL was signed.

    Raises: StorageError.
    """
    call = replace(call, params={"bucket": upload.bucket, "name": upload.name})
    if signed:
        return check_signature(call, upload)
    upsert = call.headers.get("x-upsert") == "true"
    check_upload(call, upsert=upsert)
    return Permission(call, call.scope.caller.owner, upsert)


def check_signature(call: Call, upload: UploadId) -> Permission:
    """Return what the token in x-signature allows.

    Raises: StorageError.
    """
    signature = call.headers.get("x-signature")
    if not signature:
        raise StorageError(400, "InvalidSignature", "Missing x-signature header")
    params = {"bucket": upload.bucket, "name": upload.name}
    call = replace(call, params=params, query={"token": signature})
    grant = upload_grant(call)
    return Permission(call, grant.owner, grant.upsert)
