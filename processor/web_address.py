"""What counts as the address of a server."""

from urllib.parse import urlsplit


def is_web_address(text: str) -> bool:
    """Return whether a text is an HTTP or HTTPS URL with a host and, if it names a port, a valid one."""
    if not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
