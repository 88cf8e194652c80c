"""Dialect: find out from a file's beginning how to read it, read its header, and turn its bytes into UTF-8 text."""

from processor.dialect.detect import detect
from processor.dialect.header import read_header
from processor.dialect.stream import text_stream

__all__ = ["detect", "read_header", "text_stream"]
