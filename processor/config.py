"""The environment, read once: what the processor needs to know before it can start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

MIB = 1 << 20
#: Of a chunk and of a record. A kernel's columns can point into 2 GiB, and text grows to 2.5 times its size at most
#: where its quotes are written anew.
MOST_BYTES = 512 * MIB


class BadEnvironment(Exception):
    """A variable is missing or makes no sense; the text names it and what to set it to."""


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one processor. Times are in seconds, sizes in bytes.

    `wake_token` is None when the doorbell's token is to be read from the database. `max_jobs` is how many jobs it holds
    at once, `connections` on how many each is loaded. `chunk_bytes` is the size a chunk of records grows to. A chunk in
    hand is cut short `stop_seconds` after the processor was told to end.
    """

    database_url: str = field(repr=False)
    supabase_url: str
    secret_key: str = field(repr=False)
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
    log_level: str = "INFO"

    @property
    def spare_connections(self) -> int:
        """How many connections jobs may have beyond one each: two jobs at once have all theirs.

        A third large job gains nothing by more on two cores, and each costs the memory of a chunk.
        """
        return min(2, self.max_jobs) * (self.connections - 1)

    @property
    def most_connections(self) -> int:
        """How many connections jobs and the worker's own statements share."""
        return self.max_jobs + self.spare_connections + 3


def required(environ: Mapping[str, str], *names: str) -> str:
    """Return the first of these variables that is set.

    Raises: BadEnvironment, naming the first, when none is.
    """
    for name in names:
        if value := environ.get(name, "").strip():
            return value
    raise BadEnvironment(f"{names[0]} is not set")


def is_web_address(text: str) -> bool:
    """Tell whether a text is a URL of HTTP with a host, and with a port that can be, if any."""
    if not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def supabase(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return Supabase's URL and secret key.

    Raises: BadEnvironment; it never repeats the key.
    """
    url = required(environ, "SUPABASE_URL").rstrip("/")
    if not is_web_address(url):
        raise BadEnvironment("SUPABASE_URL is not a URL that begins with http:// or https://")
    key = required(environ, "SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY")
    if not (key.isascii() and key.isprintable() and " " not in key):  # it goes into a header
        raise BadEnvironment("SUPABASE_SECRET_KEY has a character that no key has: copy it again, without quotes")
    return url, key


def number(environ: Mapping[str, str], name: str, default: float, least: float, most: float = float("inf")) -> float:
    """Return a variable as a number, or the default when it is not set.

    Raises: BadEnvironment when it is not a number from `least` to `most`.
    """
    text = environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most or value == float("inf"):
        limits = f"of at least {least:g}" if most == float("inf") else f"from {least:g} to {most:.0f}"
        raise BadEnvironment(f"{name} must be a number {limits}")
    return value


def from_environment(environ: Mapping[str, str]) -> Config:
    """Read the settings of a processor.

    Raises: BadEnvironment.
    """

    def whole(name: str, default: int, least: int = 1, most: float = float("inf")) -> int:
        return int(number(environ, name, default, least, most))

    port = whole("IMPORT_JOBS_PORT", whole("PORT", 8080))
    if port > 65_535:
        raise BadEnvironment("IMPORT_JOBS_PORT must be at most 65535")
    supabase_url, secret_key = supabase(environ)
    return Config(
        database_url=required(environ, "DATABASE_URL"),
        supabase_url=supabase_url,
        secret_key=secret_key,
        wake_token=environ.get("IMPORT_JOBS_WAKE_TOKEN") or None,
        host=environ.get("IMPORT_JOBS_HOST") or "127.0.0.1",
        port=port,
        max_jobs=whole("IMPORT_JOBS_MAX_JOBS", 4),
        lease_seconds=whole("IMPORT_JOBS_LEASE_SECONDS", 45, 2),
        heartbeat_seconds=number(environ, "IMPORT_JOBS_HEARTBEAT_SECONDS", 10.0, 0.1),
        sweep_seconds=number(environ, "IMPORT_JOBS_SWEEP_SECONDS", 15.0, 0.1),
        stop_seconds=number(environ, "IMPORT_JOBS_STOP_SECONDS", 8.0, 0),
        connections=whole("IMPORT_JOBS_CONNECTIONS", 2),
        chunk_bytes=whole("IMPORT_JOBS_CHUNK_BYTES", 8 * MIB, 1024, MOST_BYTES),
        max_file_bytes=whole("IMPORT_JOBS_MAX_FILE_BYTES", 50_000 * MIB),
        max_record_bytes=whole("IMPORT_JOBS_MAX_RECORD_BYTES", 16 * MIB, 1024, MOST_BYTES),
        max_field_bytes=whole("IMPORT_JOBS_MAX_FIELD_BYTES", 1 * MIB, 1024),
        kept_errors=whole("IMPORT_JOBS_KEPT_ERRORS", 10_000, 0),
        log_level=(environ.get("IMPORT_JOBS_LOG_LEVEL") or "INFO").upper(),
    )
