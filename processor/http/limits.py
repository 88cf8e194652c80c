"""How much a client may send, how slowly, and how many may do so at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Times are in seconds, sizes in bytes. Rings are answered in milliseconds; all of this is for the other clients.

    `body_bytes`: a ring names at most `job_ids` ids, which are 39 kB. `head_bytes` is for request line and headers.
    `head_seconds` and `body_seconds` count from the first byte to the last, however steadily they trickle.
    `idle_seconds` is how long a connection may rest between requests: pg_net's batches come every second.
    `surplus_bytes` of a body that nobody wants are read and thrown away, so that the client gets to see the answer.
    `connections` is a fraction of the 1,024 files that a process may open by default.
    """

    body_bytes: int = 64 * 1024
    job_ids: int = 1000
    head_bytes: int = 16 * 1024
    head_seconds: float = 10.0
    body_seconds: float = 10.0
    idle_seconds: int = 10
    surplus_bytes: int = 1024 * 1024
    connections: int = 128
