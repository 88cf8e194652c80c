"""What a ring is: no body at all, or an object with nothing but `job_ids`, an array of UUIDs."""

import json
import re
from typing import Any, cast

from processor.errors import BadRing

FIELDS = frozenset({"job_ids"})
# As Postgres writes them; Python's own reader takes braces and `urn:uuid:` as well.
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def check_ring(body: bytes, most: int) -> None:
    """Check a ring that names at most `most` jobs. Its ids are not used: the queue's rows are the truth.

    Raises: BadRing; its message repeats nothing of the body.
    """
    if not body.strip():
        return
    value = parsed(body)
    if not isinstance(value, dict):
        raise BadRing("the body is not a JSON object")
    fields = cast("dict[str, Any]", value)
    if not fields.keys() <= FIELDS:
        raise BadRing("the body has an unknown field")
    ids = fields.get("job_ids", [])
    if not isinstance(ids, list):
        raise BadRing("job_ids is not an array")
    check_ids(cast("list[Any]", ids), most)


def check_ids(ids: list[Any], most: int) -> None:
    """Raises: BadRing when these are too many, or not all of them are UUIDs."""
    if len(ids) > most:
        raise BadRing(f"job_ids has more than {most:,} elements")
    if not all(isinstance(each, str) and UUID.fullmatch(each) for each in ids):
        raise BadRing("an element of job_ids is not a UUID")


def parsed(body: bytes) -> Any:
    """Parse JSON in UTF-8; `json` alone would guess UTF-16 and UTF-32, and keep the last of two equal keys.

    Raises: BadRing, also for nesting and for numbers that are too large for Python.
    """
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=distinct)
    except (ValueError, RecursionError) as exc:
        raise BadRing("the body is not JSON in UTF-8") from exc


def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of an object.

    Raises: BadRing when two have one name.
    """
    members = dict(pairs)
    if len(members) < len(pairs):
        raise BadRing("the body has a field twice")
    return members
