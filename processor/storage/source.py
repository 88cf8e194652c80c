"""The source of a job: a file read as a stream of blocks, which reconnects at the byte that it has reached.

Storage ignores If-Match and If-Range, so the ETag and the size in every response are compared here.
"""

import random
import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass

import urllib3
from urllib3.exceptions import HTTPError

from processor import metrics, traces
from processor.errors import JobError, SourceChanged, SourceTooLarge, SourceUnavailable
from processor.storage.downloads import Downloads
from processor.storage.error_codes import storage_error
from processor.storage.responses import full_size, status_and_code

# Failures in a row, without a byte in between, after which the attempt ends. The job itself is retried later.
MAX_FAILURES = 5
# Read from the socket at once, if that much has arrived. Larger blocks are not faster.
BLOCK_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Identity:
    """Identifies the content of a file: its ETag, as Storage sends it, and its size in bytes."""

    etag: str | None
    size: int


class Source:
    """A file that is read. `identity` is set by the first response; every later response must have the same.

    `check` is called before each request and for each block. It raises an exception to stop the download.
    """

    def __init__(
        self, downloads: Downloads, bucket: str, path: str, max_bytes: int, check: Callable[[], None] = lambda: None
    ) -> None:
        self._downloads, self._bucket, self._path = downloads, bucket, path
        self._max_bytes = max_bytes
        self.check = check
        self.identity: Identity | None = None
        self.position = 0

    def beginning(self, size: int) -> bytes:
        """Return the first bytes of the file, at most `size`; no more than these are requested.

        Raises: as `blocks`.
        """
        return b"".join(self.blocks(stop=size))

    def blocks(self, start: int = 0, stop: int | None = None) -> Generator[bytes]:
        """Yield the bytes of the file from `start` to `stop` or to its end, in blocks as they arrive.

        Raises: ObjectNotFound, SourceRefused, SourceTooLarge, SourceChanged; SourceUnavailable when Storage fails
        `MAX_FAILURES` times in a row without a byte in between.
        """
        step, size, error = traces.begin_step("download"), 0, ""
        try:
            with closing(self._blocks(start, stop)) as blocks:
                for block in blocks:
                    size += len(block)
                    metrics.downloaded(len(block))
                    yield block
        except JobError as exc:
            error = exc.code
            raise
        finally:
            step.end(error, bytes=size)

    def _blocks(self, start: int, stop: int | None) -> Generator[bytes]:
        position, failures = start, 0
        while self.identity is None or position < self._end(stop):
            self.check()
            try:
                with closing(self._response_blocks(position, stop)) as body:
                    for block in body:
                        self.check()
                        position += len(block)
                        self.position = position
                        failures = 0
                        yield block
                if self.identity is not None and position >= self._end(stop):
                    return
                raise SourceUnavailable("Storage ended the response before the end of the file")
            except (HTTPError, SourceUnavailable) as exc:
                failures += 1
                metrics.storage_failed("read")
                if failures >= MAX_FAILURES:
                    reason = exc.message if isinstance(exc, SourceUnavailable) else type(exc).__name__
                    raise SourceUnavailable(
                        "Storage failed {failures} times in a row ({reason})", failures=failures, reason=reason
                    ) from exc
                time.sleep(random.uniform(0, 0.1 * 2**failures))  # noqa: S311 - jitter, not a secret

    def identified(self) -> Identity:
        """Return the identity of the file.

        Raises: SourceUnavailable when there has been no response yet.
        """
        if self.identity is None:
            raise SourceUnavailable("Storage has not responded yet")
        return self.identity

    def _end(self, stop: int | None) -> int:
        """Return where to stop reading: at `stop`, or at the end of the file where that comes first."""
        size = self.identified().size
        return size if stop is None else min(stop, size)

    def _response_blocks(self, position: int, stop: int | None) -> Generator[bytes]:
        """Yield the bytes of one response from `position` to `stop`; one with status 200 begins at byte 0."""
        with closing(self._response(position, stop)) as response:
            skip = position if response.status == 200 else 0
            self._check_identity(response, position)
            left = (sys.maxsize if stop is None else stop) - position
            while left > 0 and (block := response.read1(BLOCK_BYTES)):
                kept = block[skip:] if skip else block
                skip -= min(skip, len(block))
                if kept:
                    yield kept[:left]
                    left -= len(kept[:left])
            if not response.read1(1):
                response.release_conn()

    def _response(self, position: int, stop: int | None) -> urllib3.BaseHTTPResponse:
        """Request the file.

        An empty one has no first bytes (status 416), so that all of it is requested.
        Raises: HTTPError, JobError for an error response.
        """
        response = self._downloads.get(self._bucket, self._path, position, stop)
        if response.status in (200, 206):
            return response
        with closing(response):
            status, code = status_and_code(response)
        if status == 416 and position == 0 and stop is not None:
            return self._response(0, None)
        raise storage_error(status, code)

    def _check_identity(self, response: urllib3.BaseHTTPResponse, position: int) -> None:
        identity = Identity(response.headers.get("etag"), full_size(response, position))
        if identity.size > self._max_bytes:
            raise SourceTooLarge(
                "the file has {size:,} bytes, but the limit is {limit:,}", size=identity.size, limit=self._max_bytes
            )
        if self.identity is None:
            self.identity = identity
        elif identity != self.identity:
            raise SourceChanged("the file changed during the import")
