"""Authenticates rings by the doorbell's token. Neither the response nor its time reveals how close a guess was."""

import hmac
import secrets
from collections.abc import Callable, Sequence
from hashlib import sha256

from processor.http.cached_probe import CachedProbe

# Minimum time between two reads of the database's token, which rings with a wrong token cause.
TOKEN_SECONDS = 5.0
SCHEME = b"bearer"


class TokenAuth:
    """Checks tokens against the given one, or else against the one that `read` returns.

    `read` is called again when a token does not match, since the database may have a new one. Only the token's digest
    is kept. All digests have the same length, so that comparing them does not reveal the length of the token.
    """

    def __init__(self, token: str | None, read: Callable[[], str | None]) -> None:
        self._digest = digest_of(token)
        self._current = None if token else CachedProbe(lambda: digest_of(read()), TOKEN_SECONDS, digest_of(None))

    async def accepts(self, headers: Sequence[bytes]) -> bool:
        """Return whether the Authorization headers of a request are exactly one, with the right token.

        A missing header, a malformed one and one with a wrong token take the same path through this code.
        """
        well_formed, token = credentials(headers)
        if self._matches(token) & well_formed:
            return True
        if self._current is None:
            return False
        self._digest = await self._current()
        return self._matches(token) & well_formed

    def _matches(self, token: bytes) -> bool:
        return hmac.compare_digest(sha256(token).digest(), self._digest)


def digest_of(token: str | None) -> bytes:
    """Return the digest of a token, or for None random bytes, which are the digest of no token."""
    return sha256(token.encode()).digest() if token else secrets.token_bytes(32)


def credentials(headers: Sequence[bytes]) -> tuple[bool, bytes]:
    """Return whether the headers are exactly one `Bearer TOKEN`, and the token, which is empty if there is none."""
    scheme, _, token = (headers[0] if headers else b"").partition(b" ")
    token = token.strip(b" ")
    return len(headers) == 1 and scheme.lower() == SCHEME and token != b"", token
