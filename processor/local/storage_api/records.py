"""Converts rows of storage.objects and storage.buckets to JSON, with the names and time format of the real server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from psycopg.rows import DictRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectMetadata:
    """The content of storage.objects.metadata: what the server stores about a file."""

    etag: str
    size: int
    mime_type: str
    cache_control: str
    modified: datetime

    def as_json(self) -> dict[str, object]:
        """Return the document that the real server stores."""
        return {
            "eTag": self.etag,
            "size": self.size,
            "mimetype": self.mime_type,
            "cacheControl": self.cache_control,
            "lastModified": moment(self.modified),
            "contentLength": self.size,
            "httpStatusCode": 200,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRow:
    """A row of storage.objects."""

    id: str
    bucket_id: str
    name: str
    version: str
    metadata: ObjectMetadata | None
    row: DictRow

    def as_json(self) -> dict[str, object]:
        """Return the row as in the responses to list and delete."""
        return row_as_json({name: value for name, value in self.row.items() if name != "path_tokens"})

    def as_info(self) -> dict[str, object]:
        """Return the row as in the response to GET /object/info."""
        metadata = self.metadata
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "bucket_id": self.bucket_id,
            "size": metadata and metadata.size,
            "content_type": metadata and metadata.mime_type,
            "cache_control": metadata and metadata.cache_control,
            "etag": metadata and metadata.etag,
            "metadata": cast("object", self.row["user_metadata"]) or {},
            "last_modified": metadata and moment(metadata.modified),
            "created_at": moment(self.row["created_at"]),
        }


def object_from_row(row: DictRow) -> ObjectRow:
    """Convert a row of storage.objects; metadata is None when the row was inserted without a file."""
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
    stored = cast("Mapping[str, object]", document)
    if "eTag" not in stored:
        return None
    try:
        modified = datetime.fromisoformat(str(stored.get("lastModified")))
    except ValueError:
        modified = fallback
    return ObjectMetadata(
        etag=str(stored["eTag"]),
        size=int(str(stored.get("size", 0))),
        mime_type=str(stored.get("mimetype", "application/octet-stream")),
        cache_control=str(stored.get("cacheControl", "no-cache")),
        modified=modified,
    )


def moment(at: datetime) -> str:
    """Format a time as JavaScript does: UTC, three decimals, Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def row_as_json(row: DictRow) -> dict[str, object]:
    """Return a row with its times and uuids as strings."""
    return {name: _as_json_value(value) for name, value in row.items()}


def _as_json_value(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if value is None or isinstance(value, (str, int, float, bool, list, dict)):
        return cast("object", value)
    return str(value)
