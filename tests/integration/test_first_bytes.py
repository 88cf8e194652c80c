"""importer.first_bytes: a text is cut at a number of bytes, but never within a character."""

import pytest

from tests.integration.queue_harness import Queue


@pytest.mark.parametrize("character", ["x", "ç", "漢", "😀"], ids=["1 byte", "2 bytes", "3 bytes", "4 bytes"])
@pytest.mark.parametrize("before", range(5))
def test_text_is_cut_at_bytes_and_never_within_a_character(queue: Queue, character: str, before: int) -> None:
    text = "a" * before + character * 20
    (beginning,) = queue.admin.execute("select importer.first_bytes(%s, 10)", [text]).fetchone()
    assert beginning == text.encode()[:10].decode(errors="ignore")


@pytest.mark.parametrize("text", ["", "ab", "çç" * 2, "aççb漢", None])
def test_short_text_is_returned_whole(queue: Queue, text: str | None) -> None:
    assert queue.admin.execute("select importer.first_bytes(%s, 10)", [text]).fetchone() == (text,)
