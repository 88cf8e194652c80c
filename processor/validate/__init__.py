"""Validation: a chunk's bytes and the column plan become good rows and rejections, by Polars expressions alone.

What a column accepts is what Postgres would store for the same text. `check` recognises, vectorised, texts that
Postgres surely accepts; every other text is a doubt, and only Postgres's verdict on a doubt rejects a value.
"""

from processor.validate.checks import check, opaque_doubts, settle
from processor.validate.parse import parse
from processor.validate.plan import make_plan
from processor.validate.reading import make_reading
from processor.validate.transform import transform

__all__ = ["check", "make_plan", "make_reading", "opaque_doubts", "parse", "settle", "transform"]
