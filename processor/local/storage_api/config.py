"""The settings of the local Storage API, read from the environment once at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class MissingVariable(Exception):
    """An environment variable is missing; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of the server."""

    database_url: str
    root: Path
    jwt_secret: str
    secret_key: str
    publishable_key: str
    host: str
    port: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises: MissingVariable for the first variable that is missing.
        """

        def read(name: str) -> str:
            if not (value := environment.get(name)):
                raise MissingVariable(f"{name} is not set — Set it before starting the local Storage API.")
            return value

        return cls(
            database_url=read("STORAGE_DATABASE_URL"),
            root=Path(read("STORAGE_ROOT")),
            jwt_secret=read("SUPABASE_JWT_SECRET"),
            secret_key=read("SUPABASE_SECRET_KEY"),
            publishable_key=read("SUPABASE_PUBLISHABLE_KEY"),
            host=environment.get("STORAGE_HOST") or "127.0.0.1",
            port=int(read("STORAGE_PORT")),
        )
