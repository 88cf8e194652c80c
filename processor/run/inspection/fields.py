"""The fields of the sample, as they are in the file: their texts, and the rows that the target would get of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import psycopg

from processor import dialect as dialects
from processor import records
from processor.errors import JobError
from processor.model import Chunk, Column, Dialect, Field, FileLimits, Plan, Rejections, Rows
from processor.report import Report
from processor.run.chunks.validate import ChunkValidator
from processor.run.inspection.beginning import Sample
from processor.run.opened_file import Beginning
from processor.run.text import without_beginning

# Of the text that the sample gives, so much is cut into records: its end may be in the middle of one, in which nobody
# can say whether a quoted field goes on behind it.
TEXT_BYTES = 192 * 1024


@dataclass(frozen=True, slots=True)
class SampledFile:
    """The beginning of a file with the plan for its fields, as the validation of chunks reads them."""

    beginning: Beginning
    plan: Plan

    @property
    def dialect(self) -> Dialect:
        """The file's dialect."""
        return self.beginning.dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records of the sample: the texts of their fields, and what the plan makes of them.

    `texts` has a String column for each field, named by its number. `whole` says that they are all records of the file.
    """

    chunk: Chunk
    texts: Rows
    rows: Rows
    rejections: Rejections
    whole: bool


def read_records(
    conn: psycopg.Connection, sample: Sample, beginning: Beginning, plan: Plan, limits: FileLimits
) -> Records | None:
    """Cut the sample into records and validate them, also the types that an import leaves to the COPY.

    The result is None if there is no record.
    Raises: JobError, such as UnclosedQuote and WrongEncoding; psycopg.Error.
    """
    dialect, first = beginning.dialect, beginning.first
    # The sample of an archive begins with the file that is read.
    whole_text = dialects.text_stream(iter([sample.data]), replace(dialect, member_at=0), limits)
    text = without_beginning(whole_text, first.offset)
    chunks = records.cut(text, dialect, first, limits, lambda _: TEXT_BYTES, width=len(beginning.header))
    chunks = records.with_footer(chunks, dialect) if sample.complete else chunks
    chunk = next(chunks, None)
    if chunk is None:
        return None
    width = len(beginning.header)
    as_text = Plan(width, tuple(text_field(place) for place in range(width)))
    texts = ChunkValidator(SampledFile(beginning, as_text), Report()).validate(conn, chunk).rows
    rows, rejections = Rows(pl.DataFrame(), np.empty(0, np.int64)), Rejections()
    if plan.fields:
        validator = ChunkValidator(SampledFile(beginning, plan), Report())
        validated = validator.validate_opaque(conn, validator.validate(conn, chunk))
        rows, rejections = validated.rows, validated.rejections
    whole = sample.complete and is_last(chunks)
    marked, _ = records.without_no_rows(chunk, dialect)
    return Records(chunk=marked, texts=texts, rows=rows, rejections=rejections, whole=whole)


def is_last(following: Iterator[Chunk]) -> bool:
    """Return whether no chunk follows; what cannot be read follows."""
    try:
        return next(following, None) is None
    except JobError:
        return False


def text_field(place: int) -> Field:
    """Return a field that is read as it is."""
    name = str(place)
    column = Column(name=name, type="text", base="text", kind="b", not_null=False, required=False)
    return Field(index=place, header=name, column=column)


def first_texts(texts: pl.Series, most: int) -> list[str]:
    """Return the first different texts of a field that are not empty."""
    return texts.filter(texts.str.len_chars() > 0).unique(maintain_order=True).head(most).to_list()


def filled_share(texts: pl.Series) -> float:
    """Return the share of records whose field is not empty, 0 where there are no records."""
    filled = int((texts.str.len_chars() > 0).sum())
    return round(filled / len(texts), 4) if len(texts) else 0.0
