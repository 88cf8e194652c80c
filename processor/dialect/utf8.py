"""Validate a stream of UTF-8 block by block, and report the first invalid byte."""

import codecs
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from processor.errors import WrongEncoding
from processor.model import Position

LF: Final = 10


def validate_utf8(blocks: Iterable[bytes], start: Position) -> Iterator[bytes]:
    """Yield the blocks unchanged; `start` is the position of the first one.

    An ASCII block is only scanned (10 GB/s), any other is decoded (1 GB/s).
    Raises: WrongEncoding with the offset and the line of the first byte that is not UTF-8.
    """
    offset, line, rest = start.offset, start.line, b""
    for block in blocks:
        if rest or not block.isascii():
            text = rest + block
            try:
                consumed = codecs.utf_8_decode(text, "strict", False)[1]
            except UnicodeDecodeError as error:
                raise invalid_utf8(text, error.start, offset - len(rest), line) from None
            rest = text[consumed:]
        offset += len(block)
        line += int(np.count_nonzero(np.frombuffer(block, np.uint8) == LF))  # five times as fast as bytes.count
        yield block
    if rest:
        raise invalid_utf8(rest, 0, offset - len(rest), line)


def invalid_utf8(text: bytes, at: int, offset: int, line: int) -> WrongEncoding:
    """Return the error for the invalid byte at `at` of a text that begins at `offset` and on `line`."""
    line += text.count(b"\n", 0, at) or (text.count(b"\r", 0, at) if offset == 0 else 0)
    return WrongEncoding(
        "the file is not UTF-8: byte {byte:,}, on line {line:,}, is invalid", byte=offset + at + 1, line=line
    )
