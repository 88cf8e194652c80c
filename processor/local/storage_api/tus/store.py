"""Unfinished uploads on disk: the bytes in one file, what is known in another, so that they survive a restart."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from processor.local.storage_api.tus.locations import UploadId
from processor.local.storage_api.tus.protocol import Metadata, TusError, not_found

# The real server writes parts of this size and forgets an incomplete part only when it is killed.
PART_BYTES = 6 << 20

_VERSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


@dataclass(slots=True, kw_only=True)
class ResumableUpload:
    """An upload: `offset` bytes of `length` are on disk, in parts with these MD5 digests."""

    bucket: str
    name: str
    version: str
    length: int | None
    metadata: Metadata
    created: float
    offset: int = 0
    digests: list[str] = field(default_factory=list[str])
    # Set before the row is written, so that a server that was killed then can find out whether it was.
    completing: bool = False
    # Whether the object exists.
    finished: bool = False

    @property
    def id(self) -> UploadId:
        """The id in the URL."""
        return UploadId(self.bucket, self.name, self.version)

    def etag(self) -> str:
        """Return the ETag as S3 makes it of parts: the digest of their digests, and their number."""
        digest = hashlib.md5(bytes.fromhex("".join(self.digests)), usedforsecurity=False)
        return f'"{digest.hexdigest()}-{len(self.digests)}"'


class UploadStore:
    """A directory with two files per upload, named after its version."""

    def __init__(self, directory: Path, expiry_seconds: float) -> None:
        self._directory = directory
        self._expiry_seconds = expiry_seconds
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.discard_expired()

    def create(self, new: ResumableUpload) -> None:
        """Record a new upload; those that have expired are deleted."""
        self.discard_expired()
        self.data_path(new).touch(mode=0o600)
        self.save(new)

    def load(self, wanted: UploadId) -> ResumableUpload:
        """Return an upload.

        Raises: TusError when it does not exist or has expired.
        """
        try:
            upload = self._read(self._info_path(wanted.version))
        except (FileNotFoundError, ValueError, TypeError) as error:
            raise not_found() from error
        if upload.id != wanted:
            raise not_found()
        if time.time() > self.expires(upload):
            raise TusError(410, "The file for this url no longer exists\n")
        return upload

    def save(self, upload: ResumableUpload) -> None:
        """Write what is known about an upload, atomically."""
        path = self._info_path(upload.version)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(upload)), encoding="utf-8")
        new.replace(path)

    def finish(self, upload: ResumableUpload) -> None:
        """Record that the object exists. The record stays: a client that lost the last answer asks for the offset."""
        upload.offset = upload.length or 0
        upload.completing = False
        upload.finished = True
        self.save(upload)
        self.data_path(upload).unlink(missing_ok=True)

    def discard(self, upload: ResumableUpload) -> None:
        """Delete an upload."""
        self._info_path(upload.version).unlink(missing_ok=True)
        self.data_path(upload).unlink(missing_ok=True)

    def discard_expired(self) -> None:
        """Delete the uploads that have expired."""
        for upload in self._all():
            if time.time() > self.expires(upload):
                self.discard(upload)

    def expires(self, upload: ResumableUpload) -> float:
        """Return when an upload expires, in seconds since the epoch."""
        return upload.created + self._expiry_seconds

    def data_path(self, upload: ResumableUpload) -> Path:
        """Return the file with the bytes."""
        return self._directory / f"{upload.version}.part"

    def _info_path(self, version: str) -> Path:
        if not _VERSION.match(version):
            raise FileNotFoundError(version)
        return self._directory / f"{version}.json"

    def _all(self) -> Iterator[ResumableUpload]:
        for path in self._directory.glob("*.json"):
            try:
                yield self._read(path)
            except (FileNotFoundError, ValueError, TypeError):
                continue

    def _read(self, path: Path) -> ResumableUpload:
        document = cast("dict[str, object]", json.loads(path.read_text(encoding="utf-8")))
        return ResumableUpload(**document)  # pyright: ignore[reportArgumentType] - written by save()
