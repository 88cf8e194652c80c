"""What can be made to go wrong with a call of the Storage API, and how often."""

import threading
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, cast, get_args

Kind = Literal["status", "slow", "truncate", "ignore_range", "etag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault, for the next `remaining` calls that match (None: for ever).

    A call matches when its method is `method` (None: any) and `path` is a part of its path and query.

    - status: answered with `status`, and with Retry-After when `retry_after` (seconds) is there; Storage is not asked
    - slow: the answer's body comes at `bytes_per_second`
    - truncate: the connection is closed after `after_bytes` of the answer's body, whatever Content-Length promised
    - ignore_range: the Range header does not reach Storage, which so answers 200 instead of 206
    - etag: the answer has `etag` as its ETag
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
        """Refuse what no call could be given."""
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}")
        if self.bytes_per_second < 1:
            raise ValueError("bytes_per_second must be at least 1")

    def fits(self, method: str, path: str) -> bool:
        """Tell whether a call is one of those meant."""
        return self.method in {None, method} and self.path in path


class FaultList:
    """The faults of a proxy, safe to change while it serves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """Put a fault behind those that are there."""
        with self._lock:
            self._faults.append((fault, fault.remaining))

    def add_json(self, fault: object) -> list[dict[str, object]]:
        """Add a fault from its fields; raises ValueError or TypeError for what is none."""
        if not isinstance(fault, dict):
            raise TypeError(f"a fault is an object with some of {', '.join(f.name for f in fields(Fault))}")
        self.add(Fault(**cast(dict[str, Any], fault)))
        return self.as_json()

    def clear(self) -> None:
        """Remove all."""
        with self._lock:
            self._faults.clear()

    def as_json(self) -> list[dict[str, object]]:
        """Return every fault that is not used up, with what remains of it."""
        with self._lock:
            return [{**asdict(fault), "remaining": left} for fault, left in self._faults]

    def take(self, method: str, path: str) -> dict[Kind, Fault]:
        """Use up one of the first fault of each kind that fits a call, and return them."""
        taken: dict[Kind, Fault] = {}
        kept: list[tuple[Fault, int | None]] = []
        with self._lock:
            for fault, left in self._faults:
                remains = left
                if fault.kind not in taken and fault.fits(method, path) and left != 0:
                    taken[fault.kind] = fault
                    remains = None if left is None else left - 1
                if remains != 0:
                    kept.append((fault, remains))
            self._faults = kept
        return taken
