"""The page with which people import files: static files, and the two values that it needs to talk to the project.

The browser talks to the project directly, so that the page adds no rights and no data to the processor.
"""

import gzip
import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from processor.config import Config

FOLDER: Final = Path(__file__).parent / "page"
INDEX: Final = "index.html"
#: The names of the other files contain their digests, so that their content never changes.
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
#: Smaller bodies gain nothing from compression.
WORTH_COMPRESSING: Final = 1024
_HOSTED: Final = ".supabase.co"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """A file as it is sent: its bytes, also compressed where that is worth it, and its headers."""

    body: bytes
    headers: Mapping[str, str]
    compressed: bytes | None = None
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", f'"{hashlib.sha256(self.body).hexdigest()[:20]}"')

    def response(self, request: Request) -> Response:
        """Return the response to a GET or HEAD; 304 where the browser has the file."""
        headers = {**self.headers, "ETag": self.etag, "Vary": "Accept-Encoding"}
        if self.etag in etags_of(request):
            return Response(status_code=304, headers=headers)
        body = self.body
        if self.compressed is not None and accepts_gzip(request):
            body = self.compressed
            headers["Content-Encoding"] = "gzip"
        return Response(body, headers=headers)


def page_routes(config: Config, folder: Path = FOLDER) -> list[Route]:
    """Return the routes of the page; none where no publishable key is set."""
    if config.publishable_key is None:
        return []
    url = without_credentials(config.public_supabase_url or config.supabase_url)
    policy = security_headers(url)
    document = json.dumps({"url": url, "key": config.publishable_key}).encode()
    files = {
        "/" if path.name == INDEX else f"/{path.name}": page_file(path.name, path.read_bytes(), policy)
        for path in sorted(folder.iterdir())
    }
    files["/config.json"] = page_file("config.json", document, policy, caching=ASK_AGAIN)
    return [route(path, file) for path, file in files.items()]


def route(path: str, file: PageFile) -> Route:
    """Return the route of a file, for GET and HEAD."""

    async def serve(request: Request) -> Response:
        return file.response(request)

    return Route(path, serve, methods=["GET"])


def page_file(name: str, body: bytes, policy: Mapping[str, str], caching: str | None = None) -> PageFile:
    """Return a file with its type, by its name, and its headers."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind == "application/json":
        kind += "; charset=utf-8"
    caching = caching or (ASK_AGAIN if name == INDEX else FOR_EVER)
    compressed = gzip.compress(body, 9, mtime=0) if len(body) >= WORTH_COMPRESSING else None
    return PageFile(
        body=body, compressed=compressed, headers={**policy, "Content-Type": kind, "Cache-Control": caching}
    )


def security_headers(supabase_url: str) -> dict[str, str]:
    """Return the headers that keep the page alone: its own files, the project, and no frame around it."""
    policy = "; ".join(
        [
            "default-src 'self'",
            f"connect-src 'self' {' '.join(origins(supabase_url))}",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        ]
    )
    return {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def without_credentials(url: str) -> str:
    """Return a URL without user and password: everybody reads the settings of the page."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def origins(supabase_url: str) -> list[str]:
    """Return the origins of a project: of its APIs, of Realtime, and the host to which Supabase uploads faster."""
    parts = urlsplit(supabase_url)
    scheme, host = parts.scheme, parts.netloc
    allowed = [f"{scheme}://{host}", f"{'wss' if scheme == 'https' else 'ws'}://{host}"]
    if host.endswith(_HOSTED):
        allowed.append(f"{scheme}://{host.removesuffix(_HOSTED)}.storage{_HOSTED}")
    return allowed


def etags_of(request: Request) -> set[str]:
    """Return the entity tags that the client has, without the mark of weak ones."""
    return {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}


def accepts_gzip(request: Request) -> bool:
    """Return whether the client accepts gzip."""
    for part in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, quality = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
