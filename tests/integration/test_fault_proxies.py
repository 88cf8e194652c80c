"""The TCP proxy injects exactly the requested faults into real connections."""

from __future__ import annotations

import socket
import threading

import httpx
import pytest

from processor.local.ports import free_port
from tests.faults.proxies.tcp_proxy import TcpProxy
from tests.integration.fault_harness import FILE, connect, connect_and_send, read, running, send_and_read
from tests.waiting import DEADLINE, until


@pytest.fixture
def echo_port():
    """A server that sends back what it receives, until the client closes the connection."""

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while block := connection.recv(65_536):
                    connection.sendall(block)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def tcp(echo_port):
    proxy = TcpProxy(echo_port)
    proxy.start()
    yield proxy
    proxy.stop()


def test_tcp_forwards_megabytes_and_the_end_of_each_direction(tcp):
    with connect(tcp.port) as client:
        threading.Thread(
            target=lambda: (client.sendall(FILE * 8), client.shutdown(socket.SHUT_WR)), daemon=True
        ).start()
        assert read(client, len(FILE) * 8 + 1) == FILE * 8
    until(lambda: tcp.connections == 0)


def test_tcp_reset_sends_rst_on_every_connection_and_new_ones_work(tcp):
    with connect(tcp.port) as first, connect(tcp.port) as second:
        assert send_and_read(first, b"one") == b"one"
        assert send_and_read(second, b"two") == b"two"
        assert tcp.reset() == 2
        for client in (first, second):
            with pytest.raises(ConnectionResetError):
                client.recv(1)
    with connect(tcp.port) as client:
        assert send_and_read(client, b"again") == b"again"


def test_tcp_frozen_connection_stays_open_and_forwards_nothing_until_resumed(tcp):
    with connect(tcp.port) as client, connect(tcp.port) as other:
        assert send_and_read(client, b"before") == b"before"
        tcp.freeze()
        client.sendall(b"held")
        other.sendall(b"back")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(DEADLINE)
        tcp.resume()
        assert read(client, 4) == b"held"
        assert read(other, 4) == b"back"


def test_tcp_frozen_connection_can_be_reset(tcp):
    with connect(tcp.port) as client:
        assert send_and_read(client, b"before") == b"before"
        tcp.freeze()
        client.sendall(b"held")
        assert tcp.reset() == 1
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_tcp_refuse_resets_new_connections_only(tcp):
    with connect(tcp.port) as old:
        assert send_and_read(old, b"old") == b"old"
        tcp.refuse()
        with pytest.raises(ConnectionError):
            connect_and_send(tcp.port, b"new")
        assert send_and_read(old, b"still") == b"still"
        tcp.resume()
    assert connect_and_send(tcp.port, b"new") == b"new"


def test_tcp_resets_when_the_target_does_not_listen():
    proxy = TcpProxy(free_port())
    proxy.start()
    try:
        with pytest.raises(ConnectionError):
            connect_and_send(proxy.port, b"anyone")
    finally:
        proxy.stop()


def test_tcp_as_a_process_is_controlled_over_http(echo_port):
    with running("tcp_proxy", "0", str(echo_port)) as (port, control):
        with connect(port) as client:
            assert send_and_read(client, b"one") == b"one"
            assert httpx.get(control).json() == {"mode": "flowing", "connections": 1}
            assert httpx.post(f"{control}freeze").json()["mode"] == "frozen"
            assert httpx.post(f"{control}reset").json() == {"reset": 1}
            with pytest.raises(ConnectionResetError):
                client.recv(1)
        assert httpx.post(f"{control}resume").json() == {"mode": "flowing", "connections": 0}
        assert httpx.post(f"{control}explode").status_code == 404
