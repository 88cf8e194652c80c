"""The objects that request handlers use: the settings, the database, the files and the current call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from processor.local.storage_api.bodies import JsonBody
from processor.local.storage_api.callers import SERVICE, Caller, identify
from processor.local.storage_api.config import Settings
from processor.local.storage_api.database import Database, Scope
from processor.local.storage_api.files import Files
from processor.local.storage_api.tus.locks import Locks
from processor.local.storage_api.tus.store import UploadStore

Identify = Callable[[Mapping[str, str], Settings], Caller]


@dataclass(frozen=True, slots=True)
class Services:
    """The long-lived parts of the server."""

    settings: Settings
    database: Database
    files: Files
    uploads: UploadStore
    locks: Locks


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request and its caller."""

    services: Services
    scope: Scope
    headers: Mapping[str, str]
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: JsonBody

    @property
    def bucket(self) -> str:
        """The bucket in the path."""
        return self.params["bucket"]

    @property
    def name(self) -> str:
        """The name of the object in the path."""
        return self.params["name"]


def skip_identification(_headers: Mapping[str, str], _settings: Settings) -> Caller:
    """Return the service role for any caller; for routes that check the bucket or a signature instead."""
    return SERVICE


def build_call(
    request: Request, operation: str, identify_caller: Identify = identify, body: JsonBody | None = None
) -> Call:
    """Return the call of a request.

    Raises: StorageError or GatewayError when the caller cannot be identified.
    """
    services = cast("Services", request.app.state.services)
    caller = identify_caller(request.headers, services.settings)
    scope = Scope(caller, operation, request.method, request.url.path)
    return Call(
        services=services,
        scope=scope,
        headers=request.headers,
        params=request.path_params,
        query=request.query_params,
        body=body or JsonBody({}),
    )
