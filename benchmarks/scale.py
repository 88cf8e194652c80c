"""The scale page: what a day and a larger installation can hold, computed from the saved results alone."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks import markdown
from benchmarks.formatting import format_number
from benchmarks.results import ResultSet
from processor.config import Config

DAY = 86_400
NOT_MEASURED = "not measured yet"
# pg_net sends at most 200 requests in a batch, and one batch a second.
RINGS_PER_SECOND = 200
# The default of max_connections, minus the connections reserved for superusers.
CONNECTIONS = 97
# The most connections of a processor with default settings; the heartbeat has one more.
CONNECTIONS_PER_PROCESSOR = Config(database_url="", supabase_url="", secret_key="").max_connections + 1
# 1 Gbit/s, and the sustained write speed of a common cloud volume, both in bytes per second.
NETWORK, VOLUME = 125e6, 125e6
# The cores of a database, and the number of processors with two cores each.
INSTALLATIONS = ((2, 1), (2, 4), (8, 4), (32, 4), (32, 16))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The measured figures from which the page is computed; None for a figure that was not measured.

    CPU is in seconds per row; the costs of a claim and of a chunk are in milliseconds.
    """

    rows_per_second: float | None
    file_bytes_per_row: float | None
    database_cpu: float | None
    processor_cpu: float | None
    wal_bytes_per_row: float | None
    log_bytes_per_second: float | None
    jobs_per_second: float | None
    jobs_by_processors: dict[int, float | None]
    claim_by_queue_length: dict[int, float | None]
    chunk: float | None


def read_inputs(result_set: ResultSet) -> Inputs:
    """Return the figures that the page needs."""

    def figure(name: str, label: str) -> float | None:
        return result_set.results[name].figure(label) if name in result_set.results else None

    rows = profile_rows(result_set)

    def per_row(label: str, factor: float = 1.0) -> float | None:
        value = figure("profile", label)
        return value * factor / rows if value is not None and rows else None

    wal, wal_per_file_byte = per_row("WAL written", 1e6), figure("profile", "WAL per megabyte of the file")
    log = figure("profile", "WAL speed of the disk alone")
    queue_lengths = (0, 100, 1_000, 10_000, 100_000)
    return Inputs(
        rows_per_second=figure("main", "rows per second"),
        file_bytes_per_row=wal / wal_per_file_byte if wal and wal_per_file_byte else None,
        database_cpu=per_row("CPU of Postgres"),
        processor_cpu=per_row("CPU of the processor"),
        wal_bytes_per_row=wal,
        log_bytes_per_second=log * 1e6 if log else None,
        jobs_per_second=figure("many", "jobs per second"),
        jobs_by_processors={count: figure("processors", f"jobs/s with {count} processors") for count in (1, 2, 4)},
        claim_by_queue_length={length: figure("claims", f"claim with {length:,} pending") for length in queue_lengths},
        chunk=figure("chunks", "cost of a chunk"),
    )


def profile_rows(result_set: ResultSet) -> float | None:
    """Return the number of rows of the profile's run."""
    result = result_set.results.get("profile")
    if result is None or result.outcome.missing:
        return None
    return float(result.outcome.size.partition(" rows")[0].replace(",", ""))


def format_value(value: float | None, unit: str, factor: float = 1.0) -> str:
    """Return a value with its unit, or NOT_MEASURED."""
    return NOT_MEASURED if value is None else f"{format_number(value * factor)} {unit}".strip()


def write(path: Path, result_set: ResultSet) -> None:
    """Write the generated part of the page."""
    markdown.rewrite(path, generate(result_set))


def generate(result_set: ResultSet) -> str:
    """Return the generated part of the page."""
    inputs = read_inputs(result_set)
    results = result_set.results.values()
    small = sorted(result.name for result in results if not result.full and not result.outcome.missing)
    warning = f"Measured at a small size so far: {', '.join(small)}.\n\n" if small else ""
    return "\n\n".join(
        [
            "## Measured figures\n\n" + warning + input_table(inputs),
            "## One day\n\n" + day_table(inputs),
            "## A larger database\n\n" + installation_table(inputs),
            "## The next limits\n\n" + limit_table(inputs),
        ]
    )


def input_table(inputs: Inputs) -> str:
    """Return the table of the measured figures."""
    on_two_cores = "on the same two cores"
    speed = f"rows loaded per second, one job, one processor, database {on_two_cores}"
    rows = [
        ("R", speed, format_value(inputs.rows_per_second, "rows/s"), "main"),
        ("B", "bytes of the file per row", format_value(inputs.file_bytes_per_row, "bytes"), "profile"),
        ("D", "CPU of Postgres per million rows", format_value(inputs.database_cpu, "s", 1e6), "profile"),
        ("P", "CPU of the processor per million rows", format_value(inputs.processor_cpu, "s", 1e6), "profile"),
        ("W", "WAL per row", format_value(inputs.wal_bytes_per_row, "bytes"), "profile"),
        ("L", "WAL that the disk can take", format_value(inputs.log_bytes_per_second, "MB/s", 1e-6), "profile"),
        (
            "J",
            "jobs of 1,000 rows per second, one processor",
            format_value(inputs.jobs_per_second, "jobs/s"),
            "many",
        ),
    ]
    for count, jobs in inputs.jobs_by_processors.items():
        label = f"jobs of 100 rows per second, {count} processor{'s' * (count > 1)} {on_two_cores}"
        rows.append((f"J{count}", label, format_value(jobs, "jobs/s"), "processors"))
    for length, spent in inputs.claim_by_queue_length.items():
        label = f"a claim of two jobs with {length:,} pending jobs"
        rows.append((f"C{length:,}", label, format_value(spent, "ms"), "claims"))
    rows.append(("K", "a chunk: transaction, ledger, commit", format_value(inputs.chunk, "ms"), "chunks"))
    return markdown.table(("", "figure", "value", "from `scripts/bench run …`"), rows)


def day_table(inputs: Inputs) -> str:
    """Return the table of what this machine could do in one day."""
    speed_up = divide(inputs.jobs_by_processors[4], inputs.jobs_by_processors[1])
    jobs_of_four = multiply(inputs.jobs_per_second, speed_up)
    bytes_per_second = multiply(inputs.rows_per_second, inputs.file_bytes_per_row)
    millions = DAY / 1e6
    rows = [
        ("rows, one processor", "R × 86,400", format_value(inputs.rows_per_second, "million", millions)),
        ("gigabytes, one processor", "R × B × 86,400", format_value(bytes_per_second, "GB", DAY / 1e9)),
        ("jobs of 1,000 rows, one processor", "J × 86,400", format_value(inputs.jobs_per_second, "million", millions)),
        (
            "the same, four processors on the same cores",
            "J × J4 / J1 × 86,400",
            format_value(jobs_of_four, "million", millions),
        ),
    ]
    return markdown.table(("a day without other work", "formula", "value"), rows)


def installation_table(inputs: Inputs) -> str:
    """Return the table of larger installations, each with its bottleneck."""
    rows = list[tuple[str, ...]]()
    for cores, processors in INSTALLATIONS:
        bounds = {
            "the database's CPU: cores / D": divide(cores, inputs.database_cpu),
            "the processors' CPU: 2 × processors / P": divide(2 * processors, inputs.processor_cpu),
            "the log: 125 MB/s / W": divide(VOLUME, inputs.wal_bytes_per_row),
        }
        measured = {reason: bound for reason, bound in bounds.items() if bound is not None}
        reason = min(measured, key=lambda reason: measured[reason]) if measured else NOT_MEASURED
        bound = measured.get(reason)
        per_second, per_day = format_value(bound, "rows/s"), format_value(bound, "billion", DAY / 1e9)
        rows.append((str(cores), str(processors), per_second, per_day, reason))
    header = ("cores of the database", "processors of 2 cores", "at most", "rows a day", "bottleneck")
    return markdown.table(header, rows)


def limit_table(inputs: Inputs) -> str:
    """Return the table of the limits that a growing installation meets."""
    claims = inputs.claim_by_queue_length
    length = next((length for length in (100_000, 10_000, 1_000) if claims[length]), 1_000)
    rings = f"{RINGS_PER_SECOND * DAY / 1e6:.1f} million statements a day"
    disk_rows = divide(inputs.log_bytes_per_second, inputs.wal_bytes_per_row)
    processors = divide(CONNECTIONS, CONNECTIONS_PER_PROCESSOR)
    rows = (
        (
            "WAL of a volume of 125 MB/s",
            "125 MB/s / W",
            format_value(divide(VOLUME, inputs.wal_bytes_per_row), "rows/s"),
        ),
        ("WAL of this machine's disk", "L / W", format_value(disk_rows, "rows/s")),
        (
            "connections",
            f"{CONNECTIONS} of the default 100 / {CONNECTIONS_PER_PROCESSOR}, the maximum of a processor",
            format_value(processors, "processors"),
        ),
        (
            "Storage bandwidth of 1 Gbit/s",
            "125 MB/s / B",
            format_value(divide(NETWORK, inputs.file_bytes_per_row), "rows/s"),
        ),
        ("pg_net's 200 rings/s", "200 × 86,400", rings),
        (
            "claims, one at a time",
            f"2 jobs × 1,000 ms / C{length:,}",
            format_value(divide(2000, claims[length]), "jobs/s"),
        ),
        ("chunks of one session", "1,000 ms / K", format_value(divide(1000, inputs.chunk), "chunks/s")),
    )
    return markdown.table(("limit", "formula", "value"), rows)


def multiply(one: float | None, other: float | None) -> float | None:
    """Return the product, or None when a factor was not measured."""
    return one * other if one is not None and other is not None else None


def divide(dividend: float | None, divisor: float | None) -> float | None:
    """Return the quotient, or None when a number was not measured."""
    return dividend / divisor if dividend is not None and divisor else None
