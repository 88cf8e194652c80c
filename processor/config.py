"""Reads the environment and the file .env: the only module that knows the names of the variables.

A variable of the environment wins over one of the file, and an empty variable counts as not set.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from processor.token_role import role_of
from processor.web_address import is_web_address

MIB = 1 << 20
#: Limit of a chunk and of a record. The native kernels address at most 2 GiB of a column, and text can grow to 2.5
#: times its size when its quotes are rewritten.
MAX_CHUNK_BYTES = 512 * MIB
UNLIMITED = float("inf")
MAX_PORT = 65_535
#: Connections of what runs beside the imports: two inspections and an undo.
SIDE_CONNECTIONS = 3

#: Variables that stand for each other: one in the environment wins over the other in the file, too.
ALIASES = (("SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY"), ("IMPORT_JOBS_PORT", "PORT"))

STACK_HINT = 'Set it, or run: eval "$(import-jobs stack env)"'
VARIABLES_HINT = "docs/reference/configuration.md lists all variables."


class BadEnvironment(Exception):
    """A variable is missing or has an invalid value. The message names the variable and never repeats its value."""

    def __init__(self, message: str, hint: str = VARIABLES_HINT) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of one processor. Times are in seconds, sizes in bytes.

    Jobs that write as their owner use `uploader_database_url`, or `database_url` when it is None.
    `wake_token` is None when the processor reads the doorbell's token from the database. The processor runs at most
    `max_jobs` jobs at once and loads each of them on up to `connections` connections. `chunk_bytes` is the target size
    of a chunk. A processor that is told to stop cancels the statements of its current chunks after `stop_seconds`.
    There is a page if there is a `publishable_key`; browsers reach the project at `public_supabase_url`, or at
    `supabase_url` when it is None. Workbooks are spooled to `spool_dir`, by default the folder for temporary files,
    and each is read by a process within these limits of memory and time. `/metrics` is served on `metrics_port`; None:
    nowhere. `trace_exporters` send traces of OpenTelemetry. A processor ends by itself after `idle_seconds` without a
    job; None: never. `is_sized` says that `max_jobs` or `connections` were given.
    """

    database_url: str = field(repr=False)
    supabase_url: str
    secret_key: str = field(repr=False)
    uploader_database_url: str | None = field(default=None, repr=False)
    wake_token: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8080
    max_jobs: int = 4
    lease_seconds: int = 45
    heartbeat_seconds: float = 10.0
    sweep_seconds: float = 15.0
    stop_seconds: float = 8.0
    connections: int = 2
    chunk_bytes: int = 8 * MIB
    max_file_bytes: int = 50_000 * MIB
    max_record_bytes: int = 16 * MIB
    max_field_bytes: int = 1 * MIB
    kept_errors: int = 10_000
    publishable_key: str | None = None
    public_supabase_url: str | None = None
    spool_dir: str = ""
    max_workbook_bytes: int = 256 * MIB
    workbook_memory_bytes: int = 2048 * MIB
    workbook_seconds: int = 120
    metrics_port: int | None = None
    trace_exporters: tuple[str, ...] = ()
    log_level: str = "INFO"
    idle_seconds: float | None = None
    is_sized: bool = False

    @property
    def spare_connections(self) -> int:
        """Number of connections beyond one per job, enough for two jobs to use `connections` each.

        On two cores a third large job gains nothing from more connections, and each costs the memory of a chunk.
        """
        return min(2, self.max_jobs) * (self.connections - 1)

    @property
    def max_connections(self) -> int:
        """Size of the connection pool, which jobs share with the worker's own statements."""
        return self.job_connections + 3

    @property
    def job_connections(self) -> int:
        """Number of connections that jobs use at once, of which those in the uploader's sessions are a part."""
        return self.max_jobs + self.spare_connections + SIDE_CONNECTIONS


@cache
def variables_of_file(path: Path) -> dict[str, str]:
    """Return the variables of a file .env, which is empty if there is no such file.

    Raises: BadEnvironment, which names the file and never repeats a value.
    """
    if not path.is_file():  # a folder named .env is often a virtual environment
        return {}
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    try:
        with path.open(encoding="utf-8-sig") as file:
            unreadable = [e.original for e in parse_stream(file) if e.error or (e.key and e.value is None)]
    except OSError as exc:
        raise BadEnvironment(f"{path} cannot be read ({exc.strerror})", "Check the permissions of the file.") from exc
    except ValueError as exc:
        raise BadEnvironment(f"{path} is not text in UTF-8", "Save the file as UTF-8.") from exc
    if unreadable:
        text = unreadable[0].string
        line = unreadable[0].line + text[: len(text) - len(text.lstrip())].count("\n")
        raise BadEnvironment(f"line {line} of {path} cannot be read", "Write each variable as NAME=value.")
    values = dotenv_values(path, encoding="utf-8-sig")
    return {name: value for name, value in values.items() if value and value.strip()}


def from_file(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables of .env in the working directory that the environment does not set.

    Raises: BadEnvironment.
    """
    variables = variables_of_file(Path(".env").absolute())
    set_outside = {name for name in variables if environ.get(name, "").strip()}
    for names in ALIASES:
        if any(environ.get(name, "").strip() for name in names):
            set_outside.update(names)
    return {name: value for name, value in variables.items() if name not in set_outside}


def environment() -> Mapping[str, str]:
    """Return all variables: those of the environment, and those of .env that the environment does not set.

    Raises: BadEnvironment.
    """
    return {**os.environ, **from_file()}


def origin(message: str) -> str:
    """Return a sentence that names the variables of a message that come from .env; empty if there are none."""
    try:
        named = [name for name in from_file() if name in message]
    except BadEnvironment:
        return ""
    return (
        f"{' and '.join(named)} {'is' if len(named) == 1 else 'are'} set in {Path('.env').absolute()}." if named else ""
    )


def from_environment(environ: Mapping[str, str] | None = None) -> Config:
    """Return the settings of a processor.

    Raises: BadEnvironment.
    """
    environ = environment() if environ is None else environ

    def whole(name: str, default: int, least: int = 1, most: float = UNLIMITED) -> int:
        return int(number(environ, name, default, least, most))

    port = whole("IMPORT_JOBS_PORT", whole("PORT", 8080))
    if port > MAX_PORT:
        raise BadEnvironment(f"IMPORT_JOBS_PORT must be at most {MAX_PORT}")
    metrics_port = whole("IMPORT_JOBS_METRICS_PORT", 0, 1, MAX_PORT) or None
    if metrics_port == port:
        raise BadEnvironment("IMPORT_JOBS_METRICS_PORT must be another port than IMPORT_JOBS_PORT")
    supabase_url, secret_key = storage_credentials(environ)
    return Config(
        database_url=database_url(environ),
        supabase_url=supabase_url,
        secret_key=secret_key,
        uploader_database_url=(environ.get("IMPORT_JOBS_UPLOADER_DATABASE_URL") or "").strip() or None,
        wake_token=wake_token(environ),
        host=environ.get("IMPORT_JOBS_HOST") or "127.0.0.1",
        port=port,
        max_jobs=whole("IMPORT_JOBS_MAX_JOBS", 4),
        lease_seconds=whole("IMPORT_JOBS_LEASE_SECONDS", 45, 2),
        heartbeat_seconds=number(environ, "IMPORT_JOBS_HEARTBEAT_SECONDS", 10.0, 0.1),
        sweep_seconds=number(environ, "IMPORT_JOBS_SWEEP_SECONDS", 15.0, 0.1),
        stop_seconds=number(environ, "IMPORT_JOBS_STOP_SECONDS", 8.0, 0),
        connections=whole("IMPORT_JOBS_CONNECTIONS", 2),
        chunk_bytes=whole("IMPORT_JOBS_CHUNK_BYTES", 8 * MIB, 1024, MAX_CHUNK_BYTES),
        max_file_bytes=whole("IMPORT_JOBS_MAX_FILE_BYTES", 50_000 * MIB),
        max_record_bytes=whole("IMPORT_JOBS_MAX_RECORD_BYTES", 16 * MIB, 1024, MAX_CHUNK_BYTES),
        max_field_bytes=whole("IMPORT_JOBS_MAX_FIELD_BYTES", 1 * MIB, 1024),
        kept_errors=whole("IMPORT_JOBS_KEPT_ERRORS", 10_000, 0),
        publishable_key=publishable_key(environ),
        public_supabase_url=public_supabase_url(environ),
        spool_dir=spool_dir(environ),
        max_workbook_bytes=whole("IMPORT_JOBS_MAX_WORKBOOK_BYTES", 256 * MIB),
        workbook_memory_bytes=whole("IMPORT_JOBS_WORKBOOK_MEMORY_BYTES", 2048 * MIB, 64 * MIB),
        workbook_seconds=whole("IMPORT_JOBS_WORKBOOK_SECONDS", 120),
        metrics_port=metrics_port,
        trace_exporters=trace_exporters(environ),
        log_level=(environ.get("IMPORT_JOBS_LOG_LEVEL") or "INFO").upper(),
        is_sized=any(environ.get(name, "").strip() for name in ("IMPORT_JOBS_MAX_JOBS", "IMPORT_JOBS_CONNECTIONS")),
    )


def publishable_key(environ: Mapping[str, str]) -> str | None:
    """Return the key that browsers get with the page; None: there is no page.

    Raises: BadEnvironment for a key that browsers must not have.
    """
    key = environ.get("SUPABASE_PUBLISHABLE_KEY", "").strip()
    if not key:
        return None
    if not (key.startswith("sb_publishable_") or role_of(key) == "anon") or not key.isascii() or not key.isprintable():
        raise BadEnvironment("SUPABASE_PUBLISHABLE_KEY is no publishable key: everybody would get it with the page")
    return key


def trace_exporters(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the exporters of traces, `otlp` or `console`; empty where no variable OTEL_* asks for traces.

    Raises: BadEnvironment for an exporter or a protocol that is not supported.
    """
    names = [name.strip() for name in environ.get("OTEL_TRACES_EXPORTER", "").split(",") if name.strip()]
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if not names and any(environ.get(name, "").strip() for name in endpoints):
        names = ["otlp"]
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or names == ["none"]:
        return ()
    if not set(names) <= {"otlp", "console"}:
        raise BadEnvironment("OTEL_TRACES_EXPORTER must be otlp, console or none")
    for name in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if "otlp" in names and environ.get(name, "").strip() not in ("", "http/protobuf"):
            raise BadEnvironment(f"{name} must be http/protobuf")
    return tuple(dict.fromkeys(names))


def pass_on_telemetry_variables() -> None:
    """Give the variables OTEL_* of .env to OpenTelemetry, which reads the environment itself.

    Raises: BadEnvironment.
    """
    os.environ.update({name: value for name, value in from_file().items() if name.startswith("OTEL_")})


def public_supabase_url(environ: Mapping[str, str]) -> str | None:
    """Return the URL at which browsers reach the project, where it differs from that of the processor.

    Raises: BadEnvironment.
    """
    url = environ.get("IMPORT_JOBS_PUBLIC_SUPABASE_URL", "").strip().rstrip("/")
    if url and not is_web_address(url):
        raise BadEnvironment("IMPORT_JOBS_PUBLIC_SUPABASE_URL is not a URL that begins with http:// or https://")
    return url or None


def harmless_variables() -> dict[str, str]:
    """Return the variables that a child process needs which must not know a secret of the processor."""
    names = ("PATH", "LANG", "LC_ALL", "HOME", "TMPDIR")
    return {name: os.environ[name] for name in names if name in os.environ}


def spool_dir(environ: Mapping[str, str]) -> str:
    """Return the folder to which workbooks are spooled; empty: that for temporary files.

    Raises: BadEnvironment.
    """
    name = environ.get("IMPORT_JOBS_SPOOL_DIR", "").strip()
    if name and not (os.path.isdir(name) and os.access(name, os.W_OK)):
        raise BadEnvironment("IMPORT_JOBS_SPOOL_DIR is not a folder that can be written")
    return name


def database_url(environ: Mapping[str, str] | None = None) -> str:
    """Return the connection string of the database.

    Raises: BadEnvironment.
    """
    return first_set(environment() if environ is None else environ, "DATABASE_URL")


def storage_credentials(environ: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Return the base URL of Supabase and the secret key.

    Raises: BadEnvironment.
    """
    environ = environment() if environ is None else environ
    url = first_set(environ, "SUPABASE_URL").rstrip("/")
    if not is_web_address(url):
        raise BadEnvironment("SUPABASE_URL is not a URL that begins with http:// or https://", STACK_HINT)
    key = first_set(environ, "SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY")
    if not (key.isascii() and key.isprintable() and " " not in key):  # the key is sent as a header
        raise BadEnvironment(
            "SUPABASE_SECRET_KEY contains a character that is not allowed in a key", "Copy it again, without quotes."
        )
    return url, key


def wake_token(environ: Mapping[str, str] | None = None) -> str | None:
    """Return the doorbell's token, or None when the variable is not set."""
    return (environment() if environ is None else environ).get("IMPORT_JOBS_WAKE_TOKEN") or None


def first_set(environ: Mapping[str, str], *names: str) -> str:
    """Return the value of the first of these variables that is set.

    Raises: BadEnvironment, which names the first variable, when none is set.
    """
    for name in names:
        if value := environ.get(name, "").strip():
            return value
    raise BadEnvironment(f"{names[0]} is not set", STACK_HINT)


def number(environ: Mapping[str, str], name: str, default: float, least: float, most: float = UNLIMITED) -> float:
    """Return a variable as a number, or the default when it is not set.

    Raises: BadEnvironment when the value is not a number from `least` to `most`.
    """
    text = environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most or value == UNLIMITED:
        limits = f"of at least {least:g}" if most == UNLIMITED else f"from {least:g} to {most:.0f}"
        raise BadEnvironment(f"{name} must be a number {limits}")
    return value
