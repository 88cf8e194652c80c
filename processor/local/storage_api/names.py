"""Checks the names of buckets and objects: the ASCII characters that S3 calls safe and a few more are allowed."""

from __future__ import annotations

import re

from processor.local.storage_api.errors import StorageError, invalid_key

_SAFE = r"[A-Za-z0-9_!\-.*'() &$@=;:+,?"
_OBJECT = re.compile(_SAFE + r"/]+\Z")
_BUCKET = re.compile(_SAFE + r"]+\Z")
_DOTS = frozenset({".", ".."})
_MAX_OBJECT_NAME = 1024
_MAX_BUCKET_NAME = 100


def check_object_name(name: str) -> str:
    """Return the name of an object if it is valid. A client would normalise a path with a segment `.` or `..`.

    Raises: StorageError "InvalidKey".
    """
    if len(name) > _MAX_OBJECT_NAME or not _OBJECT.match(name) or not _DOTS.isdisjoint(name.split("/")):
        raise invalid_key(name)
    return name


def check_bucket_name(name: str) -> str:
    """Return the name of a bucket if it is valid.

    Raises: StorageError "Invalid Input".
    """
    if len(name) > _MAX_BUCKET_NAME or not _BUCKET.match(name) or name in _DOTS:
        raise StorageError(400, "Invalid Input", "Bucket name invalid")
    return name
