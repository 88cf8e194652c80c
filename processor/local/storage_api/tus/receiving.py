"""Receives the body of a request into an upload, until it ends, breaks, or another request wants the upload."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from processor.local.storage_api.bodies import BodyStream
from processor.local.storage_api.tus.completion import complete
from processor.local.storage_api.tus.part_writer import PartWriter
from processor.local.storage_api.tus.permissions import Permission
from processor.local.storage_api.tus.protocol import TusError
from processor.local.storage_api.tus.store import ResumableUpload


class Aborted(TusError):
    """Another request wants the upload; the connection is closed without reading the rest of the body."""

    def __init__(self) -> None:
        super().__init__(400, "Request aborted due to lock acquired")


async def receive(
    stream: BodyStream, permission: Permission, upload: ResumableUpload, limit: int, wanted: asyncio.Event
) -> None:
    """Append at most `limit` bytes of a body; write the object when they were the last.

    Raises: TusError, StorageError, and ClientDisconnect; what had arrived by then is kept.
    """
    store = permission.call.services.uploads
    with await run_in_threadpool(PartWriter, store, upload, limit) as writer:
        try:
            await _receive_body(stream, writer, wanted)
        except (Aborted, ClientDisconnect):
            await run_in_threadpool(_keep, writer, stream.take_rest())
            raise
        await run_in_threadpool(end, permission, upload, writer)


def end(permission: Permission, upload: ResumableUpload, writer: PartWriter) -> None:
    """Record what was received; complete the upload if it has all its bytes."""
    if not writer.has_all:
        writer.record()
        return
    upload.completing = True
    permission.call.services.uploads.save(upload)
    writer.close_part()
    complete(permission, upload)


def _keep(writer: PartWriter, rest: bytes) -> None:
    writer.write(rest)
    # Only a request that is answered completes the upload, so its last part has to be sent again.
    if not writer.has_all:
        writer.record()


async def _receive_body(stream: BodyStream, writer: PartWriter, wanted: asyncio.Event) -> None:
    interruption = asyncio.ensure_future(wanted.wait())
    batches = stream.batches()
    try:
        while True:
            following = asyncio.ensure_future(anext(batches, None))
            await asyncio.wait({following, interruption}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                following.cancel()
                raise Aborted
            if (batch := following.result()) is None:
                return
            await run_in_threadpool(writer.write, batch)
    finally:
        interruption.cancel()
