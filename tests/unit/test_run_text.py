"""The text of a file is checked block by block, also where one block of the file holds all of it."""

import gzip

import pytest

from processor import dialect as dialects
from processor.model import Dialect, FileLimits
from processor.run.stop_signal import StopRequested
from processor.run.text import checked


def test_a_stop_ends_the_text_of_a_single_compressed_block() -> None:
    passed = 0

    def check() -> None:
        nonlocal passed
        if passed == 3:
            raise StopRequested
        passed += 1

    block = gzip.compress(bytes(16 << 20))
    text = checked(dialects.text_stream([block], Dialect(compression="gzip"), FileLimits()), check)
    with pytest.raises(StopRequested):
        list(text)
    assert passed == 3
