"""Dialect: detect how a file is to be read from its first bytes, read its header, and decode its bytes into UTF-8."""

from processor.dialect.detect import detect, is_archive
from processor.dialect.header import read_header
from processor.dialect.stream import text_stream
from processor.dialect.zip_directory import Member, choose_member, members_of

__all__ = ["Member", "choose_member", "detect", "is_archive", "members_of", "read_header", "text_stream"]
