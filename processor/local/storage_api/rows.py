"""The statements on storage.objects; whoever may not run one learns it from Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg.types.json import Jsonb

from processor.local.storage_api.database import Rows
from processor.local.storage_api.errors import no_such_bucket, no_such_key
from processor.local.storage_api.records import ObjectMetadata, ObjectRow, object_from_row

# Without RETURNING on purpose: that would ask for the right to read as well, and the real server's insert does not.
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
  owner = coalesce(%(owner)s, owner), owner_id = coalesce(%(owner_id)s, owner_id)
where bucket_id = %(bucket)s and name = %(name)s
returning *
"""

# Two uploads to one name wait for each other here, so that the loser's file is the one that goes.
_LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"

_LIMITS = "select file_size_limit, allowed_mime_types, public from storage.buckets where id = %s"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a bucket accepts, and whether everyone may read it."""

    file_size: int | None
    mime_types: Sequence[str]
    public: bool


@dataclass(frozen=True, slots=True)
class NewObject:
    """An upload on its way into storage.objects."""

    bucket: str
    name: str
    owner: str | None
    version: str
    metadata: ObjectMetadata | None = None
    user_metadata: dict[str, object] | None = None

    def parameters(self) -> dict[str, object]:
        """Return the named parameters of the insert."""
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
    """Return the owner for the older uuid column, None where the subject is not a uuid."""
    try:
        return UUID(owner) if owner else None
    except ValueError:
        return None


def limits_of(connection: Rows, bucket: str) -> Limits:
    """Return a bucket's limits; raises "Bucket not found"."""
    row = connection.execute(_LIMITS, [bucket]).fetchone()
    if row is None:
        raise no_such_bucket()
    return Limits(row["file_size_limit"], row["allowed_mime_types"] or (), bool(row["public"]))


def find(connection: Rows, bucket: str, name: str, *, lock: bool = False) -> ObjectRow:
    """Return an object's row; raises "Object not found"."""
    row = connection.execute(_FIND + (" for update" if lock else ""), [bucket, name]).fetchone()
    if row is None:
        raise no_such_key()
    return object_from_row(row)


def visible(connection: Rows, bucket: str, names: Sequence[str]) -> frozenset[str]:
    """Return those of the names that the caller can see."""
    return frozenset(row["name"] for row in connection.execute(_FIND_MANY, [bucket, list(names)]))


def write(connection: Rows, new: NewObject, *, upsert: bool) -> None:
    """Insert a row, or with upsert replace the one there; raises Duplicate, or the policy's refusal."""
    connection.execute(_UPSERT if upsert else _INSERT, new.parameters())


def finish(connection: Rows, new: NewObject, *, upsert: bool) -> tuple[ObjectRow, str | None]:
    """Write the row of a finished upload; returns it and the version that it replaced."""
    connection.execute(_LOCK, [f"{new.bucket}/{new.name}"])
    found = connection.execute(_FIND, [new.bucket, new.name]).fetchone()
    write(connection, new, upsert=upsert)
    return find(connection, new.bucket, new.name), found["version"] if found else None


def delete(connection: Rows, bucket: str, names: Sequence[str]) -> list[ObjectRow]:
    """Delete what the caller may see and delete; returns the rows that are gone."""
    return [object_from_row(row) for row in connection.execute(_DELETE, [bucket, list(names)])]


def move(connection: Rows, source: tuple[str, str], new: NewObject) -> ObjectRow:
    """Give an object another name; raises "Object not found" where the caller may not change it."""
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
