"""`python -m processor.health`: ask the processor of this machine whether it is alive, for images without curl."""

import http.client
import sys

from processor.config import BadEnvironment, from_environment

SECONDS = 5
#: A server that listens on all addresses answers on loopback.
LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not bound


def is_alive(host: str, port: int) -> bool:
    """Return whether `GET /health` is answered with 200."""
    connection = http.client.HTTPConnection(LOOPBACK.get(host, host), port, timeout=SECONDS)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> int:
    """Return the exit status: 0 if the processor is alive, 1 if it is not or the environment is that of none."""
    try:
        config = from_environment()
    except BadEnvironment as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0 if is_alive(config.host, config.port) else 1


if __name__ == "__main__":
    sys.exit(main())
