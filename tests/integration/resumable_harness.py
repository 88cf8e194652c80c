"""What the tests of resumable uploads share: the requests of TUS 1.0, and a client that breaks off."""

from __future__ import annotations

import base64
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from tests.servers import ALICE, PUBLISHABLE_KEY, token

TUS = {"tus-resumable": "1.0.0"}
CHUNK = 6 << 20
BODY = bytes(range(256)) * (3 * CHUNK // 512)  # one chunk and a half


def name(text: str) -> str:
    return f"{ALICE}/{text}.csv"


def metadata(**pairs: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


def create(
    client: httpx.Client,
    name: str,
    length: int,
    *,
    bucket: str = "files",
    path: str = "/upload/resumable",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    **pairs: str,
) -> httpx.Response:
    """Create an upload; with a body, the extension creation-with-upload."""
    known = {
        **TUS,
        "upload-length": str(length),
        "upload-metadata": metadata(bucketName=bucket, objectName=name, **pairs),
        **({} if body is None else {"content-type": "application/offset+octet-stream"}),
    }
    return client.post(path, headers=known | dict(headers or {}), content=body)


def append(
    client: httpx.Client, url: str, offset: int, body: bytes, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    known = {**TUS, "upload-offset": str(offset), "content-type": "application/offset+octet-stream"}
    return client.patch(url, headers=known | dict(headers or {}), content=body)


def offset(client: httpx.Client, url: str) -> int:
    response = client.head(url, headers=TUS)
    assert response.status_code == 200
    return int(response.headers["upload-offset"])


def break_off(url: str, start: int, announced: int, body: bytes) -> socket.socket:
    """Begin a PATCH as Alice, announce more bytes than follow, and return the open connection."""
    address = urlsplit(url)
    connection = socket.create_connection((address.hostname, address.port), timeout=15)
    head = (
        f"PATCH {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nTus-Resumable: 1.0.0\r\n"
        f"apikey: {PUBLISHABLE_KEY}\r\nAuthorization: Bearer {token()}\r\nUpload-Offset: {start}\r\n"
        f"Content-Type: application/offset+octet-stream\r\nContent-Length: {announced}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    return connection
