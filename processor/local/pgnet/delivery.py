"""Sends one request and returns its response, or the message of libcurl for the error that occurred."""

import asyncio
import socket
from dataclasses import dataclass, field
from time import perf_counter

import httpx

USER_AGENT = "pg_net/0.20.4"
# The default limit of libcurl since 8.3; the default of httpx is 20.
MAX_REDIRECTS = 30
# Exception class, part of its message, message of libcurl. The first line that matches an exception counts.
CURL_MESSAGES: tuple[tuple[type[Exception], str, str], ...] = (
    (httpx.ConnectError, "", "Could not connect to server"),
    (httpx.UnsupportedProtocol, "", "Unsupported protocol"),
    (httpx.TooManyRedirects, "", "Number of redirects hit maximum amount"),
    (httpx.RemoteProtocolError, "without sending a response", "Server returned nothing (no headers, no data)"),
    (httpx.RemoteProtocolError, "complete message body", "Transferred a partial file"),
    (httpx.RemoteProtocolError, "", "Weird server reply"),
    (httpx.WriteError, "", "Failed sending data to the peer"),
    (httpx.HTTPError, "", "Failure when receiving data from the peer"),
    (OSError, "", "Failure when receiving data from the peer"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A row of net.http_request_queue; headers are [name, value] pairs."""

    id: int
    method: str
    url: str
    headers: list[list[str]]
    body: bytes | None
    timeout_milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A row of net._http_response: the response, or the error message."""

    id: int
    status_code: int | None = None
    content_type: str | None = None
    headers: dict[str, str] | None = None
    content: str | None = None
    timed_out: bool = False
    error_msg: str | None = None


@dataclass(slots=True)
class Stopwatch:
    """The times at which a request started and was connected."""

    started: float = field(default_factory=perf_counter)
    connected: float | None = None

    async def trace(self, event: str, _info: object) -> None:
        """Record the end of the TCP and TLS handshakes; httpcore calls this at every step."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self.connected = perf_counter()

    def timeout_message(self, limit: int) -> str:
        """Return the message of pg_net; httpcore does not measure DNS apart from the handshake."""
        total = (perf_counter() - self.started) * 1000
        handshake = total if self.connected is None else (self.connected - self.started) * 1000
        return (
            f"Timeout of {limit} ms reached. Total time: {total:f} ms (DNS time: {0:f} ms, "
            f"TCP/SSL handshake time: {handshake:f} ms, HTTP Request/Response time: {total - handshake:f} ms)"
        )


def http_client() -> httpx.AsyncClient:
    """Return a client that sends only the headers of libcurl and opens a connection for each request.

    Connections are not reused, because httpx does not repeat a request that it wrote to a connection that the server
    had just closed.
    """
    client = httpx.AsyncClient(
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        timeout=None,  # noqa: S113 -- deliver() limits the total time of a request, as libcurl does
        trust_env=False,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
    )
    for name in ("accept-encoding", "connection", "user-agent"):
        del client.headers[name]
    return client


async def deliver(client: httpx.AsyncClient, request: Request) -> Response:
    """Send a request once; return the response, or the error as a Response."""
    watch = Stopwatch()
    # In libcurl 0 means no limit.
    seconds = request.timeout_milliseconds / 1000 if request.timeout_milliseconds > 0 else None
    try:
        async with asyncio.timeout(seconds):
            response = await client.request(
                request.method.upper(),
                request.url,
                headers=_headers(request),
                content=request.body,
                extensions={"trace": watch.trace},
            )
    except TimeoutError:
        message = watch.timeout_message(request.timeout_milliseconds)
        return Response(id=request.id, timed_out=True, error_msg=message)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Response(id=request.id, error_msg=curl_message(error))
    return _response(request.id, response)


def _headers(request: Request) -> list[tuple[bytes, bytes]]:
    headers = [(name.encode(), value.encode()) for name, value in request.headers]
    if request.body is not None and not any(name.lower() == b"content-type" for name, _ in headers):
        headers.append((b"Content-Type", b"application/x-www-form-urlencoded"))
    return [*headers, (b"User-Agent", USER_AGENT.encode())]


def _response(request_id: int, response: httpx.Response) -> Response:
    # A column of type text cannot hold NUL; pg_net cuts the content there as well.
    content = response.content.decode("utf-8", "replace").partition("\0")[0]
    return Response(
        id=request_id,
        status_code=response.status_code,
        content_type=response.headers.get("content-type"),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers.raw},
        content=content or None,
    )


def curl_message(error: Exception) -> str:
    """Return the message of libcurl for an error (curl_easy_strerror)."""
    for kind, part, message in CURL_MESSAGES:
        if isinstance(error, kind) and part in str(error):
            return "Could not resolve hostname" if _is_dns_error(error) else message
    return "URL using bad/illegal format or missing URL"


def _is_dns_error(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, socket.gaierror):
        cause = cause.__cause__ or cause.__context__
    return cause is not None
