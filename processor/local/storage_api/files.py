"""The files on disk: one per version of an object, immutable once it has its final name."""

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


class IncomingFile:
    """An upload in progress. Its file is deleted unless it was stored."""

    def __init__(self, path: Path, limit: int | None) -> None:
        self.path = path
        self.size = 0
        self._limit = limit
        self._digest = hashlib.md5(usedforsecurity=False)  # the ETag, as in S3
        self._file = path.open("xb", buffering=0)

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes.

        Raises: StorageError when the file exceeds the limit.
        """
        self.size += len(data)
        if self._limit is not None and self.size > self._limit:
            raise too_large()
        self._digest.update(data)
        rest = memoryview(data)
        while rest:  # an unbuffered write may be short, for example beyond 2 GiB or on a full disk
            rest = rest[self._file.write(rest) :]

    def finish(self, mime_type: str, cache_control: str) -> ObjectMetadata:
        """Close the file and return its metadata."""
        self._file.close()
        etag = f'"{self._digest.hexdigest()}"'
        return ObjectMetadata(
            etag=etag,
            size=self.size,
            mime_type=mime_type,
            cache_control=cache_control,
            modified=datetime.now(UTC),
        )

    def discard(self) -> None:
        """Delete the file unless it was stored."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class Files:
    """A directory with one file per version of an object.

    Paths consist of digests and uuids only. A name from a client can therefore not leave the directory, collide with a
    folder of the same name or be too long for the file system. Because the digest covers bucket and name, a row whose
    version was changed by SQL cannot return the content of another object.
    """

    def __init__(self, root: Path) -> None:
        self._objects = root / "objects"
        self._uploads = root / "uploads"
        self._objects.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(self._uploads, ignore_errors=True)  # uploads of a server that was killed
        self._uploads.mkdir(mode=0o700)

    def receive(self, limit: int | None) -> IncomingFile:
        """Start an upload of at most `limit` bytes."""
        return IncomingFile(self._uploads / str(uuid4()), limit)

    def store(self, incoming: IncomingFile, bucket: str, name: str, version: str) -> None:
        """Move a finished upload to its final name atomically."""
        incoming.path.replace(self._path_in_new_folder(bucket, name, version))

    def adopt(self, path: Path, bucket: str, name: str, version: str) -> None:
        """Give a complete file its final name as well; the caller deletes the old name when the row is written."""
        target = self._path_in_new_folder(bucket, name, version)
        target.unlink(missing_ok=True)
        _link(path, target)

    def open(self, bucket: str, name: str, version: str) -> int:
        """Return a file descriptor for reading.

        Raises: FileNotFoundError.
        """
        return os.open(self._path(bucket, name, version), os.O_RDONLY | os.O_CLOEXEC)

    def copy(self, source: tuple[str, str, str], target: tuple[str, str, str]) -> None:
        """Copy a version to another name.

        The copy is a hard link if the file system supports it, which is safe because files never change.

        Raises: FileNotFoundError.
        """
        _link(self._path(*source), self._path_in_new_folder(*target))

    def remove(self, bucket: str, name: str, version: str) -> None:
        """Delete a version if it exists."""
        with suppress(FileNotFoundError):
            self._path(bucket, name, version).unlink()

    @contextmanager
    def removed_on_client_error(self, bucket: str, name: str, version: str) -> Generator[None]:
        """Delete a version when the database rejects its row.

        After a failure of the database itself the file stays, because the row may have been committed. A superfluous
        file is better than a missing one.
        """
        try:
            yield
        except StorageError as error:
            if error.status < 500:
                self.remove(bucket, name, version)
            raise

    def _path(self, bucket: str, name: str, version: str) -> Path:
        if not _VERSION.match(version):
            raise FileNotFoundError(version)
        digest = hashlib.sha256(f"{bucket}/{name}".encode()).hexdigest()
        return self._objects / digest[:2] / f"{digest}-{version}"

    def _path_in_new_folder(self, bucket: str, name: str, version: str) -> Path:
        path = self._path(bucket, name, version)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def _link(original: Path, copy: Path) -> None:
    try:
        copy.hardlink_to(original)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(original, copy)
