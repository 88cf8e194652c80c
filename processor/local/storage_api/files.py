"""The bytes on disk: one file per version, never changed once it has its name."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from processor.local.storage_api.errors import StorageError, too_large
from processor.local.storage_api.records import ObjectMetadata

_VERSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


class Incoming:
    """An upload in progress; it leaves nothing behind unless it was kept."""

    def __init__(self, path: Path, limit: int | None) -> None:
        self.path = path
        self.size = 0
        self._limit = limit
        self._digest = hashlib.md5(usedforsecurity=False)  # an ETag, as S3 makes them
        self._file = path.open("xb", buffering=0)

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes; raises "Payload too large" beyond the limit."""
        self.size += len(data)
        if self._limit is not None and self.size > self._limit:
            raise too_large()
        self._digest.update(data)
        rest = memoryview(data)
        while rest:  # an unbuffered write may be short, e.g. at 2 GiB or on a full disk
            rest = rest[self._file.write(rest) :]

    def finish(self, mime_type: str, cache_control: str) -> ObjectMetadata:
        """Close the file and return what is to be noted about it."""
        self._file.close()
        etag = f'"{self._digest.hexdigest()}"'
        return ObjectMetadata(etag, self.size, mime_type, cache_control, datetime.now(UTC))

    def discard(self) -> None:
        """Remove the file, if it has not been given its name."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class Files:
    """A directory of versions.

    Paths are made of digests and uuids, never of a client's text: no name can leave the directory, collide
    with a folder of the same name or be too long for the file system. The digest of bucket and name keeps a
    row whose version was edited by SQL from reaching the bytes of another object.
    """

    def __init__(self, root: Path) -> None:
        self._objects = root / "objects"
        self._uploads = root / "uploads"
        self._objects.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(self._uploads, ignore_errors=True)  # what a killed server was receiving
        self._uploads.mkdir(mode=0o700)

    def receive(self, limit: int | None) -> Incoming:
        """Start an upload of at most limit bytes."""
        return Incoming(self._uploads / str(uuid4()), limit)

    def keep(self, incoming: Incoming, bucket: str, name: str, version: str) -> None:
        """Give a finished upload its name in one step."""
        incoming.path.replace(self._prepared(bucket, name, version))

    def open(self, bucket: str, name: str, version: str) -> int:
        """Return a file descriptor for reading; raises FileNotFoundError."""
        return os.open(self._path(bucket, name, version), os.O_RDONLY | os.O_CLOEXEC)

    def copy(self, source: tuple[str, str, str], target: tuple[str, str, str]) -> None:
        """Copy a version under another name, as a link where the file system has them: no file ever changes."""
        original, copy = self._path(*source), self._prepared(*target)
        try:
            copy.hardlink_to(original)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copyfile(original, copy)

    def drop(self, bucket: str, name: str, version: str) -> None:
        """Remove a version; absent is fine."""
        with suppress(FileNotFoundError):
            self._path(bucket, name, version).unlink()

    @contextmanager
    def dropped_if_refused(self, bucket: str, name: str, version: str) -> Generator[None]:
        """Remove a version again when its row is refused.

        Where the database failed instead, the row may have been committed all the same: a file too many is
        better than one too few.
        """
        try:
            yield
        except StorageError as error:
            if error.status < 500:
                self.drop(bucket, name, version)
            raise

    def _path(self, bucket: str, name: str, version: str) -> Path:
        if not _VERSION.match(version):
            raise FileNotFoundError(version)
        digest = hashlib.sha256(f"{bucket}/{name}".encode()).hexdigest()
        return self._objects / digest[:2] / f"{digest}-{version}"

    def _prepared(self, bucket: str, name: str, version: str) -> Path:
        path = self._path(bucket, name, version)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
