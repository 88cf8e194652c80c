"""How many examples of a property a run tries: all of them at night, and a quarter in the ordinary run.

Hypothesis chooses other examples in each run, so what a run leaves out, another one tries.
"""

from __future__ import annotations

import os


def examples(count: int) -> int:
    """Return `count` if IMPORT_JOBS_NIGHTLY is 1, else a quarter of it, or 50 if that is more and `count` allows it."""
    return count if os.environ.get("IMPORT_JOBS_NIGHTLY") == "1" else min(count, max(count // 4, 50))
