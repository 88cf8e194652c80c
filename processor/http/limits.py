"""Limits of the HTTP server on the size, the duration and the number of requests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """Times are in seconds, sizes in bytes. A ring takes milliseconds; the limits are for clients that misbehave.

    `job_ids` is the maximum number of ids in a ring; a thousand take 39 kB of the `body_bytes`. `head_bytes` limits
    the request line with the headers. `head_seconds` and `body_seconds` limit the time from the first byte to the last,
    even if bytes keep arriving. `idle_seconds` is how long a connection is kept open between requests; pg_net sends its
    batches every second. After a response, up to `surplus_bytes` of an unread body are read and discarded, so that the
    client can read the response. `connections` are served at the same time, a fraction of the 1,024 files that a
    process may open by default; pg_net opens 200 at once for a batch. Up to `backlog` further ones wait until one is
    closed. When all are taken, one that has waited for its client for `grace_seconds` is closed to make room.
    """

    body_bytes: int = 64 * 1024
    job_ids: int = 1000
    head_bytes: int = 16 * 1024
    head_seconds: float = 10.0
    body_seconds: float = 10.0
    idle_seconds: int = 10
    surplus_bytes: int = 1024 * 1024
    connections: int = 256
    backlog: int = 1024
    grace_seconds: float = 1.0
