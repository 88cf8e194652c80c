"""What a request's handler works with: the settings, Postgres, the files, and the call at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from processor.local.storage_api.bodies import Json
from processor.local.storage_api.callers import SERVICE, Caller, identify
from processor.local.storage_api.config import Settings
from processor.local.storage_api.database import Database, Scope
from processor.local.storage_api.files import Files

Identify = Callable[[Mapping[str, str], Settings], Caller]


@dataclass(frozen=True, slots=True)
class Services:
    """The long-lived parts of the server."""

    settings: Settings
    database: Database
    files: Files


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known caller."""

    services: Services
    scope: Scope
    headers: Mapping[str, str]
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Json

    @property
    def bucket(self) -> str:
        """Return the bucket in the path."""
        return self.params["bucket"]

    @property
    def name(self) -> str:
        """Return the object's name in the path."""
        return self.params["name"]


def everyone(_headers: Mapping[str, str], _settings: Settings) -> Caller:
    """Accept any caller, for routes that look at the bucket or at a signature instead; they run as the service."""
    return SERVICE


def call_of(request: Request, operation: str, who: Identify = identify, body: Json | None = None) -> Call:
    """Return the call; raises StorageError or GatewayRefusal when the caller is not to be believed."""
    services = cast("Services", request.app.state.services)
    caller = who(request.headers, services.settings)
    scope = Scope(caller, operation, request.method, request.url.path)
    return Call(
        services=services,
        scope=scope,
        headers=request.headers,
        params=request.path_params,
        query=request.query_params,
        body=body or Json({}),
    )
