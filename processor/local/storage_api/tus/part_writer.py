"""Writes the bytes of one request behind those an upload has, in parts, each recorded when it is complete."""

from __future__ import annotations

import hashlib
from types import TracebackType
from typing import Self

from processor.local.storage_api.tus.protocol import TusError
from processor.local.storage_api.tus.store import PART_BYTES, ResumableUpload, UploadStore


class PartWriter:
    """Appends to an upload, used as a context manager. What was received when a connection breaks is kept."""

    def __init__(self, store: UploadStore, upload: ResumableUpload, limit: int) -> None:
        self._store = store
        self._upload = upload
        self._limit = limit
        self._file = store.data_path(upload).open("r+b", buffering=0)
        # Bytes after the offset are of a request that was killed before it recorded them.
        self._file.truncate(upload.offset)
        self._file.seek(upload.offset)
        self._begin_part()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def has_all(self) -> bool:
        """Whether the upload has all its bytes, those of the open part included."""
        return self._upload.offset + self._size == self._upload.length

    def write(self, data: bytes) -> None:
        """Append bytes.

        Raises: TusError when they are more than the upload, or the request, may have.
        """
        self._limit -= len(data)
        if self._limit < 0:
            raise TusError(413, "upload's size exceeded\n")
        rest = memoryview(data)
        while rest:
            piece = rest[: PART_BYTES - self._size]
            self._write_all(piece)
            rest = rest[len(piece) :]
            if self._size == PART_BYTES and not self.has_all:
                self.record()

    def record(self) -> None:
        """Record the part; without it, a restart would lose these bytes."""
        self.close_part()
        self._store.save(self._upload)

    def close_part(self) -> None:
        """Count the part without recording it: the last part is recorded together with the object."""
        if self._size:
            self._upload.digests.append(self._digest.hexdigest())
            self._upload.offset += self._size
        self._begin_part()

    def _begin_part(self) -> None:
        self._size = 0
        self._digest = hashlib.md5(usedforsecurity=False)

    def _write_all(self, piece: memoryview) -> None:
        self._digest.update(piece)
        self._size += len(piece)
        while piece:  # an unbuffered write may be short
            piece = piece[self._file.write(piece) :]
