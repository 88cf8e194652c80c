"""The Data API and Auth: which programs serve them on this machine, and how they are started."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from processor.local import signing_key
from processor.local.node import installation
from processor.local.node.installation import Installation, NotInstalled
from processor.local.service import Service
from processor.local.state import State

REST, AUTH = "rest", "auth"
# As on the platform.
_MAX_ROWS = "1000"


@dataclass(frozen=True, slots=True)
class Api:
    """What this machine has: PostgREST, and Node.js with @supabase/lite; `missing` says what it has not, and why."""

    postgrest: Path | None
    node: Installation | None
    missing: str = ""

    @property
    def has_rest(self) -> bool:
        """Whether the Data API is served, by PostgREST or by @supabase/lite."""
        return self.postgrest is not None or self.node is not None

    @property
    def serves_page(self) -> bool:
        """Whether the page works, for which people sign in."""
        return self.has_rest and self.node is not None

    def services(self, state: State) -> list[Service]:
        """Return the programs to start."""
        found = [_postgrest(self.postgrest, state)] if self.postgrest else []
        return [*found, _lite(self.node, state, rest=self.postgrest is None)] if self.node else found

    def gateway_variables(self, state: State) -> dict[str, str]:
        """Return the variables by which the gateway knows where the services listen."""
        lite = f"http://127.0.0.1:{state.auth_port}"
        urls = {"GATEWAY_AUTH_URL": f"{lite}/auth/v1"} if self.node else {}
        if self.has_rest:
            urls["GATEWAY_REST_URL"] = f"http://127.0.0.1:{state.rest_port}" if self.postgrest else f"{lite}/rest/v1"
        return urls


NONE = Api(None, None)


def find(report: Callable[[str], None]) -> Api:
    """Return what this machine has; npm packages that this user does not have yet are installed."""
    found = shutil.which("postgrest")
    try:
        node = installation.find(report)
    except NotInstalled as error:
        lacking = "Auth" if found else "the Data API and Auth"
        return Api(Path(found) if found else None, None, f"The stack runs without {lacking}: {error}.")
    return Api(Path(found) if found else node.postgrest, node)


def rest_probe(state: State) -> str:
    """Return the URL that says whether PostgREST serves; it does once it has read the schema."""
    return f"http://127.0.0.1:{state.rest_port}/"


def auth_probe(state: State) -> str:
    """Return the URL that says whether Auth serves."""
    return f"http://127.0.0.1:{state.auth_port}/auth/v1/health"


def _postgrest(program: Path, state: State) -> Service:
    env = {
        "PGRST_DB_URI": state.database_url("authenticator"),
        "PGRST_DB_SCHEMAS": "public",
        "PGRST_DB_EXTRA_SEARCH_PATH": "public,extensions",
        "PGRST_DB_ANON_ROLE": "anon",
        "PGRST_DB_MAX_ROWS": _MAX_ROWS,
        "PGRST_JWT_SECRET": signing_key.jwks_with_secret(state.signing_key, state.jwt_secret),
        "PGRST_OPENAPI_SERVER_PROXY_URI": f"{state.supabase_url}/rest/v1",
        "PGRST_SERVER_HOST": "127.0.0.1",
        "PGRST_SERVER_PORT": str(state.rest_port),
        "PGRST_LOG_LEVEL": "error",
    }
    return Service(REST, [str(program)], env, state.rest_port, rest_probe(state))


def _lite(node: Installation, state: State, *, rest: bool) -> Service:
    env = {
        "PORT": str(state.auth_port),
        "BASE_URL": state.supabase_url,
        "JWT_SECRET": state.jwt_secret,
        "SIGNING_KEY": json.dumps(state.signing_key),
        "AUTH_DATABASE_URL": state.database_url("supabase_auth_admin"),
        "LITE_TELEMETRY": "0",
        "DO_NOT_TRACK": "1",
    }
    if rest:
        env["REST_DATABASE_URL"] = state.database_url("authenticator")
        env["SCHEMA_DATABASE_URL"] = state.database_url()
    command = [str(node.node), str(node.scripts / "server.mjs")]
    return Service(AUTH, command, env, state.auth_port, auth_probe(state))
