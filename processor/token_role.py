"""The role that a token of Supabase claims, which is read and not verified."""

import base64
import json
from typing import cast


def role_of(token: str) -> str | None:
    """Return the role in the claims of a JWT; None where there is none."""
    try:
        body = token.split(".")[1]
        claims: object = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, IndexError):
        return None
    role = cast("dict[str, object]", claims).get("role") if isinstance(claims, dict) else None
    return role if isinstance(role, str) else None
