"""The settings of the gateway, read from the environment once at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from processor.local.storage_api.config import Settings as StorageSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of Storage, and where the other services listen; None for one that the stack does not have."""

    storage: StorageSettings
    rest_url: str | None
    auth_url: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises: MissingVariable for the first variable that is missing.
        """
        return cls(
            storage=StorageSettings.from_environment(environment),
            rest_url=environment.get("GATEWAY_REST_URL") or None,
            auth_url=environment.get("GATEWAY_AUTH_URL") or None,
        )
