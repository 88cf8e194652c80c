"""docs/explanation/scale.md: what a day holds, computed from docs/explanation/benchmarks.json alone; every number says where it is from."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks import markdown
from benchmarks.results import Book
from benchmarks.wording import number
from processor.config import Config

DAY = 86_400
NONE = "not measured yet"
# pg_net: a batch of at most 200 requests a second.
RINGS_PER_SECOND = 200
# Postgres's default max_connections, less what it keeps for superusers.
CONNECTIONS = 97
# What a processor with its default settings takes at most; one more is the heartbeat's.
TAKEN = Config(database_url="", supabase_url="", secret_key="").max_connections + 1
# 1 Gbit/s, and the sustained write speed of a common cloud volume, both in bytes a second.
NETWORK, VOLUME = 125e6, 125e6
# Cores of a database, and how many processors of two cores stand before it.
SITES = ((2, 1), (2, 4), (8, 4), (32, 4), (32, 16))


@dataclass(frozen=True, slots=True)
class Measured:
    """What the page computes with; None: not measured."""

    rows: float | None
    file_bytes_per_row: float | None
    database_cpu: float | None
    processor_cpu: float | None
    wal_bytes_per_row: float | None
    log_bytes_per_second: float | None
    jobs: float | None
    jobs_of: dict[int, float | None]
    claims: dict[int, float | None]
    chunk: float | None


def measured(book: Book) -> Measured:
    """Take the figures from the book. CPU is in seconds a row, a claim and a chunk are in milliseconds."""

    def of(name: str, label: str) -> float | None:
        return book.results[name].figure(label) if name in book.results else None

    rows = rows_of_profile(book)

    def per_row(label: str, factor: float = 1.0) -> float | None:
        value = of("profile", label)
        return value * factor / rows if value is not None and rows else None

    wal, ratio = per_row("WAL written", 1e6), of("profile", "WAL per megabyte of the file")
    log = of("profile", "WAL speed of the disk alone")
    depths = (0, 100, 1_000, 10_000, 100_000)
    return Measured(
        of("main", "rows per second"),
        wal / ratio if wal and ratio else None,
        per_row("CPU of Postgres"),
        per_row("CPU of the processor"),
        wal,
        log * 1e6 if log else None,
        of("many", "jobs per second"),
        {count: of("processors", f"jobs/s with {count} processors") for count in (1, 2, 4)},
        {depth: of("claims", f"claim with {depth:,} pending") for depth in depths},
        of("chunks", "cost of one more chunk"),
    )


def rows_of_profile(book: Book) -> float | None:
    """Return how many rows the profile's run had."""
    result = book.results.get("profile")
    if result is None or result.outcome.missing:
        return None
    return float(result.outcome.size.partition(" rows")[0].replace(",", ""))


def shown(value: float | None, unit: str, factor: float = 1.0) -> str:
    """Return a value with its unit."""
    return NONE if value is None else f"{number(value * factor)} {unit}".strip()


def write(path: Path, book: Book) -> None:
    """Make the page anew."""
    markdown.rewrite(path, generated(book))


def generated(book: Book) -> str:
    """Return the generated part."""
    found = measured(book)
    small = sorted(each.name for each in book.results.values() if not each.full and not each.outcome.missing)
    warning = f"Measured at a small size so far: {', '.join(small)}.\n\n" if small else ""
    return "\n\n".join(
        [
            "## What was measured\n\n" + warning + inputs(found),
            "## What a day holds\n\n" + days(found),
            "## A bigger database\n\n" + sites(found),
            "## The next walls\n\n" + walls(found),
        ]
    )


def inputs(found: Measured) -> str:
    """List the figures that all others are made of."""
    shared = "on the same two cores"
    rows = [
        (
            "R",
            f"rows loaded per second, one job, one processor, database {shared}",
            shown(found.rows, "rows/s"),
            "main",
        ),
        ("B", "bytes of the file per row", shown(found.file_bytes_per_row, "bytes"), "profile"),
        ("D", "CPU of Postgres per million rows", shown(found.database_cpu, "s", 1e6), "profile"),
        ("P", "CPU of the processor per million rows", shown(found.processor_cpu, "s", 1e6), "profile"),
        ("W", "WAL per row", shown(found.wal_bytes_per_row, "bytes"), "profile"),
        ("L", "WAL that the disk takes", shown(found.log_bytes_per_second, "MB/s", 1e-6), "profile"),
        ("J", "jobs of 1,000 rows per second, one processor", shown(found.jobs, "jobs/s"), "many"),
    ]
    for count, jobs in found.jobs_of.items():
        what = f"jobs of 100 rows per second, {count} processor{'s' * (count > 1)} {shared}"
        rows.append((f"J{count}", what, shown(jobs, "jobs/s"), "processors"))
    for depth, spent in found.claims.items():
        rows.append((f"C{depth:,}", f"a claim of two jobs while {depth:,} are pending", shown(spent, "ms"), "claims"))
    rows.append(("K", "a chunk more: transaction, ledger, commit", shown(found.chunk, "ms"), "chunks"))
    return markdown.table(("", "figure", "value", "from `scripts/bench run …`"), rows)


def days(found: Measured) -> str:
    """Multiply what was measured by a day, on this machine."""
    gained = times(found.jobs, over(found.jobs_of[4], found.jobs_of[1]))
    volume = times(found.rows, found.file_bytes_per_row)
    rows = [
        ("rows, one processor", "R × 86,400", shown(found.rows, "million", DAY / 1e6)),
        ("gigabytes, one processor", "R × B × 86,400", shown(volume, "GB", DAY / 1e9)),
        ("jobs of 1,000 rows, one processor", "J × 86,400", shown(found.jobs, "million", DAY / 1e6)),
        ("the same, four processors, no more cores", "J × J4 / J1 × 86,400", shown(gained, "million", DAY / 1e6)),
    ]
    return markdown.table(("a day of nothing else", "how", "value"), rows)


def sites(found: Measured) -> str:
    """Say what bounds a larger installation: the database's CPU, the processors' CPU, or the log."""
    rows = list[tuple[str, ...]]()
    for cores, processors in SITES:
        bounds = {
            "the database's CPU: cores / D": over(cores, found.database_cpu),
            "the processors' CPU: 2 × processors / P": over(2 * processors, found.processor_cpu),
            "the log: 125 MB/s / W": over(VOLUME, found.wal_bytes_per_row),
        }
        known = {why: value for why, value in bounds.items() if value is not None}
        why = min(known, key=lambda each: known[each]) if known else NONE
        most = known.get(why)
        rows.append((str(cores), str(processors), shown(most, "rows/s"), shown(most, "billion", DAY / 1e9), why))
    header = ("cores of the database", "processors of 2 cores", "at most", "rows a day", "what bounds it")
    return markdown.table(header, rows)


def walls(found: Measured) -> str:
    """List what comes next, where it stands, and what the design does there."""
    depth = next((each for each in (100_000, 10_000, 1_000) if found.claims[each]), 1_000)
    rings = f"{RINGS_PER_SECOND * DAY / 1e6:.1f} million statements a day"
    log = shown(over(found.log_bytes_per_second, found.wal_bytes_per_row), "rows/s")
    values = (
        ("WAL of a volume of 125 MB/s", "125 MB/s / W", shown(over(VOLUME, found.wal_bytes_per_row), "rows/s")),
        ("WAL of this machine's disk", "L / W", log),
        (
            "connections",
            f"{CONNECTIONS} of the default 100 / {TAKEN}, the most that a processor takes",
            shown(over(CONNECTIONS, TAKEN), "processors"),
        ),
        ("Storage bandwidth of 1 Gbit/s", "125 MB/s / B", shown(over(NETWORK, found.file_bytes_per_row), "rows/s")),
        ("pg_net's 200 rings/s", "200 × 86,400", rings),
        ("claims, one at a time", f"2 jobs × 1,000 ms / C{depth:,}", shown(over(2000, found.claims[depth]), "jobs/s")),
        ("chunks of one session", "1,000 ms / K", shown(over(1000, found.chunk), "chunks/s")),
    )
    return markdown.table(("wall", "how", "where it stands"), values)


def times(one: float | None, two: float | None) -> float | None:
    """Multiply what is known."""
    return one * two if one is not None and two is not None else None


def over(one: float | None, two: float | None) -> float | None:
    """Divide what is known."""
    return one / two if one is not None and two else None
