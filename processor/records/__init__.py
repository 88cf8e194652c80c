"""Records: cut the text stream into chunks of whole records, and count each record's fields, from the bytes alone."""

from processor.records.canonical import canonical_csv, record_texts
from processor.records.cut import cut
from processor.records.no_rows import with_footer, without_no_rows
from processor.records.raw_texts import raw_texts
from processor.records.scan import closed
from processor.records.surplus import without_surplus

__all__ = [
    "canonical_csv",
    "closed",
    "cut",
    "raw_texts",
    "record_texts",
    "with_footer",
    "without_no_rows",
    "without_surplus",
]
