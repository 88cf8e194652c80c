"""The API calls that create signed URLs."""

from __future__ import annotations

from processor.local.storage_api import rows
from processor.local.storage_api.names import check_object_name
from processor.local.storage_api.services import Call
from processor.local.storage_api.tokens import UploadGrant, sign_download, sign_upload
from processor.local.storage_api.uploads import check_upload

_NOT_READABLE = "Either the object does not exist or you do not have access to it"


def sign_one(call: Call) -> object:
    """Answer POST /object/sign/{bucket}/{name}."""
    seconds = call.body.integer("expiresIn")
    check_object_name(call.name)
    with call.services.database.transaction(call.scope) as connection:
        rows.find(connection, call.bucket, call.name)
    return {"signedURL": sign_download(call, call.name, seconds)}


def sign_many(call: Call) -> object:
    """Answer POST /object/sign/{bucket} with one entry per path; a path that cannot be read has an error."""
    seconds = call.body.integer("expiresIn")
    names = call.body.texts("paths")
    with call.services.database.transaction(call.scope) as connection:
        readable = rows.visible_names(connection, call.bucket, names)
    return [_entry(call, name, seconds, readable=name in readable) for name in names]


def sign_upload_url(call: Call) -> object:
    """Answer POST /object/upload/sign/{bucket}/{name}."""
    upsert = call.headers.get("x-upsert") == "true"
    check_upload(call, upsert=upsert)
    token = sign_upload(call, UploadGrant(call.scope.caller.owner, upsert))
    return {"url": f"/object/upload/sign/{call.bucket}/{call.name}?token={token}", "token": token}


def _entry(call: Call, name: str, seconds: int, *, readable: bool) -> dict[str, str | None]:
    url = sign_download(call, name, seconds) if readable else None
    return {"error": None if readable else _NOT_READABLE, "path": name, "signedURL": url}
