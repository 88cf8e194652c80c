"""Records: cut the text stream into chunks of whole records and count their fields, from the bytes alone."""

from processor.records.clean import clean, texts
from processor.records.cut import cut

__all__ = ["clean", "cut", "texts"]
