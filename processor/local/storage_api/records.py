"""Rows of storage.objects and storage.buckets as JSON, with the names and the time format of the real server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from psycopg.rows import DictRow


@dataclass(frozen=True, slots=True)
class ObjectMetadata:
    """What the server notes about a finished file, in storage.objects.metadata."""

    etag: str
    size: int
    mime_type: str
    cache_control: str
    modified: datetime

    def as_json(self) -> dict[str, object]:
        """Return the document as the real server writes it."""
        return {
            "eTag": self.etag,
            "size": self.size,
            "mimetype": self.mime_type,
            "cacheControl": self.cache_control,
            "lastModified": moment(self.modified),
            "contentLength": self.size,
            "httpStatusCode": 200,
        }


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """A row of storage.objects."""

    id: str
    bucket_id: str
    name: str
    version: str
    metadata: ObjectMetadata | None
    row: DictRow

    def as_json(self) -> dict[str, object]:
        """Return the row as listings and deletes show it."""
        return row_as_json({name: value for name, value in self.row.items() if name != "path_tokens"})

    def as_info(self) -> dict[str, object]:
        """Return the row as GET /object/info shows it."""
        known = self.metadata
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "bucket_id": self.bucket_id,
            "size": known and known.size,
            "content_type": known and known.mime_type,
            "cache_control": known and known.cache_control,
            "etag": known and known.etag,
            "metadata": cast("object", self.row["user_metadata"]) or {},
            "last_modified": known and moment(known.modified),
            "created_at": moment(self.row["created_at"]),
        }


def object_from_row(row: DictRow) -> ObjectRow:
    """Read a row of storage.objects; metadata is None where somebody wrote the row without a file."""
    return ObjectRow(
        id=str(row["id"]),
        bucket_id=row["bucket_id"],
        name=row["name"],
        version=row["version"] or "",
        metadata=_metadata(cast("object", row["metadata"]), row["updated_at"]),
        row=row,
    )


def _metadata(document: object, fallback: datetime) -> ObjectMetadata | None:
    if not isinstance(document, dict):
        return None
    known = cast("Mapping[str, object]", document)
    if "eTag" not in known:
        return None
    try:
        modified = datetime.fromisoformat(str(known.get("lastModified")))
    except ValueError:
        modified = fallback
    return ObjectMetadata(
        etag=str(known["eTag"]),
        size=int(str(known.get("size", 0))),
        mime_type=str(known.get("mimetype", "application/octet-stream")),
        cache_control=str(known.get("cacheControl", "no-cache")),
        modified=modified,
    )


def moment(at: datetime) -> str:
    """Return a time as JavaScript writes it: UTC, three decimals, Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def row_as_json(row: DictRow) -> dict[str, object]:
    """Return any row with its times and uuids as text."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if value is None or isinstance(value, (str, int, float, bool, list, dict)):
        return cast("object", value)
    return str(value)
