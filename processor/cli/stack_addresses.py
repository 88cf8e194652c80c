"""What `import-jobs stack up` says once the stack is ready: where its parts are, and what it goes without."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from processor.cli.screen import screen
from processor.cli.stack import command

if TYPE_CHECKING:
    from processor.local.run_record import RunRecord
    from processor.local.state import State


def show_addresses(state: State, data: Path, *, attached: bool) -> None:
    """Print the addresses of the stack. Only `stack env` prints secrets."""
    from processor.local import extensions, run_record

    run = run_record.read(data.absolute())
    print_addresses(state, data, run, extensions.missing(state.database_url()), attached=attached)


def print_addresses(
    state: State, data: Path, run: RunRecord | None, missing_extensions: Sequence[str], *, attached: bool
) -> None:
    """Print the addresses, and a sentence for everything of Supabase that this machine does not have."""
    parts, notes = (run.parts, list(run.notes)) if run else ((), [])
    urls = {
        "storage": f"{state.supabase_url}/storage/v1",
        "rest": f"{state.supabase_url}/rest/v1" if "rest" in parts or "auth" in parts else None,
        "auth": f"{state.supabase_url}/auth/v1" if "auth" in parts else None,
        "processor": state.processor_url if "processor" in parts else None,
        "page": state.processor_url if "processor" in parts and "auth" in parts else None,
    }
    if missing_extensions:
        names = " and no ".join(missing_extensions)
        notes.append(f"This Postgres has no {names}, which Supabase has; import-jobs needs neither.")
    document = {
        "database": f"127.0.0.1:{state.postgres_port}",
        **urls,
        "logs": str(data / "logs"),
        "missing_extensions": list(missing_extensions),
        "notes": notes,
    }

    def lines() -> Iterable[str]:
        yield "import-jobs is ready"
        yield from screen.values(_addresses(state, data, urls, attached=attached))
        for note in notes:
            yield from screen.wrapped(note)
        if urls["page"]:
            yield f"Import files at {urls['page']}"

    screen.show(document, [], lines)


def _addresses(state: State, data: Path, urls: dict[str, str | None], *, attached: bool) -> dict[str, str]:
    names = {"storage": "Storage", "rest": "Data API", "auth": "Auth", "processor": "Processor"}
    addresses = {"Postgres": f"127.0.0.1:{state.postgres_port} (version {state.major}, database postgres)"}
    addresses |= {name: url for part, name in names.items() if (url := urls[part])}
    if not urls["processor"]:
        addresses["Processor"] = "not started, see below"
    addresses["Logs"] = str(data / "logs")
    addresses["Variables"] = f'eval "$({command("env", data)})"'
    if not urls["processor"]:
        addresses["Then"] = 'DATABASE_URL="$PROCESSOR_DATABASE_URL" import-jobs serve'
    addresses["Stop"] = f"Ctrl-C or {command('down', data)}" if attached else command("down", data)
    return addresses
