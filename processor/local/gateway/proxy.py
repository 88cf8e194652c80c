"""Passes a request on to a service on loopback, and its response back, both as streams."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

# Headers of one connection, and those that the gateway writes itself.
_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding")
) | {"upgrade", "host"}
_REPLACED = _HOP_BY_HOP | {"date", "server"}
# A statement of the role `postgres` may take two minutes.
_READ_SECONDS = 300.0
# Shorter than the time after which Node closes an idle connection (5 s), so that no request meets its end.
_IDLE_SECONDS = 2.0
# For http:// on loopback. The default context loads the CA certificates, which takes 28 ms.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client() -> httpx.AsyncClient:
    """Return a client for the services behind the gateway, which never uses the caller's proxies."""
    return httpx.AsyncClient(
        verify=_NO_CERTIFICATES,
        trust_env=False,
        timeout=httpx.Timeout(_READ_SECONDS, connect=5.0),
        limits=httpx.Limits(max_connections=100, keepalive_expiry=_IDLE_SECONDS),
    )


async def forward(
    http: httpx.AsyncClient, request: Request, url: str, service: str, authorization: str | None
) -> Response:
    """Return the response of the service at `url`, or a 503 when it does not answer."""
    onward = httpx.Request(
        request.method,
        url,
        headers=_request_headers(request, authorization),
        content=_body(request) if _has_body(request) else None,
    )
    try:
        response = await http.send(onward, stream=True)
    except httpx.TransportError:
        return unavailable(f"{service} does not answer", "Run import-jobs stack status.")
    answer = StreamingResponse(_parts(response), response.status_code)
    answer.raw_headers = list(_response_headers(response.headers.raw))
    return answer


def unavailable(message: str, hint: str) -> JSONResponse:
    """Return the answer for a service that cannot serve now."""
    return JSONResponse({"code": "503", "message": message, "hint": hint, "details": None}, 503)


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for part in request.stream():
        if part:
            yield part


async def _parts(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the body and close the response, also when the client has gone in the meantime."""
    try:
        async for part in response.aiter_raw():
            yield part
    finally:
        await response.aclose()


def _request_headers(request: Request, authorization: str | None) -> list[tuple[str, str]]:
    dropped = _HOP_BY_HOP | {"authorization"}
    headers = [(name, value) for name, value in request.headers.items() if name not in dropped]
    headers.append(("x-forwarded-host", request.headers.get("host", "")))
    headers.append(("x-forwarded-proto", request.url.scheme))
    return headers + ([("authorization", authorization)] if authorization else [])


def _response_headers(raw: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    for name, value in raw:
        lower = name.lower()
        if lower.decode("latin-1") not in _REPLACED and not lower.startswith(b"access-control-"):
            yield lower, value
