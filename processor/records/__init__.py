"""Records: cut the text stream into chunks of whole records, and count each record's fields, from the bytes alone."""

from processor.records.canonical import canonical_csv, record_texts
from processor.records.cut import cut
from processor.records.surplus import without_surplus

__all__ = ["canonical_csv", "cut", "record_texts", "without_surplus"]
