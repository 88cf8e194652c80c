"""Uploads: the policies are asked first, the bytes go to disk, the row is written when the last one is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from processor.local.storage_api import rows
from processor.local.storage_api.bodies import Stream
from processor.local.storage_api.errors import GatewayRefusal, StorageError, invalid_mime_type, too_large
from processor.local.storage_api.files import Incoming
from processor.local.storage_api.names import check_bucket_name, check_object_name
from processor.local.storage_api.records import ObjectRow
from processor.local.storage_api.services import Call, call_of, everyone
from processor.local.storage_api.tokens import upload_grant
from processor.local.storage_api.upload_parsers import Sink, sink_for

# What web servers note for a client that went away; nobody receives it.
_CLIENT_CLOSED_REQUEST = 499


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that the policies allow."""

    call: Call
    owner: str | None
    upsert: bool
    limits: rows.Limits


async def create(request: Request) -> Response:
    """Answer POST /object/{bucket}/{name}."""

    def begin() -> Upload:
        upsert = request.headers.get("x-upsert") == "true"
        return _allowed(call_of(request, "storage.object.upload"), upsert=upsert)

    return await _upload(request, begin, with_id=True)


async def replace(request: Request) -> Response:
    """Answer PUT /object/{bucket}/{name}."""

    def begin() -> Upload:
        return _allowed(call_of(request, "storage.object.upload_update"), upsert=True)

    return await _upload(request, begin, with_id=True)


async def create_signed(request: Request) -> Response:
    """Answer PUT /object/upload/sign/{bucket}/{name}; the policies were asked when the URL was signed."""

    def begin() -> Upload:
        call = call_of(request, "storage.object.upload_signed", everyone)
        grant = upload_grant(call)
        limits = may_upload(call, upsert=grant.upsert)
        return Upload(call, grant.owner, grant.upsert, limits)

    return await _upload(request, begin, with_id=False)


def may_upload(call: Call, *, upsert: bool) -> rows.Limits:
    """Rehearse the upload as the caller; returns the bucket's limits, raises what the real insert would raise."""
    check_bucket_name(call.bucket)
    check_object_name(call.name)
    with call.services.database.transaction(call.scope.as_service()) as connection:
        limits = rows.limits_of(connection, call.bucket)
    new = rows.NewObject(call.bucket, call.name, call.scope.caller.owner, version=str(uuid4()))
    with call.services.database.rehearsal(call.scope) as connection:
        rows.write(connection, new, upsert=upsert)
    return limits


def _allowed(call: Call, *, upsert: bool) -> Upload:
    return Upload(call, call.scope.caller.owner, upsert, may_upload(call, upsert=upsert))


async def _upload(request: Request, begin: Callable[[], Upload], *, with_id: bool) -> Response:
    stream = Stream(request)
    try:
        try:
            row = await _receive(request, stream, await run_in_threadpool(begin))
        except (StorageError, GatewayRefusal):
            # A client that is still sending reads no answer: take the rest of the body before refusing it.
            await stream.drain()
            raise
    except ClientDisconnect:
        return Response(status_code=_CLIENT_CLOSED_REQUEST)
    answer = {"Key": f"{row.bucket_id}/{row.name}"}
    return JSONResponse(answer | ({"Id": row.id} if with_id else {}))


async def _receive(request: Request, stream: Stream, upload: Upload) -> ObjectRow:
    _check_length(request, upload.limits)
    files = upload.call.services.files
    incoming = await run_in_threadpool(files.receive, upload.limits.file_size)
    try:
        sink = sink_for(request.headers, incoming, lambda kind: _check_type(kind, upload.limits))
        await _pour(stream, sink)
        return await run_in_threadpool(_finish, upload, incoming, sink)
    finally:
        incoming.discard()


async def _pour(stream: Stream, sink: Sink) -> None:
    """Receive one batch while the one before is written."""
    writing: asyncio.Task[None] | None = None
    try:
        async for batch in stream.batches():
            if writing:
                await writing
            writing = asyncio.create_task(run_in_threadpool(sink.feed, batch))
    finally:
        if writing:
            await writing


def _finish(upload: Upload, incoming: Incoming, sink: Sink) -> ObjectRow:
    sink.end()
    call, version = upload.call, str(uuid4())
    new = rows.NewObject(
        call.bucket,
        call.name,
        upload.owner,
        version,
        incoming.finish(sink.mime_type, sink.cache_control),
        sink.user_metadata,
    )
    files = call.services.files
    files.keep(incoming, call.bucket, call.name, version)
    # As the service: a policy that changed while the bytes came in is not asked twice by the real server either.
    with (
        files.dropped_if_refused(call.bucket, call.name, version),
        call.services.database.transaction(call.scope.as_service()) as connection,
    ):
        row, replaced = rows.finish(connection, new, upsert=upload.upsert)
    if replaced:
        files.drop(call.bucket, call.name, replaced)
    return row


def _check_length(request: Request, limits: rows.Limits) -> None:
    """Refuse at once what announces its size; a form is a little longer than its file, so only its bytes count."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return
    length = request.headers.get("content-length", "0")
    if limits.file_size is not None and int(length) > limits.file_size:
        raise too_large()


def _check_type(mime_type: str, limits: rows.Limits) -> None:
    """Compare verbatim, as the real server does: "text/csv; charset=utf-8" is not "text/csv"."""
    if limits.mime_types and mime_type not in limits.mime_types:
        raise invalid_mime_type(mime_type)
