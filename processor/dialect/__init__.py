"""Dialect: detect how a file is to be read from its first bytes, read its header, and decode its bytes into UTF-8."""

from processor.dialect.detect import detect
from processor.dialect.header import read_header
from processor.dialect.stream import text_stream
from processor.dialect.zip_archive import is_ignored

__all__ = ["detect", "is_ignored", "read_header", "text_stream"]
