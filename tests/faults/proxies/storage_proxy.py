"""An HTTP proxy in front of a Storage API that returns errors, slow bodies or truncated bodies on request."""

import sys
import threading

from tests.faults.proxies import control
from tests.faults.proxies.storage_fault import Fault, FaultList
from tests.faults.proxies.storage_relay import RelayServer


class StorageProxy:
    """Forwards 127.0.0.1:`port` to the Storage API at `target` ("http://host:port"), and injects its faults."""

    def __init__(self, target: str, port: int = 0) -> None:
        self.faults = FaultList()
        self._server = RelayServer(target, self.faults, port)
        self.port: int = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve from now on, in threads."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Close the port and every connection. Call it after start() only."""
        self._server.stop()

    def add(self, fault: Fault) -> None:
        """Inject a fault into the next requests that match it."""
        self.faults.add(fault)

    def clear(self) -> None:
        """Remove all faults."""
        self.faults.clear()


def _main(listen_port: str, target: str, control_port: str = "0") -> None:
    proxy = StorageProxy(target, int(listen_port))
    actions: dict[str, control.Action] = {
        "GET /faults": lambda _: proxy.faults.as_json(),
        "POST /faults": proxy.faults.add_json,
        "DELETE /faults": lambda _: proxy.clear() or [],
    }
    control.serve(proxy, actions, int(control_port))


if __name__ == "__main__":
    if len(sys.argv) not in {3, 4}:
        sys.exit("usage: python -m tests.faults.proxies.storage_proxy LISTEN_PORT TARGET_URL [CONTROL_PORT]")
    _main(*sys.argv[1:])
