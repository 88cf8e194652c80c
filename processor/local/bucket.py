"""Creates the buckets declared in supabase/config.toml in the local Storage, as the Supabase CLI does."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

import processor
from processor.errors import UserError

_PACKAGE = Path(processor.__file__).resolve().parent
# The file's place in a checkout, and in an installed package.
_CONFIG_PATHS = (_PACKAGE.parent / "supabase" / "config.toml", _PACKAGE / "config.toml")
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket and its limits; None means no limit."""

    name: str
    public: bool
    file_size_limit: int | None
    allowed_mime_types: list[str] | None


def declared() -> list[Bucket]:
    """Return the buckets that the project's configuration declares.

    Raises: UserError when the configuration is missing or a size in it is invalid.
    """
    return parse(_config())


def declared_limit() -> int | None:
    """Return the limit of a file's size in all buckets, in bytes; None means no limit.

    Raises: UserError when the configuration is missing or the size in it is invalid.
    """
    size: str | int | None = tomllib.loads(_config()).get("storage", {}).get("file_size_limit")
    return None if size is None else parse_size(size)


def _config() -> str:
    for path in _CONFIG_PATHS:
        if path.exists():
            return path.read_text(encoding="utf-8")
    raise UserError("supabase/config.toml is missing", "Run import-jobs from a complete checkout or package.")


def parse(text: str) -> list[Bucket]:
    """Return the buckets of the tables [storage.buckets.*] in a configuration."""
    tables: dict[str, dict[str, Any]] = tomllib.loads(text).get("storage", {}).get("buckets", {})
    return [
        Bucket(
            name,
            bool(table.get("public", False)),
            parse_size(table["file_size_limit"]) if "file_size_limit" in table else None,
            table.get("allowed_mime_types") or None,
        )
        for name, table in tables.items()
    ]


def parse_size(text: str | int) -> int:
    """Return the bytes of a size such as 1048576, "50MiB" or "5GB".

    Units are powers of 1024, as in the Supabase CLI.

    Raises: UserError when the text is not a size.
    """
    match = re.fullmatch(r"\s*(\d+)\s*([kmgt]?)i?b?\s*", str(text), re.IGNORECASE)
    if match is None:
        raise UserError(f"file_size_limit {text!r} in supabase/config.toml is not a size", 'Write a size like "50MiB".')
    return int(match[1]) * _UNITS[match[2].lower()]


def ensure(supabase_url: str, secret_key: str, buckets: list[Bucket]) -> None:
    """Create each bucket, or set these limits on an existing one.

    Raises: UserError when Storage answers with an error, httpx.HTTPError when it does not answer.
    """
    base = f"{supabase_url}/storage/v1/bucket"
    with httpx.Client(headers={"apikey": secret_key}, trust_env=False, timeout=30.0) as client:
        for bucket in buckets:
            limits = {
                "public": bucket.public,
                "file_size_limit": bucket.file_size_limit,
                "allowed_mime_types": bucket.allowed_mime_types,
            }
            response = client.put(f"{base}/{bucket.name}", json={"id": bucket.name, **limits})
            if not response.is_success:
                response = client.post(base, json={"id": bucket.name, "name": bucket.name, **limits})
            if not response.is_success:
                raise UserError(f"could not create the bucket {bucket.name}", response.text)
