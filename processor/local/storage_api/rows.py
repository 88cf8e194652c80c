"""The statements on storage.objects; the policies in Postgres decide who may run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from psycopg.types.json import Jsonb

from processor.local.storage_api.database import DictConnection
from processor.local.storage_api.errors import no_such_bucket, no_such_key
from processor.local.storage_api.records import ObjectMetadata, ObjectRow, object_from_row

# Without RETURNING, which would also require the right to read the row. The insert of the real server does not.
_INSERT = """
insert into storage.objects (bucket_id, name, owner, owner_id, version, metadata, user_metadata)
values (%(bucket)s, %(name)s, %(owner)s, %(owner_id)s, %(version)s, %(metadata)s, %(user_metadata)s)
"""

_UPSERT = (
    _INSERT
    + """
on conflict (bucket_id, name) do update set
  owner = excluded.owner,
  owner_id = excluded.owner_id,
  version = excluded.version,
  metadata = excluded.metadata,
  user_metadata = excluded.user_metadata
"""
)

_FIND = "select * from storage.objects where bucket_id = %s and name = %s"
_FIND_MANY = "select name from storage.objects where bucket_id = %s and name = any(%s)"
_DELETE = "delete from storage.objects where bucket_id = %s and name = any(%s) returning *"
_MOVE = """
update storage.objects
set bucket_id = %(to_bucket)s, name = %(to_name)s, version = %(version)s,
  owner = %(owner)s, owner_id = %(owner_id)s
where bucket_id = %(bucket)s and name = %(name)s
returning *
"""

# Uploads to the same name wait for each other, so that the file that is deleted is that of the replaced row.
_LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"

_LIMITS = "select file_size_limit, allowed_mime_types, public from storage.buckets where id = %s"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a bucket, and whether it is public."""

    file_size: int | None
    mime_types: Sequence[str]
    public: bool

    def within(self, file_size: int | None) -> Limits:
        """Return these limits with the server's limit of a file's size, if it is lower."""
        sizes = [size for size in (self.file_size, file_size) if size]
        return replace(self, file_size=min(sizes, default=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewObject:
    """A row that is about to be inserted into storage.objects."""

    bucket: str
    name: str
    owner: str | None
    version: str
    metadata: ObjectMetadata | None = None
    user_metadata: dict[str, object] | None = None

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the insert."""
        return {
            "bucket": self.bucket,
            "name": self.name,
            "owner": as_uuid(self.owner),
            "owner_id": self.owner,
            "version": self.version,
            "metadata": self.metadata and Jsonb(self.metadata.as_json()),
            "user_metadata": Jsonb(self.user_metadata) if self.user_metadata is not None else None,
        }


def as_uuid(owner: str | None) -> UUID | None:
    """Return the value of the older column owner, a uuid; None when the subject of the token is not a uuid."""
    try:
        return UUID(owner) if owner else None
    except ValueError:
        return None


def bucket_limits(connection: DictConnection, bucket: str) -> Limits:
    """Return the limits of a bucket.

    Raises: StorageError "Bucket not found".
    """
    row = connection.execute(_LIMITS, [bucket]).fetchone()
    if row is None:
        raise no_such_bucket()
    return Limits(row["file_size_limit"], row["allowed_mime_types"] or (), bool(row["public"]))


def find(connection: DictConnection, bucket: str, name: str, *, lock: bool = False) -> ObjectRow:
    """Return the row of an object.

    Raises: StorageError "Object not found".
    """
    row = connection.execute(_FIND + (" for update" if lock else ""), [bucket, name]).fetchone()
    if row is None:
        raise no_such_key()
    return object_from_row(row)


def visible_names(connection: DictConnection, bucket: str, names: Sequence[str]) -> frozenset[str]:
    """Return the names among `names` that the caller can see."""
    return frozenset(row["name"] for row in connection.execute(_FIND_MANY, [bucket, list(names)]))


def write(connection: DictConnection, new: NewObject, *, upsert: bool) -> None:
    """Insert a row, or with `upsert` replace an existing one.

    Raises: StorageError "Duplicate", or the error of a policy.
    """
    connection.execute(_UPSERT if upsert else _INSERT, new.parameters())


def write_finished(connection: DictConnection, new: NewObject, *, upsert: bool) -> tuple[ObjectRow, str | None]:
    """Write the row of a finished upload; return it and the version that it replaced."""
    connection.execute(_LOCK, [f"{new.bucket}/{new.name}"])
    previous = connection.execute(_FIND, [new.bucket, new.name]).fetchone()
    write(connection, new, upsert=upsert)
    return find(connection, new.bucket, new.name), previous["version"] if previous else None


def delete(connection: DictConnection, bucket: str, names: Sequence[str]) -> list[ObjectRow]:
    """Delete the objects that the caller may see and delete; return their rows."""
    return [object_from_row(row) for row in connection.execute(_DELETE, [bucket, list(names)])]


def move(connection: DictConnection, source: tuple[str, str], new: NewObject) -> ObjectRow:
    """Rename an object. It belongs to who moved it; after a move with an API key it has no owner.

    Raises: StorageError "Object not found", also when the caller may not change it.
    """
    values = new.parameters() | {
        "to_bucket": new.bucket,
        "to_name": new.name,
        "bucket": source[0],
        "name": source[1],
    }
    row = connection.execute(_MOVE, values).fetchone()
    if row is None:
        raise no_such_key()
    return object_from_row(row)
