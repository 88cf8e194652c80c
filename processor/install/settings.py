"""What `config.toml` of a project needs: the bucket of the files, and Edge Functions that check tokens themselves."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from processor.errors import UserError

BUCKET = ("storage", "buckets", "imports")
# The limit of the file size is left to the project: the CLI refuses a bucket whose limit exceeds that of all buckets.
BUCKET_KEYS = ("public", "allowed_mime_types")


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of config.toml. `fixed` is false where the project may have another value."""

    table: tuple[str, ...]
    key: str
    value: object
    fixed: bool

    def __str__(self) -> str:
        return f"[{'.'.join(self.table)}] {self.key}"


def own_config() -> Path:
    """Return our own config.toml: inside the package in a wheel, beside the package in a checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "config.toml"
    return packaged if packaged.is_file() else package.parent / "supabase" / "config.toml"


def wanted(functions: Iterable[str]) -> Iterator[Setting]:
    """Yield the settings that a project needs; those of the bucket are the ones of our own config.toml."""
    bucket = _table(tomllib.loads(own_config().read_text(encoding="utf-8")), BUCKET)
    for key in BUCKET_KEYS:
        yield Setting(BUCKET, key, bucket[key], fixed=key == "public")
    for name in functions:
        yield Setting(("functions", name), "verify_jwt", value=False, fixed=True)


def missing(config: Path, settings: Iterable[Setting]) -> list[Setting]:
    """Return the settings that a config.toml does not have.

    Raises: UserError if the file is no TOML.
    """
    try:
        text = config.read_text(encoding="utf-8") if config.exists() else ""
        present = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise UserError(
            f"{config} is not TOML: {exc}", "Correct the file, then run import-jobs install again."
        ) from exc
    found: list[Setting] = []
    for setting in settings:
        value = _table(present, setting.table).get(setting.key)
        if value is None or (setting.fixed and value != setting.value):
            found.append(setting)
    return found


def snippet(settings: Sequence[Setting]) -> str:
    """Return settings as TOML, to be added to a file."""
    import tomlkit

    document = tomlkit.document()
    _put(document, settings)
    return tomlkit.dumps(document).strip()  # pyright: ignore[reportUnknownMemberType]


def merged(text: str, settings: Sequence[Setting]) -> str:
    """Return the text of a config.toml with settings added or set, and everything else as it was.

    Raises: UserError if the file is written in a way that does not let them be added.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        _put(document, settings)
        result = tomlkit.dumps(document)  # pyright: ignore[reportUnknownMemberType]
        parsed = tomllib.loads(result)
    except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, AttributeError):
        parsed, result = {}, ""
    if any(_table(parsed, setting.table).get(setting.key) != setting.value for setting in settings):
        raise UserError("the settings cannot be added to config.toml", "Add by hand what import-jobs install prints.")
    return result


def _put(document: Any, settings: Sequence[Setting]) -> None:
    """Set keys, in tables that are added with headers of their own where they are not there."""
    import tomlkit

    for path, group in groupby(settings, lambda setting: setting.table):
        parent = document
        for name in path[:-1]:
            if name not in parent:
                parent[name] = tomlkit.table(is_super_table=True)
            parent = parent[name]
        is_new = path[-1] not in parent
        table: Any = tomlkit.table() if is_new else parent[path[-1]]
        for setting in group:
            value: Any = tomlkit.item(setting.value)  # pyright: ignore[reportUnknownMemberType,reportCallIssue,reportArgumentType]
            if isinstance(setting.value, list):
                value.multiline(multiline=True)
            table[setting.key] = value
        if is_new:
            table.add(tomlkit.nl())
            parent[path[-1]] = table


def _table(document: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Return a table of a document; an empty one if it is not there."""
    table = document
    for name in path:
        inner: Any = table.get(name)
        if not isinstance(inner, dict):
            return {}
        table = cast("dict[str, Any]", inner)
    return table
