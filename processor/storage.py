"""The source: a file in Storage, streamed with a bounded buffer, taken up again at the byte it had reached.

Storage ignores If-Match and If-Range, so the ETag and the size of every response are compared here. Its errors are
HTTP 400 with the true status in the body's `statusCode` (Storage API v1.11, read in source).
"""

import json
import random
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import urllib3
from urllib3.exceptions import HTTPError

from processor.errors import ObjectNotFound, SourceChanged, SourceRefused, SourceTooLarge, SourceUnavailable

if TYPE_CHECKING:
    from storage3._sync.file_api import SyncBucketProxy

    from supabase import Client

# Reconnects in a row without a single new byte before the attempt is given up (the job itself is tried again later).
PATIENCE = 5
# Storing a large artifact may take the server long after the last byte has been sent.
WRITE_SECONDS = 600
TIMEOUT = urllib3.Timeout(connect=10.0, read=30.0)
# Taken of the socket at once, as far as it is there: larger pieces are not faster.
BLOCK_BYTES = 1 << 18
# A body that explains an error has a few hundred bytes.
ERROR_BYTES = 1 << 16
# Kept open for the next download; more than these are closed behind theirs.
CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a file the same file: its ETag as Storage gives it, and its size in bytes."""

    etag: str | None
    size: int


class Downloads:
    """Reads files of the Storage API; `sb_secret_…` keys go into `apikey`, a JWT into `Authorization`, too.

    It takes a fifth of the time per byte that httpx does (0.04 s and 0.22 s of a core for 100 MB). Certificates are
    those that httpx trusts; a proxy is what the environment names.
    """

    def __init__(self, supabase_url: str, key: str) -> None:
        self._base = f"{supabase_url}/storage/v1/"
        self._headers = {"apikey": key, "User-Agent": "import-jobs", "Accept-Encoding": "identity"}
        if not key.startswith("sb_"):
            self._headers["Authorization"] = f"Bearer {key}"
        self._pool = pool_for(self._base)

    def get(self, bucket: str, path: str, position: int) -> urllib3.BaseHTTPResponse:
        """Ask for an object from byte `position` on; the body is to be read.

        Raises: urllib3.exceptions.HTTPError.
        """
        ranged = {"Range": f"bytes={position}-"} if position else {}
        return self._pool.request(
            "GET",
            f"{self._base}object/authenticated/{quote(bucket, safe='')}/{quote(path)}",
            headers=self._headers | ranged,
            preload_content=False,
            decode_content=False,
            redirect=False,
            retries=False,
            timeout=TIMEOUT,
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


def pool_for(url: str) -> urllib3.PoolManager:
    """Return a pool of connections to a server, by way of the proxy that the environment names for it."""
    parts = urlsplit(url)
    proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    context = httpx.create_ssl_context()
    if proxy is None:
        return urllib3.PoolManager(maxsize=CONNECTIONS, ssl_context=context)
    return urllib3.ProxyManager(proxy, maxsize=CONNECTIONS, ssl_context=context)


class Source:
    """A file being read. `identity` is known after the first response; every later one must have the same.

    `check` is asked before each request and each block, and raises when nobody wants the rest any more.
    """

    def __init__(
        self, downloads: Downloads, bucket: str, path: str, max_bytes: int, check: Callable[[], None] = lambda: None
    ) -> None:
        self._downloads, self._bucket, self._path = downloads, bucket, path
        self._max_bytes = max_bytes
        self._check = check
        self.identity: Identity | None = None
        self.position = 0

    def blocks(self, start: int = 0) -> Generator[bytes]:
        """Yield the file's bytes from `start` to its end, in blocks as they arrive.

        Raises: ObjectNotFound, SourceRefused, SourceTooLarge, SourceChanged; SourceUnavailable when Storage fails
        `PATIENCE` times in a row without a byte in between.
        """
        position, failures = start, 0
        while self.identity is None or position < self.identity.size:
            self._check()
            try:
                with closing(self._connected(position)) as body:
                    for block in body:
                        self._check()
                        position += len(block)
                        self.position = position
                        failures = 0
                        yield block
                if self.identity is not None and position >= self.identity.size:
                    return
                raise SourceUnavailable("Storage ended the file early")
            except (HTTPError, SourceUnavailable) as exc:
                failures += 1
                if failures >= PATIENCE:
                    raise SourceUnavailable(f"Storage failed {failures} times in a row ({type(exc).__name__})") from exc
                time.sleep(random.uniform(0, 0.1 * 2**failures))  # noqa: S311 - jitter, not a secret

    def identified(self) -> Identity:
        """Return the file's identity, which the first response has told.

        Raises: SourceUnavailable when there was none.
        """
        if self.identity is None:
            raise SourceUnavailable("Storage has not answered yet")
        return self.identity

    def _connected(self, position: int) -> Generator[bytes]:
        with closing(self._downloads.get(self._bucket, self._path, position)) as response:
            if response.status not in (200, 206):
                raise refusal(response)
            skip = position if response.status == 200 else 0
            self._compare(response, position)
            while block := response.read1(BLOCK_BYTES):
                kept = block[skip:] if skip else block
                skip -= min(skip, len(block))
                if kept:
                    yield kept
            response.release_conn()

    def _compare(self, response: urllib3.BaseHTTPResponse, position: int) -> None:
        found = Identity(response.headers.get("etag"), full_size(response, position))
        if found.size > self._max_bytes:
            raise SourceTooLarge(f"the file has {found.size:,} bytes; the processor takes {self._max_bytes:,}")
        if self.identity is None:
            self.identity = found
        elif found != self.identity:
            raise SourceChanged("the file changed while it was being imported")


class Artifacts:
    """Files that the processor writes into Storage, or deletes there; a client of Supabase, made at the first use."""

    def __init__(self, supabase_url: str, key: str) -> None:
        self._url, self._key = supabase_url, key
        self._lock = threading.Lock()
        self._made: Client | None = None

    def warm(self) -> None:
        """Make the client ahead of its first use, which is in the middle of a job."""
        self._client()

    def put(self, bucket: str, path: str, file: Path) -> None:
        """Upload a CSV; one of that name is replaced.

        Raises: SourceUnavailable, SourceRefused.
        """
        self._do(bucket, lambda files: files.upload(path, file, {"content-type": "text/csv", "upsert": "true"}))

    def delete(self, bucket: str, path: str) -> None:
        """Delete a file, if it is there.

        Raises: SourceUnavailable, SourceRefused.
        """
        self._do(bucket, lambda files: files.remove([path]))

    def _do(self, bucket: str, work: "Callable[[SyncBucketProxy], object]") -> None:
        from storage3.exceptions import StorageApiError

        try:
            work(self._client().storage.from_(bucket))
        except StorageApiError as exc:
            status = int(exc.status) if str(exc.status).isdigit() else 500
            raise (SourceUnavailable if status == 429 or status >= 500 else SourceRefused)(
                f"Storage refused to write beside the file with {status}"
            ) from exc
        except httpx.TransportError as exc:
            raise SourceUnavailable(f"Storage could not be reached ({type(exc).__name__})") from exc

    def _client(self) -> "Client":
        with self._lock:
            if self._made is None:
                # 0.5 s and 30 MB, which most jobs do not need.
                from supabase import ClientOptions, create_client

                self._made = create_client(self._url, self._key, ClientOptions(storage_client_timeout=WRITE_SECONDS))
            return self._made


def full_size(response: urllib3.BaseHTTPResponse, position: int) -> int:
    """Return the size of the whole file that a 200 or 206 tells of.

    Raises: SourceUnavailable when the response does not say it.
    """
    try:
        if response.status == 206:
            return int(response.headers["content-range"].rsplit("/", 1)[1])
        return int(response.headers["content-length"])
    except (KeyError, ValueError, IndexError) as exc:
        raise SourceUnavailable(f"Storage did not say how large the file is (from byte {position})") from exc


def refusal(response: urllib3.BaseHTTPResponse) -> ObjectNotFound | SourceRefused | SourceUnavailable | SourceChanged:
    """Turn an error response into its reason, by the status in the body where there is one."""
    status = true_status(response)
    if status == 404:
        return ObjectNotFound("there is no such object in Storage")
    if status == 416:
        return SourceChanged("the file is shorter than it was at the first attempt")
    if status == 429 or status >= 500:
        return SourceUnavailable(f"Storage answered {status}")
    return SourceRefused(f"Storage refused the download with {status}")


def true_status(response: urllib3.BaseHTTPResponse) -> int:
    """Return the status an error response means: the body's `statusCode`, else the HTTP status."""
    try:
        return int(json.loads(response.read(ERROR_BYTES))["statusCode"])
    except (ValueError, KeyError, TypeError, HTTPError):
        return response.status
