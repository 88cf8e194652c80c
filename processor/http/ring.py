"""Validates a ring. Its body is empty, or an object whose only member is `job_ids`, an array of UUIDs."""

import json
import re
from typing import Any, cast

from processor.errors import BadRing

FIELDS = frozenset({"job_ids"})
# The number by which the database sees that a ring was taken.
RING_HEADER = "import-jobs-ring"
# The form that Postgres writes. Python's own UUID also accepts braces and `urn:uuid:`.
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def check_ring(body: bytes, max_ids: int) -> None:
    """Check a ring that names at most `max_ids` jobs. The ids are not used, since the queue is read from its table.

    Raises: BadRing, whose message repeats nothing of the body.
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
    check_ids(cast("list[Any]", ids), max_ids)


def ring_number(text: str) -> int | None:
    """Return the number of a ring, None for anything but a whole number of up to 18 digits, as a bigint can hold."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def check_ids(ids: list[Any], max_ids: int) -> None:
    """Check that there are at most `max_ids` elements and that all of them are UUIDs.

    Raises: BadRing.
    """
    if len(ids) > max_ids:
        raise BadRing(f"job_ids has more than {max_ids:,} elements")
    if not all(isinstance(job_id, str) and UUID.fullmatch(job_id) for job_id in ids):
        raise BadRing("an element of job_ids is not a UUID")


def parsed(body: bytes) -> Any:
    """Parse JSON in UTF-8. By default `json` would also detect UTF-16 and UTF-32, and keep the last of equal keys.

    Raises: BadRing, also when nesting or numbers exceed Python's limits.
    """
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=distinct)
    except (ValueError, RecursionError) as exc:
        raise BadRing("the body is not JSON in UTF-8") from exc


def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of an object.

    Raises: BadRing when two members have the same name.
    """
    members = dict(pairs)
    if len(members) < len(pairs):
        raise BadRing("the body has a duplicate field")
    return members
