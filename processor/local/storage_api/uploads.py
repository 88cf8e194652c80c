"""Uploads: the policies are asked first, the bytes go to disk, the row is written when the last one is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from processor.local.storage_api import rows
from processor.local.storage_api.bodies import Stream
from processor.local.storage_api.errors import GatewayRefusal, StorageError, invalid_mime_type, too_large
from processor.local.storage_api.files import Incoming
from processor.local.storage_api.names import check_object_name
from processor.local.storage_api.records import ObjectMetadata, ObjectRow
from processor.local.storage_api.services import Call, call_of
from processor.local.storage_api.signed import UploadGrant, grant_of
from processor.local.storage_api.sinks import Sink, sink_for

# What nginx notes for a client that went away; nobody receives it.
_CLIENT_CLOSED_REQUEST = 499


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that may begin."""

    call: Call
    bucket: str
    name: str
    owner: str | None
    upsert: bool
    limits: rows.Limits


async def create(request: Request) -> Response:
    """Answer POST /object/{bucket}/{name}."""
    upsert = request.headers.get("x-upsert") == "true"
    return await _answer(request, lambda: _begin(call_of(request, "storage.object.upload"), upsert=upsert))


async def replace(request: Request) -> Response:
    """Answer PUT /object/{bucket}/{name}."""
    return await _answer(
        request, lambda: _begin(call_of(request, "storage.object.upload_update"), upsert=True)
    )


async def create_signed(request: Request) -> Response:
    """Answer PUT /object/upload/sign/{bucket}/{name}?token=…; the policies were asked when it was signed."""

    def begin() -> Upload:
        call, grant = grant_of(request)
        return _begin(call, upsert=grant.upsert, grant=grant)

    return await _answer(request, begin)


def may_upload(call: Call, *, upsert: bool) -> rows.Limits:
    """Rehearse the upload as the caller; returns the bucket's limits, raises what the real insert would raise."""
    check_object_name(call.name)
    with call.services.database.transaction(call.scope.as_service()) as connection:
        limits = rows.limits_of(connection, call.bucket)
    new = rows.NewObject(call.bucket, call.name, call.scope.caller.owner, version=str(uuid4()))
    with call.services.database.rehearsal(call.scope) as connection:
        rows.write(connection, new, upsert=upsert)
    return limits


def _begin(call: Call, *, upsert: bool, grant: UploadGrant | None = None) -> Upload:
    limits = may_upload(call, upsert=upsert)
    owner = grant.owner if grant else call.scope.caller.owner
    return Upload(call, call.bucket, call.name, owner, upsert, limits)


type Begin = object


async def _answer(request: Request, begin: object) -> Response:
    raise NotImplementedError
