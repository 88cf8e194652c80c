"""The size at which a benchmark runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """The rows of the file (or the number of jobs, where a benchmark measures jobs), and the runs of each side."""

    rows: int
    runs: int
