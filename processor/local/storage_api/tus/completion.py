"""Turns an upload that has all its bytes into an object: the file first, then the row in one transaction."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import cast

from processor.local.storage_api import rows
from processor.local.storage_api.errors import StorageError
from processor.local.storage_api.records import ObjectMetadata
from processor.local.storage_api.services import Call
from processor.local.storage_api.tus.permissions import Permission
from processor.local.storage_api.tus.protocol import Metadata
from processor.local.storage_api.tus.store import ResumableUpload


def complete(permission: Permission, upload: ResumableUpload) -> None:
    """Write the object. Until the row is there the upload keeps its bytes, so that the client can try again.

    Raises: StorageError.
    """
    services = permission.call.services
    files = services.files
    new = rows.NewObject(
        bucket=upload.bucket,
        name=upload.name,
        owner=permission.owner,
        version=upload.version,
        metadata=_metadata(upload),
        user_metadata=_user_metadata(upload.metadata),
    )
    files.adopt(services.uploads.data_path(upload), upload.bucket, upload.name, upload.version)
    with (
        files.removed_on_client_error(upload.bucket, upload.name, upload.version),
        services.database.transaction(permission.call.scope.as_service()) as connection,
    ):
        _, replaced = rows.write_finished(connection, new, upsert=permission.upsert)
    if replaced:
        files.remove(upload.bucket, upload.name, replaced)
    services.uploads.finish(upload)


def settle(call: Call, upload: ResumableUpload) -> None:
    """Find out what became of an upload whose row was being written when the server or Postgres went away."""
    if not upload.completing:
        return
    with call.services.database.transaction(call.scope.as_service()) as connection:
        try:
            written = rows.find(connection, upload.bucket, upload.name).version == upload.version
        except StorageError:
            written = False
    if written:
        call.services.uploads.finish(upload)
    else:
        upload.completing = False
        call.services.uploads.save(upload)


def _metadata(upload: ResumableUpload) -> ObjectMetadata:
    return ObjectMetadata(
        etag=upload.etag(),
        size=upload.offset,
        mime_type=upload.metadata.get("contentType") or "application/octet-stream",
        cache_control=upload.metadata.get("cacheControl") or "no-cache",
        modified=datetime.now(UTC),
    )


def _user_metadata(metadata: Metadata) -> dict[str, object] | None:
    try:
        document = cast("object", json.loads(metadata.get("metadata") or "null"))
    except ValueError:
        return None
    return cast("dict[str, object]", document) if isinstance(document, dict) else None
