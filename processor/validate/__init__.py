"""Validation: turn the bytes of a chunk into rows that are ready to load and rejections, by Polars expressions alone.

A column accepts the texts that Postgres accepts. `check` recognises most of them; the others are uncertain, and only
Postgres's cast results reject an uncertain value.
"""

from processor.validate.checks import check, opaque_values, settle
from processor.validate.formula_text import header_text
from processor.validate.headers import Matcher, fold
from processor.validate.locales import MISSING
from processor.validate.parse import parse
from processor.validate.plan import Refuse, make_plan, refuse
from processor.validate.reading import make_reading
from processor.validate.shape import Shape, check_shape
from processor.validate.transform import transform

__all__ = [
    "MISSING",
    "Matcher",
    "Refuse",
    "Shape",
    "check",
    "check_shape",
    "fold",
    "header_text",
    "make_plan",
    "make_reading",
    "opaque_values",
    "parse",
    "refuse",
    "settle",
    "transform",
]
