"""The buckets that supabase/config.toml declares, made in the local Storage as the Supabase CLI makes them."""

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
# In a clone, and in an installed package.
_PLACES = (_PACKAGE.parent / "supabase" / "config.toml", _PACKAGE / "config.toml")
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket's limits; None means none."""

    name: str
    public: bool
    file_size_limit: int | None
    allowed_mime_types: list[str] | None


def declared() -> list[Bucket]:
    """Read the buckets of the project's configuration."""
    for place in _PLACES:
        if place.exists():
            return parse(place.read_text(encoding="utf-8"))
    raise UserError("supabase/config.toml is not there", "run import-jobs from a complete clone or package")


def parse(text: str) -> list[Bucket]:
    """Read the tables [storage.buckets.*] of a configuration."""
    tables: dict[str, dict[str, Any]] = tomllib.loads(text).get("storage", {}).get("buckets", {})
    return [
        Bucket(
            name,
            bool(table.get("public", False)),
            size(table["file_size_limit"]) if "file_size_limit" in table else None,
            table.get("allowed_mime_types") or None,
        )
        for name, table in tables.items()
    ]


def size(text: str | int) -> int:
    """Return bytes for what the configuration says: 1048576, "50MiB", "5GB" (powers of 1024, as the CLI has it)."""
    found = re.fullmatch(r"\s*(\d+)\s*([kmgt]?)i?b?\s*", str(text), re.IGNORECASE)
    if found is None:
        raise UserError(f"file_size_limit {text!r} in supabase/config.toml is no size", 'write it like "50MiB"')
    return int(found[1]) * _UNITS[found[2].lower()]


def ensure(supabase_url: str, secret_key: str, buckets: list[Bucket]) -> None:
    """Make each bucket, or give an existing one these limits."""
    base = f"{supabase_url}/storage/v1/bucket"
    with httpx.Client(headers={"apikey": secret_key}, trust_env=False, timeout=30.0) as client:
        for bucket in buckets:
            limits = {
                "public": bucket.public,
                "file_size_limit": bucket.file_size_limit,
                "allowed_mime_types": bucket.allowed_mime_types,
            }
            answer = client.put(f"{base}/{bucket.name}", json={"id": bucket.name, **limits})
            if not answer.is_success:
                answer = client.post(base, json={"id": bucket.name, "name": bucket.name, **limits})
            if not answer.is_success:
                raise UserError(f"Storage refused the bucket {bucket.name}", answer.text)
