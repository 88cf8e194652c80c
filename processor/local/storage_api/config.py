"""The settings of the local Storage API, read from the environment once at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jwt import PyJWKSet


class MissingVariable(Exception):
    """An environment variable is missing; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of the server; `jwks` has the public keys of tokens that are not signed with `jwt_secret`."""

    database_url: str
    root: Path
    jwt_secret: str
    secret_key: str
    publishable_key: str
    host: str
    port: int
    jwks: PyJWKSet | None = None
    # The limit of a file's size in all buckets, in bytes: [storage] file_size_limit in config.toml.
    file_size_limit: int | None = None
    # Hosted projects keep an unfinished resumable upload for a day.
    upload_expiry_seconds: float = 86_400

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
            file_size_limit=int(environment.get("STORAGE_FILE_SIZE_LIMIT") or 0) or None,
            upload_expiry_seconds=float(environment.get("STORAGE_UPLOAD_EXPIRY_SECONDS") or 86_400),
            jwks=PyJWKSet.from_json(keys) if (keys := environment.get("SUPABASE_JWKS")) else None,
        )
