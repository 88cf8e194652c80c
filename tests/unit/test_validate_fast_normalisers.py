"""The fast ways of normalisers give the same results as their slow ways, for any mix of texts."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.model import Normaliser
from processor.validate.normalise import normaliser_of
from processor.validate.normalisers import brazil, email, phone, url

few = settings(max_examples=60, deadline=None)


def series(texts: list[str | None]) -> pl.Series:
    return pl.Series("c", texts, dtype=pl.String)


def spellings(body: str, layout: str) -> st.SearchStrategy[str]:
    """Return a number in several spellings, with white space around it, and with one character changed."""
    digits = [*body]
    text = "".join(digits.pop(0) if place == "0" else place for place in layout)
    changed = st.tuples(st.integers(0, len(text) - 1), st.sampled_from("0123456789.-/A é")).map(
        lambda change: text[: change[0]] + change[1] + text[change[0] + 1 :]
    )
    return st.sampled_from([text, body, f" {text}", f"{text}\n", text.replace("-", "")]) | changed


CPFS = st.sampled_from(["52998224725", "11111111111", "12345678909", "00000000191", "98765432100"])
CNPJS = st.sampled_from(["11222333000181", "00000000000000", "11444777000161", "12ABC34501DE35"])
OTHERS = st.none() | st.text(st.sampled_from("0123456789.-/é "), max_size=18)


@given(st.lists(CPFS.flatmap(lambda body: spellings(body, "000.000.000-00")) | OTHERS))
@few
def test_cpf_read_from_bytes_equals_cpf_read_by_pattern(texts: list[str | None]) -> None:
    slow = brazil._by_pattern(series(texts), brazil._CPF_PATTERN, brazil._CPF_WEIGHTS)
    assert brazil.normalise_cpf(series(texts)).to_list() == slow.to_list()


@given(st.lists(CNPJS.flatmap(lambda body: spellings(body, "00.000.000/0000-00")) | OTHERS))
@few
def test_cnpj_read_from_bytes_equals_cnpj_read_by_pattern(texts: list[str | None]) -> None:
    slow = brazil._by_pattern(series(texts).str.to_uppercase(), brazil._CNPJ_PATTERN, brazil._CNPJ_WEIGHTS)
    assert brazil.normalise_cnpj(series(texts)).to_list() == slow.to_list()


@pytest.mark.parametrize("region", ["BR", "US", "GB", "IT", "AR", "MX", "RU"])
@given(data=st.data())
@few
def test_phone_read_from_bytes_equals_phonenumbers(region: str, data: st.DataObject) -> None:
    code = phone._patterns(region).code
    prefix = st.sampled_from(
        ["", "+", f"+{code}", f"+ {code}", f"{code}", f"+{code} (0)", "0", "00", "+1", " +", "++", "(", "9"]
    )
    body = st.text(st.sampled_from("0123456789 ().-"), min_size=3, max_size=20)
    known = st.sampled_from(["11987654321", "1134567890", "2125550123", "7911123456", "1512345678", "612345678"])
    tail = st.sampled_from(["", " ", "x5", "é", "+", "\u0663"])
    texts = data.draw(st.lists(st.none() | st.builds("{}{}{}".format, prefix, body | known, tail)))
    expected = [None if text is None else phone._parse(text, region) for text in texts]
    assert phone.normaliser(region)(series(texts)).to_list() == expected


ADDRESSES = st.builds(
    "{}{}@{}{}".format,
    st.sampled_from(["", " ", "\t"]),
    st.text(st.sampled_from("aZ09._+-é'@"), max_size=5) | st.sampled_from(["INFO", "Www", "info", "x" * 60]),
    st.text(st.sampled_from("aZ0-.é"), max_size=5),
    st.sampled_from([".com", ".CO", ".test", ".LOCAL", ".invalid ", "onion", ".c", ".b-r", ".x1", ""]),
)


@given(st.lists(st.none() | ADDRESSES))
@few
def test_email_among_others_equals_email_by_itself(texts: list[str | None]) -> None:
    expected = [None if text is None else email._validate(text.strip()) for text in texts]
    assert email.normalise(series(texts)).to_list() == expected


URLS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["http://", "HTTPS://", "hTTp://", "ftp://", "//", "", " https://", "Http:"]),
    st.sampled_from(["A.Com", "a-B.co", "x", "é.com", "a" * 64 + ".com", "A:80.com", "localhost"]),
    st.sampled_from(["", ":80", "/A", "?A=B", "#A", "/A?B#C", ":8A", "/ A"]),
    st.text(st.sampled_from("aA/?#é "), max_size=4),
)


@pytest.mark.parametrize("scheme", [None, "https"])
@given(texts=st.lists(st.none() | URLS))
@few
def test_url_read_from_bytes_equals_url_read_by_parts(scheme: str | None, texts: list[str | None]) -> None:
    with_scheme = series(texts) if scheme is None else url._with_scheme(series(texts), scheme)
    assert url.normaliser(scheme)(series(texts)).to_list() == url._by_parts(with_scheme).to_list()


@pytest.mark.parametrize(
    "replace", ["$1$2", "$2-$1", "${1}x", "$$1", "$0!", "$9", "", "x$1y$2z", "$1a", "${a}", "$", "$1$"]
)
@pytest.mark.parametrize("pattern", ["([A-Z]{2})-?([0-9]+)", "(a)|b(c)?", "(?i)(a+)(b*)", "x|y"])
@given(texts=st.lists(st.none() | st.text(st.sampled_from("aAbBcxyX-019é"), max_size=5)))
@settings(max_examples=25, deadline=None)
def test_replacement_by_groups_equals_replacement_by_pattern(
    pattern: str, replace: str, texts: list[str | None]
) -> None:
    normalise, _, _ = normaliser_of(Normaliser(name="regex", pattern=pattern, replace=replace))
    whole = f"^(?:{pattern})$"
    column = series(texts)
    replaced = column.str.replace(whole, replace)
    matched = column.str.contains(whole).fill_null(False)
    assert normalise(column).to_list() == [
        text if match else None for text, match in zip(replaced, matched, strict=True)
    ]
