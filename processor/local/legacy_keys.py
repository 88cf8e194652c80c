"""The older API keys of a project: a JWT for each role, which the project's secret signs."""

from __future__ import annotations

from functools import cache

# The claims of the keys that `supabase start` has; 2032-11-11.
_EXPIRES = 1983812996


@cache
def legacy_key(role: str, jwt_secret: str) -> str:
    """Return the API key of a role: anon or service_role."""
    import jwt  # only here: it takes 0.1 s, which every command that reads a stack's state would pay

    return jwt.encode({"iss": "supabase-demo", "role": role, "exp": _EXPIRES}, jwt_secret, algorithm="HS256")
