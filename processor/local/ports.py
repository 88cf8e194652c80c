"""Free TCP ports on loopback."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection

# Linux gives outgoing connections ports from 32768 on. A stack keeps its port between runs, so its port is taken from
# below that range, where no client can get it in the meantime.
_RANGE = range(20000, 32768)
_ATTEMPTS = 200


def is_free(port: int) -> bool:
    """Return whether a server could listen on `port` of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(taken: Collection[int] = ()) -> int:
    """Return a free port that is not in `taken`.

    Raises: OSError when 200 random ports are all in use.
    """
    for _ in range(_ATTEMPTS):
        port = random.choice(_RANGE)  # noqa: S311 - not a secret
        if port not in taken and is_free(port):
            return port
    raise OSError("no free port between 20000 and 32767")
