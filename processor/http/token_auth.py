"""Who may ring: whoever has the doorbell's token, and nobody learns from the answer or its time how near he was."""

import hmac
import secrets
from collections.abc import Callable, Sequence
from hashlib import sha256

from processor.http.cached_probe import CachedProbe

# How often a token that does not fit makes us look whether the database has a new one.
TOKEN_SECONDS = 5.0
SCHEME = b"bearer"


class TokenAuth:
    """Knows the doorbell's token: the one given, else what `read` returns, asked again when a ring does not fit.

    It keeps the token's digest only; digests are of one length, so that comparing them does not tell the token's.
    """

    def __init__(self, token: str | None, read: Callable[[], str | None]) -> None:
        self._digest = digest_of(token)
        self._renewed = None if token else CachedProbe(lambda: digest_of(read()), TOKEN_SECONDS, digest_of(None))

    async def admits(self, headers: Sequence[bytes]) -> bool:
        """Tell whether the Authorization headers of a request are one, with the token.

        No header, one of another form and one with a wrong token take the same way.
        """
        well_formed, given = credentials(headers)
        if self._fits(given) & well_formed:
            return True
        if self._renewed is None:
            return False
        self._digest = await self._renewed()
        return self._fits(given) & well_formed

    def _fits(self, given: bytes) -> bool:
        return hmac.compare_digest(sha256(given).digest(), self._digest)


def digest_of(token: str | None) -> bytes:
    """Return what the digest of a ring's token must be; without a token, one that none has."""
    return sha256(token.encode()).digest() if token else secrets.token_bytes(32)


def credentials(headers: Sequence[bytes]) -> tuple[bool, bytes]:
    """Return whether these are one header `Bearer TOKEN`, and what stands where the token would."""
    scheme, _, given = (headers[0] if headers else b"").partition(b" ")
    given = given.strip(b" ")
    return len(headers) == 1 and scheme.lower() == SCHEME and given != b"", given
