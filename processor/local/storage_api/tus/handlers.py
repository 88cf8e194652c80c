"""Creates resumable uploads, appends to them, and tells and ends them."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email.utils import formatdate
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from processor.local.storage_api import rows
from processor.local.storage_api.bodies import BodyStream
from processor.local.storage_api.errors import invalid_request
from processor.local.storage_api.services import Call
from processor.local.storage_api.tus import permissions, protocol
from processor.local.storage_api.tus.completion import settle
from processor.local.storage_api.tus.locations import UploadId, decode, location
from processor.local.storage_api.tus.permissions import Permission
from processor.local.storage_api.tus.protocol import Metadata, TusError
from processor.local.storage_api.tus.receiving import receive
from processor.local.storage_api.tus.store import ResumableUpload, UploadStore
from processor.local.storage_api.uploads import check_type

_SECONDS = re.compile(r"-?\d+\Z")
_MAX_BODY = 1 << 62


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and whether it has a signature in place of a caller."""

    request: Request
    call: Call
    stream: BodyStream
    signed: bool

    @property
    def store(self) -> UploadStore:
        """The unfinished uploads."""
        return self.call.services.uploads

    def upload_id(self) -> UploadId:
        """Return the id in the URL.

        Raises: StorageError.
        """
        return decode(self.request.path_params["upload"])

    def permit(self, upload: UploadId) -> Permission:
        """Return what the request may write.

        Raises: StorageError.
        """
        return permissions.permit(self.call, upload, signed=self.signed)


async def options(exchange: Exchange) -> Response:
    """Answer OPTIONS: what the server can do."""
    headers = {"Tus-Version": protocol.VERSION, "Tus-Extension": ",".join(protocol.EXTENSIONS)}
    if limit := exchange.call.services.settings.file_size_limit:
        headers["Tus-Max-Size"] = str(limit)
    return Response(status_code=204, headers=headers)


async def create(exchange: Exchange) -> Response:
    """Answer POST: a new upload, with its first bytes if the body has them."""
    upload, permission = await run_in_threadpool(_create, exchange)
    headers = exchange.request.headers
    answer = {"Location": location(upload.id, headers, exchange.request.url.scheme, signed=exchange.signed)}
    has_body = headers.get("content-type") == protocol.CONTENT_TYPE
    if has_body or upload.length == 0:
        async with exchange.call.services.locks.hold(upload.version) as wanted:
            limit = _body_limit(exchange, upload) if has_body else 0
            await receive(exchange.stream, permission, upload, limit, wanted)
        answer["Upload-Offset"] = str(upload.offset)
    return Response(status_code=201, headers=answer | _expiry(exchange, upload))


async def append(exchange: Exchange) -> Response:
    """Answer PATCH: more bytes, at the offset that the upload has."""
    wanted_id, headers = exchange.upload_id(), exchange.request.headers
    for name in ("Upload-Offset", "Content-Type"):
        if name not in headers:
            raise TusError(403, f"{name} header required\n")
    permission = await run_in_threadpool(exchange.permit, wanted_id)
    async with exchange.call.services.locks.hold(wanted_id.version) as wanted:
        upload = await run_in_threadpool(_load, exchange, wanted_id)
        if upload.offset != protocol.number(headers["upload-offset"]):
            raise TusError(409, "Upload-Offset conflict\n")
        if "upload-length" in headers:
            await run_in_threadpool(_declare_length, exchange, upload)
        if not upload.finished:
            await receive(exchange.stream, permission, upload, _body_limit(exchange, upload), wanted)
    answer = {"Upload-Offset": str(upload.offset)} | ({"Tus-Complete": "1"} if upload.finished else {})
    return Response(status_code=204, headers=answer | _expiry(exchange, upload))


async def offset(exchange: Exchange) -> Response:
    """Answer HEAD: how many bytes the upload has. As in the real server any valid token may ask."""
    wanted_id = exchange.upload_id()
    if exchange.signed:
        permissions.check_signature(exchange.call, wanted_id)
    async with exchange.call.services.locks.hold(wanted_id.version):
        upload = await run_in_threadpool(_load, exchange, wanted_id)
    known = {"Upload-Defer-Length": "1"} if upload.length is None else {"Upload-Length": str(upload.length)}
    headers = {
        "Cache-Control": "no-store",
        "Upload-Offset": str(upload.offset),
        "Upload-Metadata": protocol.format_metadata(upload.metadata),
    }
    return Response(headers=headers | known)


async def terminate(exchange: Exchange) -> Response:
    """Answer DELETE: an unfinished upload and its bytes go."""
    wanted_id = exchange.upload_id()
    await run_in_threadpool(exchange.permit, wanted_id)
    async with exchange.call.services.locks.hold(wanted_id.version):
        upload = await run_in_threadpool(_load, exchange, wanted_id)
        if upload.finished:
            raise TusError(400, "Cannot terminate an already completed upload")
        await run_in_threadpool(exchange.store.discard, upload)
    return Response(status_code=204)


def _create(exchange: Exchange) -> tuple[ResumableUpload, Permission]:
    headers = exchange.request.headers
    if "upload-concat" in headers:
        text = "Concatenation extension is not (yet) supported. Disable parallel uploads in the tus client.\n"
        raise TusError(501, text)
    if ("upload-length" in headers) == ("upload-defer-length" in headers):
        raise TusError(400, "Upload-Length or Upload-Defer-Length header required\n")
    if "upload-metadata" not in headers:
        raise invalid_request("Metadata header is required")
    metadata = protocol.parse_metadata(headers["upload-metadata"])
    wanted = UploadId(metadata.get("bucketName") or "", metadata.get("objectName") or "", str(uuid4()))
    limits = permissions.limits_of(exchange.call, wanted.bucket)
    length = protocol.number(headers["upload-length"]) if "upload-length" in headers else None
    _check_size(length or 0, limits)
    permission = exchange.permit(wanted)
    upload = ResumableUpload(
        bucket=wanted.bucket,
        name=wanted.name,
        version=wanted.version,
        length=length,
        metadata=_checked(metadata, limits),
        created=time.time(),
    )
    exchange.store.create(upload)
    return upload, permission


def _checked(metadata: Metadata, limits: rows.Limits) -> Metadata:
    if mime_type := metadata.get("contentType"):
        check_type(mime_type, limits)
    seconds = metadata.get("cacheControl") or ""
    return metadata | {"cacheControl": f"max-age={seconds}" if _SECONDS.match(seconds) else "no-cache"}


def _load(exchange: Exchange, wanted: UploadId) -> ResumableUpload:
    upload = exchange.store.load(wanted)
    settle(exchange.call, upload)
    return upload


def _declare_length(exchange: Exchange, upload: ResumableUpload) -> None:
    length = protocol.number(exchange.request.headers["upload-length"])
    if upload.length is not None or length < upload.offset:
        raise TusError(400, "Upload-Length or Upload-Defer-Length header required\n")
    _check_size(length, permissions.limits_of(exchange.call, upload.bucket))
    upload.length = length
    exchange.store.save(upload)


def _check_size(size: int, limits: rows.Limits) -> None:
    if limits.file_size is not None and size > limits.file_size:
        raise TusError(413, "Maximum size exceeded\n")


def _body_limit(exchange: Exchange, upload: ResumableUpload) -> int:
    """Return how many bytes the body may have.

    Raises: TusError when it announces more.
    """
    if upload.length is None:
        size = permissions.limits_of(exchange.call, upload.bucket).file_size
        limit = _MAX_BODY if size is None else size - upload.offset
    else:
        limit = upload.length - upload.offset
    if int(exchange.request.headers.get("content-length", "0")) > limit:
        raise TusError(413, "upload's size exceeded\n")
    return limit


def _expiry(exchange: Exchange, upload: ResumableUpload) -> dict[str, str]:
    return {} if upload.finished else {"Upload-Expires": formatdate(exchange.store.expires(upload), usegmt=True)}
