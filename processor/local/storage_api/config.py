"""The environment of the local Storage API, read once at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class MissingVariable(Exception):
    """Say which environment variable is absent."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the server needs to know before its first request."""

    database_url: str
    root: Path
    jwt_secret: str
    secret_key: str
    publishable_key: str
    host: str
    port: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings; raises MissingVariable for the first one that is absent."""

        def read(name: str) -> str:
            if not (value := environment.get(name)):
                raise MissingVariable(f"{name} is not set: the local Storage API needs it")
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
