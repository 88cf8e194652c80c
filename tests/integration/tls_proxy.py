"""A proxy that adds TLS to a server, as a pooler does: the embedded Postgres is built without it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

# The first message of a client that wants TLS; the answer is one byte.
SSL_REQUEST = struct.pack("!ii", 8, 80877103)


def copy(source: socket.socket, target: socket.socket) -> None:
    """Pass on what arrives until one side has closed."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@dataclass(slots=True)
class TlsProxy:
    """Listens on a port of loopback, and passes connections on to the server at another port."""

    server_port: int
    certificate: Path
    key: Path

    def start(self) -> int:
        """Listen until the tests end; return the port."""
        listener = socket.create_server(("127.0.0.1", 0))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        threading.Thread(target=self._accept, args=(listener, context), daemon=True).start()
        return listener.getsockname()[1]

    def _accept(self, listener: socket.socket, context: ssl.SSLContext) -> None:
        while True:
            client, _ = listener.accept()
            threading.Thread(target=self._serve, args=(client, context), daemon=True).start()

    def _serve(self, client: socket.socket, context: ssl.SSLContext) -> None:
        with client, contextlib.suppress(OSError):
            assert client.recv(len(SSL_REQUEST)) == SSL_REQUEST
            client.sendall(b"S")
            with (
                context.wrap_socket(client, server_side=True) as secure,
                socket.create_connection(("127.0.0.1", self.server_port)) as server,
            ):
                threading.Thread(target=copy, args=(server, secure), daemon=True).start()
                copy(secure, server)
