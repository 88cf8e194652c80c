"""The API calls on objects that transfer no content: list, info, move, copy and delete."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from processor.local.storage_api import rows
from processor.local.storage_api.errors import no_such_key
from processor.local.storage_api.names import check_object_name
from processor.local.storage_api.records import ObjectRow, row_as_json
from processor.local.storage_api.services import Call

_SEARCH = """
select name, id, updated_at, created_at, last_accessed_at, metadata
from storage.search(
  prefix => %(prefix)s, bucketname => %(bucket)s, limits => %(limit)s, levels => %(level)s, offsets => %(offset)s,
  search => %(search)s, sortcolumn => %(column)s, sortorder => %(order)s
)
"""


def list_folder(call: Call) -> object:
    """Answer POST /object/list/{bucket} with one level of a folder; subfolders have a null id."""
    body, sort = call.body, call.body.inner("sortBy")
    prefix = body.text_or("prefix", "")
    if prefix and not prefix.endswith("/"):
        prefix += "/"
    values = {
        "prefix": prefix,
        "bucket": call.bucket,
        "limit": body.integer_or("limit", 100),
        "level": prefix.count("/") + 1,
        "offset": body.integer_or("offset", 0),
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
        if not rows.bucket_limits(connection, call.bucket).public:
            raise no_such_key()
    return info(call)


def delete_one(call: Call) -> object:
    """Answer DELETE /object/{bucket}/{name}."""
    if not _delete(call, [call.name]):
        raise no_such_key()
    return {"message": "Successfully deleted"}


def delete_many(call: Call) -> object:
    """Answer DELETE /object/{bucket} with the deleted rows; names that do not exist are ignored."""
    return [row.as_json() for row in _delete(call, call.body.texts("prefixes"))]


def move(call: Call) -> object:
    """Answer POST /object/move. The policies for an UPDATE of the row by the caller apply."""
    bucket, name = call.body.text("bucketId"), call.body.text("sourceKey")
    target = _target(call, bucket)
    database, files = call.services.database, call.services.files
    with database.rolled_back_transaction(call.scope) as connection:
        rows.find(connection, bucket, name)
        rows.move(connection, (bucket, name), target)
    with (
        files.removed_on_client_error(target.bucket, target.name, target.version),
        database.transaction(call.scope.as_service()) as connection,
    ):
        source = rows.find(connection, bucket, name, lock=True)
        _copy_file(call, source, target)
        row = rows.move(connection, (bucket, name), target)
    files.remove(bucket, name, source.version)
    return {"message": "Successfully moved", "Id": row.id, "Key": row.name}


def copy(call: Call) -> object:
    """Answer POST /object/copy. The caller must be allowed to read the source and to insert the destination."""
    bucket, name = call.body.text("bucketId"), call.body.text("sourceKey")
    upsert = call.headers.get("x-upsert") == "true"
    target = _target(call, bucket)
    database, files = call.services.database, call.services.files
    with database.rolled_back_transaction(call.scope) as connection:
        source = rows.find(connection, bucket, name)
        rows.write(connection, target, upsert=upsert)
    target = replace(target, metadata=source.metadata, user_metadata=source.row["user_metadata"])
    _copy_file(call, source, target)
    with (
        files.removed_on_client_error(target.bucket, target.name, target.version),
        database.transaction(call.scope.as_service()) as connection,
    ):
        row, replaced = rows.write_finished(connection, target, upsert=upsert)
    if replaced:
        files.remove(target.bucket, target.name, replaced)
    return {"Id": row.id, "Key": f"{row.bucket_id}/{row.name}"} | row.as_json()


def _target(call: Call, bucket: str) -> rows.NewObject:
    name = check_object_name(call.body.text("destinationKey"))
    target_bucket = call.body.text_or("destinationBucket", bucket)
    return rows.NewObject(bucket=target_bucket, name=name, owner=call.scope.caller.owner, version=str(uuid4()))


def _copy_file(call: Call, source: ObjectRow, target: rows.NewObject) -> None:
    try:
        call.services.files.copy(
            (source.bucket_id, source.name, source.version), (target.bucket, target.name, target.version)
        )
    except FileNotFoundError as error:
        raise no_such_key() from error


def _delete(call: Call, names: list[str]) -> list[ObjectRow]:
    with call.services.database.transaction(call.scope) as connection:
        deleted = rows.delete(connection, call.bucket, names)
    for row in deleted:
        call.services.files.remove(row.bucket_id, row.name, row.version)
    return deleted
