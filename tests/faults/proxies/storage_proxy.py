"""An HTTP proxy in front of a Storage API that answers wrongly, slowly or by half when told to."""

import sys
import threading

from tests.faults.proxies import control
from tests.faults.proxies.storage_fault import Fault, FaultList
from tests.faults.proxies.storage_relay import RelayServer


class StorageProxy:
    """Serve the Storage API at `target` ("http://host:port") on 127.0.0.1:`port`, with the faults added to it."""

    def __init__(self, target: str, port: int = 0) -> None:
        self.faults = FaultList()
        self._server = RelayServer(target, self.faults, port)
        self.port: int = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Answer from now on, in threads."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Close the port and every connection; only after start()."""
        self._server.stop()

    def add(self, fault: Fault) -> None:
        """Break the next calls that match."""
        self.faults.add(fault)

    def clear(self) -> None:
        """Break nothing any more."""
        self.faults.clear()


def _main(listen_port: str, target: str, control_port: str = "0") -> None:
    proxy = StorageProxy(target, int(listen_port))
    server = control.ControlServer(
        {
            "GET /faults": lambda _: proxy.faults.as_json(),
            "POST /faults": proxy.faults.add_json,
            "DELETE /faults": lambda _: proxy.clear() or [],
        },
        int(control_port),
    )

    def start() -> str:
        proxy.start()
        server.start()
        return f"ready port={proxy.port} control={server.port}"

    def stop() -> None:
        server.stop()
        proxy.stop()

    control.run(start, stop)


if __name__ == "__main__":
    if len(sys.argv) not in {3, 4}:
        sys.exit("usage: python -m tests.faults.proxies.storage_proxy LISTEN_PORT TARGET_URL [CONTROL_PORT]")
    _main(*sys.argv[1:])
