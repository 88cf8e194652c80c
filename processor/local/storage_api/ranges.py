"""Evaluates Range and conditional headers as the real server does, which ignores If-Match and If-Range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from processor.local.storage_api.errors import range_not_satisfiable

_RANGE = re.compile(r"([0-9]{0,18})-([0-9]{0,18})\Z")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `start` up to but not including `stop` of a file of `size` bytes."""

    start: int
    stop: int
    size: int

    def content_range(self) -> str:
        """Return the value of the header Content-Range."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """Return the requested range, cut off at the end of the file, or None for the whole file.

    Raises: StorageError 416 when the range is unsatisfiable.
    """
    unit, equals, value = (header or "").partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return None
    if "," in value:
        raise range_not_satisfiable()
    match = _RANGE.match(value.strip())
    if not match or match.group() == "-":
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
    if start >= stop:
        raise range_not_satisfiable()
    return ByteRange(start, stop, size)


def is_unchanged(headers: Mapping[str, str], etag: str, modified: datetime) -> bool:
    """Return whether the client's copy is current; If-None-Match takes precedence over If-Modified-Since."""
    if (tags := headers.get("if-none-match")) is not None:
        cached = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in cached or etag in cached
    try:
        since = parsedate_to_datetime(headers["if-modified-since"])
    except (KeyError, ValueError):
        return False
    if since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    return modified.replace(microsecond=0) <= since
