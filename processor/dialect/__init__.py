"""Dialect: detect how a file is to be read from its first bytes, read its header, and decode its bytes into UTF-8."""

from processor.dialect.detect import detect
from processor.dialect.header import read_header
from processor.dialect.stream import text_stream

__all__ = ["detect", "read_header", "text_stream"]
