"""The state of a stack between runs: its ports and secrets, in DIR/state.json, which only its owner can read."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from processor.errors import UserError
from processor.local import floor, ports, process_table, signing_key
from processor.local.legacy_keys import legacy_key
from processor.local.postgres import SUPERUSER

_FILE = "state.json"
_PORTS = ("postgres_port", "storage_port", "processor_port", "rest_port", "auth_port")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The ports and secrets of one stack.

    Secrets consist of letters, digits, - and _, so that neither a URL nor a shell has to quote them.
    """

    major: int
    postgres_port: int
    storage_port: int
    processor_port: int
    passwords: dict[str, str]
    jwt_secret: str
    secret_key: str
    publishable_key: str
    wake_token: str
    # Missing in the state of an earlier version; `load_or_create` adds them.
    rest_port: int = 0
    auth_port: int = 0
    signing_key: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def supabase_url(self) -> str:
        """The base URL of Storage, the Data API and Auth."""
        return f"http://127.0.0.1:{self.storage_port}"

    @property
    def processor_url(self) -> str:
        """The base URL of the processor."""
        return f"http://127.0.0.1:{self.processor_port}"

    def database_url(self, role: str = "postgres") -> str:
        """Return the connection string of `role`."""
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.postgres_port}/postgres"

    def shell_variables(self) -> dict[str, str]:
        """Return the variables that `stack env` prints; IMPORT_JOBS_HOST and _PORT are for an `import-jobs serve`."""
        return {
            "DATABASE_URL": self.database_url(),
            "PROCESSOR_DATABASE_URL": self.database_url(floor.PROCESSOR),
            "IMPORT_JOBS_UPLOADER_DATABASE_URL": self.database_url(floor.UPLOADER),
            "SUPABASE_URL": self.supabase_url,
            "SUPABASE_SECRET_KEY": self.secret_key,
            "SUPABASE_PUBLISHABLE_KEY": self.publishable_key,
            "SUPABASE_JWT_SECRET": self.jwt_secret,
            "PROCESSOR_URL": self.processor_url,
            "IMPORT_JOBS_WAKE_TOKEN": self.wake_token,
            "IMPORT_JOBS_HOST": "127.0.0.1",
            "IMPORT_JOBS_PORT": str(self.processor_port),
            **self._cli_variables(),
        }

    def _cli_variables(self) -> dict[str, str]:
        """Return the variables that `supabase status -o env` has as well, with its names."""
        return {
            "API_URL": self.supabase_url,
            "REST_URL": f"{self.supabase_url}/rest/v1",
            "DB_URL": self.database_url(),
            "PUBLISHABLE_KEY": self.publishable_key,
            "SECRET_KEY": self.secret_key,
            "JWT_SECRET": self.jwt_secret,
            "ANON_KEY": legacy_key("anon", self.jwt_secret),
            "SERVICE_ROLE_KEY": legacy_key("service_role", self.jwt_secret),
        }


def prepare(directory: Path) -> None:
    """Create the stack's folder, which the server's account may pass through when root is the caller.

    Raises: UserError when the folder cannot be created or written.
    """
    try:
        if not directory.exists():
            directory.mkdir(parents=True)
            directory.chmod(0o711)
        (directory / "logs").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot use {directory}: {error.strerror}", "Choose another --data.") from None


def load(directory: Path) -> State | None:
    """Return the state stored in `directory`, or None when there is none.

    Raises: UserError when the file is not the state of a stack.
    """
    path = directory / _FILE
    try:
        stored: dict[str, Any] = json.loads(path.read_text())
        return State(**stored)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError):
        raise UserError(f"{path} is not the state of a stack", f"Delete {directory}.") from None


def load_or_create(directory: Path, major: int) -> State:
    """Return the stored state, with new ports for those that are in use now, or the state of a new stack.

    Raises: UserError when the state is unreadable, or missing beside a database.
    """
    stored = load(directory)
    if stored is None and (directory / "postgres").exists():
        raise UserError(f"{directory} has a database but no {_FILE}", f"Delete {directory}.")
    state = _with_free_ports(stored or _new_state(major))
    # A stack of an earlier version has no password for a role that this one has added.
    state = replace(
        state,
        passwords={**_passwords(), **state.passwords},
        signing_key=state.signing_key or signing_key.generate(),
    )
    write_private(directory / _FILE, json.dumps(asdict(state), indent=2))
    return state


def moved_ports(before: State, after: State) -> list[str]:
    """Return a sentence for each part whose port changed because another program listens on the one it had."""
    ports_of = {"Postgres": "postgres_port", "Storage": "storage_port", "the processor": "processor_port"}
    sentences: list[str] = []
    for part, name in ports_of.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            holder = process_table.listener(old) or "another program"
            sentences.append(
                f"{holder} listens on port {old}, so {part} moves to port {new}; "
                'run eval "$(import-jobs stack env)" again where you use the old one'
            )
    return sentences


def write_private(path: Path, text: str) -> None:
    """Replace `path` atomically by a file with mode 0600."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def _new_state(major: int) -> State:
    return State(
        major=major,
        postgres_port=0,
        storage_port=0,
        processor_port=0,
        passwords=_passwords(),
        jwt_secret=secrets.token_hex(32),
        secret_key=f"sb_secret_{secrets.token_urlsafe(24)}",
        publishable_key=f"sb_publishable_{secrets.token_urlsafe(24)}",
        wake_token=secrets.token_urlsafe(32),
    )


def _passwords() -> dict[str, str]:
    roles = (SUPERUSER, *floor.LOGINS, floor.PROCESSOR, floor.UPLOADER)
    return {role: secrets.token_hex(16) for role in roles}


def _with_free_ports(state: State) -> State:
    chosen: dict[str, int] = {}
    for name in _PORTS:
        port: int = getattr(state, name)
        usable = port != 0 and port not in chosen.values() and ports.is_free(port)
        chosen[name] = port if usable else ports.free_port(chosen.values())
    return replace(state, **chosen)
