"""One request out, one response back, with the words that libcurl has for what goes wrong."""

import asyncio
import socket
from dataclasses import dataclass, field
from time import perf_counter

import httpx

USER_AGENT = "pg_net/0.20.4"
# libcurl's own limit since 8.3; httpx would stop at 20.
MAX_REDIRECTS = 30
# The first line whose class and part of the message fit a failure has libcurl's words for it.
CURL_WORDS: tuple[tuple[type[Exception], str, str], ...] = (
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


@dataclass(frozen=True, slots=True)
class Request:
    """A row of the queue; headers are [name, value] pairs."""

    id: int
    method: str
    url: str
    headers: list[list[str]]
    body: bytes | None
    timeout_milliseconds: int


@dataclass(frozen=True, slots=True)
class Response:
    """A row of net._http_response: what came back, or error_msg."""

    id: int
    status_code: int | None = None
    content_type: str | None = None
    headers: dict[str, str] | None = None
    content: str | None = None
    timed_out: bool = False
    error_msg: str | None = None


@dataclass(slots=True)
class Stopwatch:
    """How long a request took until it was connected, and since."""

    started: float = field(default_factory=perf_counter)
    connected: float | None = None

    async def trace(self, event: str, _info: object) -> None:
        """Note the end of the handshakes; called by httpcore at every step."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self.connected = perf_counter()

    def timeout_message(self, limit: int) -> str:
        """Say what pg_net says; httpcore does not time DNS apart from the handshake."""
        total = (perf_counter() - self.started) * 1000
        handshake = total if self.connected is None else (self.connected - self.started) * 1000
        return (
            f"Timeout of {limit} ms reached. Total time: {total:f} ms (DNS time: {0:f} ms, "
            f"TCP/SSL handshake time: {handshake:f} ms, HTTP Request/Response time: {total - handshake:f} ms)"
        )


def http_client() -> httpx.AsyncClient:
    """Make a client that adds nothing that libcurl would not, and opens a connection for each request.

    No connection is kept: httpx does not send again what it wrote into one that the server had just closed.
    """
    client = httpx.AsyncClient(
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        timeout=None,  # noqa: S113 -- deliver() limits the whole of a request, as libcurl does
        trust_env=False,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
    )
    for name in ("accept-encoding", "connection", "user-agent"):
        del client.headers[name]
    return client


async def deliver(client: httpx.AsyncClient, request: Request) -> Response:
    """Send once, never again; every failure is a Response."""
    watch = Stopwatch()
    # 0 is no limit in libcurl.
    seconds = request.timeout_milliseconds / 1000 if request.timeout_milliseconds > 0 else None
    try:
        async with asyncio.timeout(seconds):
            answer = await client.request(
                request.method.upper(),
                request.url,
                headers=_headers(request),
                content=request.body,
                extensions={"trace": watch.trace},
            )
    except TimeoutError:
        message = watch.timeout_message(request.timeout_milliseconds)
        return Response(request.id, timed_out=True, error_msg=message)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as failure:
        return Response(request.id, error_msg=curl_message(failure))
    return _response(request.id, answer)


def _headers(request: Request) -> list[tuple[bytes, bytes]]:
    headers = [(name.encode(), value.encode()) for name, value in request.headers]
    if request.body is not None and not any(name.lower() == b"content-type" for name, _ in headers):
        headers.append((b"Content-Type", b"application/x-www-form-urlencoded"))
    return [*headers, (b"User-Agent", USER_AGENT.encode())]


def _response(request_id: int, answer: httpx.Response) -> Response:
    # A text column holds no NUL; pg_net ends the content there as well.
    content = answer.content.decode("utf-8", "replace").partition("\0")[0]
    return Response(
        request_id,
        status_code=answer.status_code,
        content_type=answer.headers.get("content-type"),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in answer.headers.raw},
        content=content or None,
    )


def curl_message(failure: Exception) -> str:
    """Translate a failure into libcurl's words for it (curl_easy_strerror)."""
    for kind, part, words in CURL_WORDS:
        if isinstance(failure, kind) and part in str(failure):
            return "Could not resolve hostname" if _is_of_dns(failure) else words
    return "URL using bad/illegal format or missing URL"


def _is_of_dns(failure: BaseException) -> bool:
    cause: BaseException | None = failure
    while cause is not None and not isinstance(cause, socket.gaierror):
        cause = cause.__cause__ or cause.__context__
    return cause is not None
