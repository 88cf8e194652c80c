"""Range and conditional requests, as the real server answers them: no If-Match, no If-Range."""

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
    """The bytes from start up to, not including, stop of a file of size bytes."""

    start: int
    stop: int
    size: int

    def content_range(self) -> str:
        """Return the value of Content-Range."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """Return the asked bytes with the end clamped, None for the whole file; raises 416 for what cannot be had."""
    unit, found, wanted = (header or "").partition("=")
    if not found or unit.strip().lower() != "bytes":
        return None
    if "," in wanted:
        raise range_not_satisfiable()
    match = _RANGE.match(wanted.strip())
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
    """Tell whether the client's copy is current; If-None-Match wins over If-Modified-Since."""
    if (tags := headers.get("if-none-match")) is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in known or etag in known
    try:
        since = parsedate_to_datetime(headers["if-modified-since"])
    except (KeyError, ValueError):
        return False
    if since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    return modified.replace(microsecond=0) <= since
