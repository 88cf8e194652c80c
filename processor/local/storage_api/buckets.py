"""The API calls on buckets."""

from __future__ import annotations

import re

from processor.local.storage_api import rows
from processor.local.storage_api.bodies import JsonBody
from processor.local.storage_api.database import DictConnection
from processor.local.storage_api.errors import StorageError, access_denied, invalid_request, no_such_bucket
from processor.local.storage_api.names import check_bucket_name
from processor.local.storage_api.records import row_as_json
from processor.local.storage_api.services import Call

_LIST = """
select id, name, owner, public, type, file_size_limit, allowed_mime_types, created_at, updated_at
from storage.buckets
order by name
"""
_GET = """
select id, name, owner, public, type, file_size_limit, allowed_mime_types, created_at, updated_at
from storage.buckets
where id = %s
"""
_CREATE = """
insert into storage.buckets (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types)
values (%s, %s, %s, %s, %s, %s, %s)
"""
_UPDATE = """
update storage.buckets
set
  public = case when %(set_public)s then %(public)s else public end,
  file_size_limit = case when %(set_size)s then %(size)s else file_size_limit end,
  allowed_mime_types = case when %(set_types)s then %(types)s::text[] else allowed_mime_types end,
  updated_at = now()
where id = %(id)s
"""
_DELETE = "delete from storage.buckets where id = %s"
_NAMES = "select name from storage.objects where bucket_id = %s order by name limit 1000"

_SIZE = re.compile(r"(\d+(?:\.\d+)?)(gb|mb|kb|b)\Z", re.IGNORECASE)
_UNITS = {"b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}


def create(call: Call) -> object:
    """Answer POST /bucket."""
    name = check_bucket_name(call.body.text("name"))
    bucket = check_bucket_name(call.body.text_or("id", name))
    owner = call.scope.caller.owner
    values = [bucket, name, rows.as_uuid(owner), owner, call.body.flag("public")]
    with call.services.database.transaction(call.scope) as connection:
        connection.execute(_CREATE, [*values, _size_limit(call.body), _mime_types(call.body)])
    return {"name": bucket}


def list_all(call: Call) -> object:
    """Answer GET /bucket."""
    with call.services.database.transaction(call.scope) as connection:
        return [_as_json(row) for row in connection.execute(_LIST)]


def get(call: Call) -> object:
    """Answer GET /bucket/{bucket}."""
    with call.services.database.transaction(call.scope) as connection:
        return _get(connection, call.bucket)


def update(call: Call) -> object:
    """Answer PUT /bucket/{bucket}; properties that the body does not name keep their values."""
    values = {
        "id": call.bucket,
        "set_public": "public" in call.body,
        "public": call.body.flag("public"),
        "set_size": "file_size_limit" in call.body,
        "size": _size_limit(call.body),
        "set_types": "allowed_mime_types" in call.body,
        "types": _mime_types(call.body),
    }
    with call.services.database.transaction(call.scope) as connection:
        if connection.execute(_UPDATE, values).rowcount == 0:
            raise no_such_bucket()
    return {"message": "Successfully updated"}


def empty(call: Call) -> object:
    """Answer POST /bucket/{bucket}/empty: deletes what the caller may delete, a thousand objects at a time.

    The real server answers the same before it has deleted anything.
    """
    with call.services.database.transaction(call.scope) as connection:
        _get(connection, call.bucket)
    while True:
        with call.services.database.transaction(call.scope) as connection:
            names = [row["name"] for row in connection.execute(_NAMES, [call.bucket])]
            deleted = rows.delete(connection, call.bucket, names)
            if len(deleted) < len(names):
                raise access_denied("You may have SELECT but not DELETE permissions")
        for row in deleted:
            call.services.files.remove(row.bucket_id, row.name, row.version)
        if not names:
            return {"message": "Empty bucket has been queued. Completion may take up to an hour."}


def delete(call: Call) -> object:
    """Answer DELETE /bucket/{bucket}. Objects that the caller cannot see also prevent the deletion."""
    database = call.services.database
    with database.transaction(call.scope) as connection:
        _get(connection, call.bucket)
    with database.transaction(call.scope.as_service()) as connection:
        if connection.execute(_NAMES, [call.bucket]).fetchone():
            message = "The bucket you tried to delete is not empty"
            raise StorageError(409, "ResourceNotEmpty", message)
    with database.transaction(call.scope) as connection:
        if connection.execute(_DELETE, [call.bucket]).rowcount == 0:
            raise no_such_bucket()
    return {"message": "Successfully deleted"}


def _get(connection: DictConnection, bucket: str) -> dict[str, object]:
    row = connection.execute(_GET, [bucket]).fetchone()
    if row is None:
        raise no_such_bucket()
    return _as_json(row)


def _as_json(row: dict[str, object]) -> dict[str, object]:
    # The serializer of the real server writes a missing owner as an empty string, and clients rely on a string.
    return row_as_json(row) | {"owner": str(row["owner"] or "")}


def _size_limit(body: JsonBody) -> int | None:
    text = body.text_or("file_size_limit", "")
    if not text or text == "0":
        return None
    if text.isdigit():
        return int(text)
    if not (match := _SIZE.match(text)):
        hint = "Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B"
        raise invalid_request(hint, error="InvalidRequest")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def _mime_types(body: JsonBody) -> list[str] | None:
    if not body.text_or("allowed_mime_types", ""):
        return None
    return [kind for kind in body.texts("allowed_mime_types") if kind]
