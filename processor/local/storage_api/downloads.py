"""Downloads: the row decides whether the caller gets the file, the request headers which bytes of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from processor.local.storage_api import rows
from processor.local.storage_api.callers import SERVICE, identify_or_anonymous
from processor.local.storage_api.errors import StorageError, access_denied, no_such_bucket
from processor.local.storage_api.file_response import FileResponse
from processor.local.storage_api.names import check_object_name
from processor.local.storage_api.ranges import is_unchanged, parse_range
from processor.local.storage_api.records import ObjectRow
from processor.local.storage_api.services import Call, build_call, skip_identification
from processor.local.storage_api.tokens import download_expiry


async def authenticated(request: Request) -> Response:
    """Answer GET and HEAD /object/authenticated/{bucket}/{name}."""
    return await run_in_threadpool(lambda: _readable(build_call(request, "storage.object.get_authenticated")))


async def plain(request: Request) -> Response:
    """Answer GET and HEAD /object/{bucket}/{name}; without a token only public buckets are served."""
    operation = "storage.object.get_authenticated"
    return await run_in_threadpool(lambda: _readable(build_call(request, operation, identify_or_anonymous)))


async def public(request: Request) -> Response:
    """Answer GET and HEAD /object/public/{bucket}/{name}."""

    def answer() -> Response:
        call = build_call(request, "storage.object.get_public", skip_identification)
        if not _limits(call).public:
            raise no_such_bucket()
        return _file(call, _find(call))

    return await run_in_threadpool(answer)


async def signed(request: Request) -> Response:
    """Answer GET and HEAD /object/sign/{bucket}/{name}?token=…."""

    def answer() -> Response:
        call = build_call(request, "storage.object.get_signed", skip_identification)
        expiry = download_expiry(call)
        return _file(call, _find(call), expires=datetime.fromtimestamp(expiry, UTC))

    return await run_in_threadpool(answer)


def _readable(call: Call) -> Response:
    caller = call.scope.caller
    with call.services.database.transaction(call.scope.as_service()) as connection:
        public = rows.bucket_limits(connection, call.bucket).public
        if not caller.authenticated and not public:
            raise access_denied("Access denied to this bucket")
        check_object_name(call.name)
        row = rows.find(connection, call.bucket, call.name) if public or caller == SERVICE else None
    return _file(call, row or _find(call))


def _limits(call: Call) -> rows.Limits:
    with call.services.database.transaction(call.scope.as_service()) as connection:
        return rows.bucket_limits(connection, call.bucket)


def _find(call: Call) -> ObjectRow:
    check_object_name(call.name)
    with call.services.database.transaction(call.scope) as connection:
        return rows.find(connection, call.bucket, call.name)


def _file(call: Call, row: ObjectRow, *, expires: datetime | None = None) -> Response:
    metadata = row.metadata
    try:
        if metadata is None:
            raise FileNotFoundError(row.name)
        descriptor = call.services.files.open(row.bucket_id, row.name, row.version)
    except FileNotFoundError as error:
        raise StorageError(404, "Not found", "The resource was not found") from error
    try:
        headers = {
            "accept-ranges": "bytes",
            "etag": metadata.etag,
            "last-modified": format_datetime(metadata.modified.astimezone(UTC), usegmt=True),
        }
        if is_unchanged(call.headers, metadata.etag, metadata.modified):
            os.close(descriptor)
            return Response(status_code=304, headers=headers)
        # The real server serves HTML as plain text.
        headers["content-type"] = "text/plain" if "text/html" in metadata.mime_type else metadata.mime_type
        if expires:
            headers["expires"] = format_datetime(expires, usegmt=True)
        else:
            headers["cache-control"] = metadata.cache_control
        headers |= _disposition(call.query.get("download"))
        size = os.fstat(descriptor).st_size
        return FileResponse(descriptor, size, parse_range(call.headers.get("range"), size), headers)
    except BaseException:
        os.close(descriptor)
        raise


def _disposition(download: str | None) -> dict[str, str]:
    if download is None:
        return {}
    name = quote(download, safe="!'()*")
    value = f"attachment; filename={name}; filename*=UTF-8''{name};" if name else "attachment;"
    return {"content-disposition": value}
