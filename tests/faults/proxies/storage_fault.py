"""The faults that the Storage proxy can inject, and how often."""

import threading
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, cast, get_args

Kind = Literal["status", "slow", "truncate", "ignore_range", "etag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault for the next `remaining` requests that match, or for all when `remaining` is None.

    A request matches when its method is `method`, or `method` is None, and when its path and query contain `path`.

    - status: the proxy itself responds with `status`, and with Retry-After when `retry_after` (seconds) is set
    - slow: the body of the response is sent at `bytes_per_second`
    - truncate: the connection is closed after `after_bytes` of the body, whatever Content-Length is
    - ignore_range: the header Range is not forwarded, so that Storage responds with 200 instead of 206
    - etag: the ETag of the response is `etag`
    """

    kind: Kind
    remaining: int | None = 1
    method: str | None = "GET"
    path: str = ""
    status: int = 503
    retry_after: int | None = None
    bytes_per_second: int = 65_536
    after_bytes: int = 0
    etag: str = '"another"'

    def __post_init__(self) -> None:
        """Check the values.

        Raises: ValueError.
        """
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}")
        if self.bytes_per_second < 1:
            raise ValueError("bytes_per_second must be at least 1")

    def matches(self, method: str, path: str) -> bool:
        """Return whether the fault is meant for a request."""
        return self.method in {None, method} and self.path in path


class FaultList:
    """The faults of a proxy; it may change while the proxy serves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """Append a fault."""
        with self._lock:
            self._faults.append((fault, fault.remaining))

    def add_json(self, fault: object) -> list[dict[str, object]]:
        """Append a fault given as an object of its fields.

        Raises: ValueError, TypeError.
        """
        if not isinstance(fault, dict):
            raise TypeError(f"a fault must be an object with some of {', '.join(f.name for f in fields(Fault))}")
        self.add(Fault(**cast(dict[str, Any], fault)))
        return self.as_json()

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def as_json(self) -> list[dict[str, object]]:
        """Return every fault that remains, with its remaining requests."""
        with self._lock:
            return [{**asdict(fault), "remaining": remaining} for fault, remaining in self._faults]

    def take(self, method: str, path: str) -> dict[Kind, Fault]:
        """Return the first matching fault of each kind for a request, and count it as used once."""
        taken: dict[Kind, Fault] = {}
        still_active: list[tuple[Fault, int | None]] = []
        with self._lock:
            for fault, remaining in self._faults:
                left = remaining
                if fault.kind not in taken and fault.matches(method, path) and remaining != 0:
                    taken[fault.kind] = fault
                    left = None if remaining is None else remaining - 1
                if left != 0:
                    still_active.append((fault, left))
            self._faults = still_active
        return taken
