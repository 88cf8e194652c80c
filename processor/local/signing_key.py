"""The key pair with which Auth signs the tokens of users (ES256), as JSON Web Keys."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping

_PRIVATE = "d"


def generate() -> dict[str, str]:
    """Return a new private key."""
    # Imported only when needed: 40 ms, which every command that reads a stack's state would pay.
    from cryptography.hazmat.primitives.asymmetric import ec
    from jwt.algorithms import ECAlgorithm

    key = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True)
    return {**key, "kid": str(uuid.uuid4()), "alg": "ES256", "use": "sig"}


def jwks(key: Mapping[str, str]) -> str:
    """Return the public key as a set of keys, in JSON."""
    public = {name: value for name, value in key.items() if name != _PRIVATE}
    return json.dumps({"keys": [{**public, "key_ops": ["verify"], "ext": True}]}, separators=(",", ":"))


def jwks_with_secret(key: Mapping[str, str], secret: str) -> str:
    """Return the set of keys with which PostgREST checks tokens: the public one, and the secret of older tokens."""
    octets = base64.urlsafe_b64encode(secret.encode()).rstrip(b"=").decode()
    keys = json.loads(jwks(key))["keys"]
    return json.dumps({"keys": [*keys, {"kty": "oct", "k": octets, "alg": "HS256", "use": "sig"}]})
