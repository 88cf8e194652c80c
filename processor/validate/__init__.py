"""Validation: a chunk's bytes and the column plan become good rows and rejections, by Polars expressions alone.

What a column accepts is what Postgres would store for the same text. `check` recognises, vectorised, texts that
Postgres surely accepts; every other text is a doubt, and only Postgres's verdict on a doubt rejects a value.
"""

from .checks import check, opaque_doubts, settle
from .parse import parse
from .plan import make_plan

__all__ = ["check", "make_plan", "opaque_doubts", "parse", "settle"]
