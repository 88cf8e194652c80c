"""Texts are rewritten through one array of their bytes."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.validate.text_bytes import rearrange, remove_characters

few = settings(max_examples=60, deadline=None)


def series(texts: list[str] | list[str | None]) -> pl.Series:
    return pl.Series("c", texts, dtype=pl.String)


@given(st.lists(st.none() | st.text(st.sampled_from("ab.-é漢"))))
@few
def test_characters_are_removed_from_each_text(texts: list[str | None]) -> None:
    expected = [None if text is None else text.replace(".", "").replace("-", "") for text in texts]
    assert remove_characters(series(texts), b".-").to_list() == expected


@given(st.lists(st.from_regex(r"[0-9]{2}/[0-9]{2}", fullmatch=True), min_size=1))
@few
def test_texts_of_one_width_are_composed_anew(texts: list[str]) -> None:
    rearranged = rearrange(series(texts), 5, [slice(3, 5), b"--", slice(0, 2)])
    assert rearranged.to_list() == [f"{text[3:]}--{text[:2]}" for text in texts]
