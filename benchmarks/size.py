"""How large a benchmark is run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Rows of the file (jobs, where a benchmark is about jobs) and how often each side runs."""

    rows: int
    runs: int
