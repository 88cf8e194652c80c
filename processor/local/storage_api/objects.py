"""The calls on objects that move no bytes through the server: list, info, move, copy, delete."""

from __future__ import annotations

from uuid import uuid4

from processor.local.storage_api import rows
from processor.local.storage_api.errors import no_such_key
from processor.local.storage_api.names import check_object_name
from processor.local.storage_api.records import ObjectRow, row_as_json
from processor.local.storage_api.services import Call

_SEARCH = """
select name, id, updated_at, created_at, last_accessed_at, metadata
from storage.search(
  %(prefix)s, %(bucket)s, %(limit)s, %(level)s, %(offset)s, %(search)s, %(column)s, %(order)s
)
"""


def list_folder(call: Call) -> object:
    """Answer POST /object/list/{bucket}: one level, folders with id null."""
    body, sort = call.body, call.body.inner("sortBy")
    prefix = body.text_or("prefix", "")
    if prefix and not prefix.endswith("/"):
        prefix += "/"
    values = {
        "prefix": prefix,
        "bucket": call.bucket,
        "limit": body.whole_or("limit", 100),
        "level": prefix.count("/") + 1,
        "offset": body.whole_or("offset", 0),
        "search": body.text_or("search", ""),
        "column": sort.text_or("column", "name"),
        "order": sort.text_or("order", "asc"),
    }
    with call.services.database.transaction(call.scope) as connection:
        return [row_as_json(row) for row in connection.execute(_SEARCH, values)]


def info(call: Call) -> object:
    """Answer GET /object/info/{bucket}/{name}."""
    check_object_name(call.name)
    with call.services.database.transaction(call.scope) as connection:
        return rows.find(connection, call.bucket, call.name).as_info()


def public_info(call: Call) -> object:
    """Answer GET /object/info/public/{bucket}/{name}."""
    with call.services.database.transaction(call.scope) as connection:
        if not rows.limits_of(connection, call.bucket).public:
            raise no_such_key()
    return info(call)


def delete_one(call: Call) -> object:
    """Answer DELETE /object/{bucket}/{name}."""
    if not _delete(call, [call.name]):
        raise no_such_key()
    return {"message": "Successfully deleted"}


def delete_many(call: Call) -> object:
    """Answer DELETE /object/{bucket}: the rows that are gone; what was not there is passed over."""
    return [row.as_json() for row in _delete(call, call.body.texts("prefixes"))]


def move(call: Call) -> object:
    """Answer POST /object/move: one UPDATE of the row, allowed or not as the caller's own update would be."""
    bucket, name = call.body.text("bucketId"), call.body.text("sourceKey")
    target = _target(call, bucket)
    database, files = call.services.database, call.services.files
    with database.rehearsal(call.scope) as connection:
        rows.find(connection, bucket, name)
        rows.move(connection, (bucket, name), target)
    with (
        files.dropped_if_refused(target.bucket, target.name, target.version),
        database.transaction(call.scope.as_service()) as connection,
    ):
        source = rows.find(connection, bucket, name, lock=True)
        _copy_file(call, source, target)
        row = rows.move(connection, (bucket, name), target)
    files.drop(bucket, name, source.version)
    return {"message": "Successfully moved", "Id": row.id, "Key": row.name}


def copy(call: Call) -> object:
    """Answer POST /object/copy: the caller must be able to read the one and to insert the other."""
    bucket, name = call.body.text("bucketId"), call.body.text("sourceKey")
    upsert = call.headers.get("x-upsert") == "true"
    target = _target(call, bucket)
    database, files = call.services.database, call.services.files
    with database.rehearsal(call.scope) as connection:
        source = rows.find(connection, bucket, name)
        rows.write(connection, target, upsert=upsert)
    target = rows.NewObject(
        target.bucket, target.name, target.owner, target.version, source.metadata, source.row["user_metadata"]
    )
    _copy_file(call, source, target)
    with (
        files.dropped_if_refused(target.bucket, target.name, target.version),
        database.transaction(call.scope.as_service()) as connection,
    ):
        row, replaced = rows.finish(connection, target, upsert=upsert)
    if replaced:
        files.drop(target.bucket, target.name, replaced)
    return {"Id": row.id, "Key": f"{row.bucket_id}/{row.name}"} | row.as_json()


def _target(call: Call, bucket: str) -> rows.NewObject:
    name = check_object_name(call.body.text("destinationKey"))
    into = call.body.text_or("destinationBucket", bucket)
    return rows.NewObject(into, name, call.scope.caller.owner, version=str(uuid4()))


def _copy_file(call: Call, source: ObjectRow, target: rows.NewObject) -> None:
    try:
        call.services.files.copy(
            (source.bucket_id, source.name, source.version), (target.bucket, target.name, target.version)
        )
    except FileNotFoundError as error:
        raise no_such_key() from error


def _delete(call: Call, names: list[str]) -> list[ObjectRow]:
    with call.services.database.transaction(call.scope) as connection:
        gone = rows.delete(connection, call.bucket, names)
    for row in gone:
        call.services.files.drop(row.bucket_id, row.name, row.version)
    return gone
