"""Uploads: the policies are checked first, then the content is written to disk, and the row is written at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from processor.local.storage_api import rows
from processor.local.storage_api.bodies import BodyStream
from processor.local.storage_api.errors import GatewayError, StorageError, invalid_mime_type, too_large
from processor.local.storage_api.files import IncomingFile
from processor.local.storage_api.names import check_bucket_name, check_object_name
from processor.local.storage_api.records import ObjectRow
from processor.local.storage_api.services import Call, build_call, skip_identification
from processor.local.storage_api.tokens import upload_grant
from processor.local.storage_api.upload_parsers import UploadParser, parser_for

# The status that web servers log for a client that disconnected; nobody receives it.
_CLIENT_CLOSED_REQUEST = 499


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that passed the policies."""

    call: Call
    owner: str | None
    upsert: bool
    limits: rows.Limits


async def create(request: Request) -> Response:
    """Answer POST /object/{bucket}/{name}."""

    def begin() -> Upload:
        upsert = request.headers.get("x-upsert") == "true"
        return _allowed(build_call(request, "storage.object.upload"), upsert=upsert)

    return await _upload(request, begin, with_id=True)


async def replace(request: Request) -> Response:
    """Answer PUT /object/{bucket}/{name}."""

    def begin() -> Upload:
        return _allowed(build_call(request, "storage.object.upload_update"), upsert=True)

    return await _upload(request, begin, with_id=True)


async def create_signed(request: Request) -> Response:
    """Answer PUT /object/upload/sign/{bucket}/{name}; the policies were checked when the URL was signed."""

    def begin() -> Upload:
        call = build_call(request, "storage.object.upload_signed", skip_identification)
        grant = upload_grant(call)
        limits = check_upload(call, upsert=grant.upsert)
        return Upload(call, grant.owner, grant.upsert, limits)

    return await _upload(request, begin, with_id=False)


def check_upload(call: Call, *, upsert: bool) -> rows.Limits:
    """Try the insert as the caller and roll it back; return the limits of the bucket.

    Raises: StorageError when the insert fails.
    """
    check_bucket_name(call.bucket)
    check_object_name(call.name)
    with call.services.database.transaction(call.scope.as_service()) as connection:
        limits = rows.bucket_limits(connection, call.bucket).within(call.services.settings.file_size_limit)
    new = rows.NewObject(bucket=call.bucket, name=call.name, owner=call.scope.caller.owner, version=str(uuid4()))
    with call.services.database.rolled_back_transaction(call.scope) as connection:
        rows.write(connection, new, upsert=upsert)
    return limits


def _allowed(call: Call, *, upsert: bool) -> Upload:
    return Upload(call, call.scope.caller.owner, upsert, check_upload(call, upsert=upsert))


async def _upload(request: Request, begin: Callable[[], Upload], *, with_id: bool) -> Response:
    stream = BodyStream(request)
    try:
        try:
            row = await _receive(request, stream, await run_in_threadpool(begin))
        except (StorageError, GatewayError):
            # A client that is still sending does not read a response, so the rest of the body is received first.
            await stream.drain()
            raise
    except ClientDisconnect:
        return Response(status_code=_CLIENT_CLOSED_REQUEST)
    answer = {"Key": f"{row.bucket_id}/{row.name}"}
    return JSONResponse(answer | ({"Id": row.id} if with_id else {}))


async def _receive(request: Request, stream: BodyStream, upload: Upload) -> ObjectRow:
    _check_length(request, upload.limits)
    files = upload.call.services.files
    incoming = await run_in_threadpool(files.receive, upload.limits.file_size)
    try:
        parser = parser_for(request.headers, incoming, lambda mime_type: check_type(mime_type, upload.limits))
        await _receive_body(stream, parser)
        return await run_in_threadpool(_finish, upload, incoming, parser)
    finally:
        incoming.discard()


async def _receive_body(stream: BodyStream, parser: UploadParser) -> None:
    """Receive each batch while the previous one is written."""
    writing: asyncio.Task[None] | None = None
    try:
        async for batch in stream.batches():
            if writing:
                await writing
            writing = asyncio.create_task(run_in_threadpool(parser.feed, batch))
    finally:
        if writing:
            await writing


def _finish(upload: Upload, incoming: IncomingFile, parser: UploadParser) -> ObjectRow:
    parser.end()
    call, version = upload.call, str(uuid4())
    new = rows.NewObject(
        bucket=call.bucket,
        name=call.name,
        owner=upload.owner,
        version=version,
        metadata=incoming.finish(parser.mime_type, parser.cache_control),
        user_metadata=parser.user_metadata,
    )
    files = call.services.files
    files.store(incoming, call.bucket, call.name, version)
    # With the service role, as in the real server: a policy that changed during the upload is not checked again.
    with (
        files.removed_on_client_error(call.bucket, call.name, version),
        call.services.database.transaction(call.scope.as_service()) as connection,
    ):
        row, replaced = rows.write_finished(connection, new, upsert=upload.upsert)
    if replaced:
        files.remove(call.bucket, call.name, replaced)
    return row


def _check_length(request: Request, limits: rows.Limits) -> None:
    """Check the announced length against the limit.

    A form is longer than the file in it, so for a form only the file is measured while it arrives.
    """
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return
    length = request.headers.get("content-length", "0")
    if limits.file_size is not None and int(length) > limits.file_size:
        raise too_large()


def check_type(mime_type: str, limits: rows.Limits) -> None:
    """Compare the content type verbatim, as the real server does: "text/csv; charset=utf-8" is not "text/csv"."""
    if limits.mime_types and mime_type not in limits.mime_types:
        raise invalid_mime_type(mime_type)
