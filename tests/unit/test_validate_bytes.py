"""What normalisers read from bytes at once equals what their slower readers make of each text by itself."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.model import Normaliser
from processor.validate.normalise import normaliser_of
from processor.validate.normalisers import brazil, email, phone, url
from processor.validate.plainbytes import rearranged, without

few = settings(max_examples=60, deadline=None)


def series(texts: list[str | None]) -> pl.Series:
    return pl.Series("c", texts, dtype=pl.String)


def spelt(body: str, layout: str) -> st.SearchStrategy[str]:
    """Right numbers and wrong ones, in their spelling or with a character changed, and with spaces around them."""
    digits = [*body]
    text = "".join(digits.pop(0) if place == "0" else place for place in layout)
    changed = st.tuples(st.integers(0, len(text) - 1), st.sampled_from("0123456789.-/A é")).map(
        lambda change: text[: change[0]] + change[1] + text[change[0] + 1 :]
    )
    return st.sampled_from([text, body, f" {text}", f"{text}\n", text.replace("-", "")]) | changed


CPFS = st.sampled_from(["52998224725", "11111111111", "12345678909", "00000000191", "98765432100"])
CNPJS = st.sampled_from(["11222333000181", "00000000000000", "11444777000161", "12ABC34501DE35"])
OTHERS = st.none() | st.text(st.sampled_from("0123456789.-/é "), max_size=18)


@given(st.lists(CPFS.flatmap(lambda body: spelt(body, "000.000.000-00")) | OTHERS))
@few
def test_cpf_from_bytes_equals_cpf_from_patterns(texts: list[str | None]) -> None:
    slow = brazil._checked(series(texts), brazil._CPF_SHAPE, brazil._CPF_WEIGHTS)
    assert brazil.cpf(series(texts)).to_list() == slow.to_list()


@given(st.lists(CNPJS.flatmap(lambda body: spelt(body, "00.000.000/0000-00")) | OTHERS))
@few
def test_cnpj_from_bytes_equals_cnpj_from_patterns(texts: list[str | None]) -> None:
    slow = brazil._checked(series(texts).str.to_uppercase(), brazil._CNPJ_SHAPE, brazil._CNPJ_WEIGHTS)
    assert brazil.cnpj(series(texts)).to_list() == slow.to_list()


@pytest.mark.parametrize("region", ["BR", "US", "GB", "IT", "AR", "MX", "RU"])
@given(data=st.data())
@few
def test_phone_from_bytes_equals_phonenumbers(region: str, data: st.DataObject) -> None:
    code = phone._patterns(region).code
    led = st.sampled_from(
        ["", "+", f"+{code}", f"+ {code}", f"{code}", f"+{code} (0)", "0", "00", "+1", " +", "++", "(", "9"]
    )
    body = st.text(st.sampled_from("0123456789 ().-"), min_size=3, max_size=20)
    known = st.sampled_from(["11987654321", "1134567890", "2125550123", "7911123456", "1512345678", "612345678"])
    tail = st.sampled_from(["", " ", "x5", "é", "+", "\u0663"])
    texts = data.draw(st.lists(st.none() | st.builds("{}{}{}".format, led, body | known, tail)))
    expected = [None if text is None else phone._parsed(text, region) for text in texts]
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
def test_email_in_company_equals_email_alone(texts: list[str | None]) -> None:
    expected = [None if text is None else email._validated(text.strip()) for text in texts]
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
def test_url_from_bytes_equals_url_from_its_parts(scheme: str | None, texts: list[str | None]) -> None:
    led = series(texts) if scheme is None else url._led(series(texts), scheme)
    assert url.normaliser(scheme)(series(texts)).to_list() == url._by_parts(led).to_list()


@pytest.mark.parametrize(
    "replace", ["$1$2", "$2-$1", "${1}x", "$$1", "$0!", "$9", "", "x$1y$2z", "$1a", "${a}", "$", "$1$"]
)
@pytest.mark.parametrize("pattern", ["([A-Z]{2})-?([0-9]+)", "(a)|b(c)?", "(?i)(a+)(b*)", "x|y"])
@given(texts=st.lists(st.none() | st.text(st.sampled_from("aAbBcxyX-019é"), max_size=5)))
@settings(max_examples=25, deadline=None)
def test_replacement_by_groups_equals_that_by_pattern(pattern: str, replace: str, texts: list[str | None]) -> None:
    read, _, _ = normaliser_of(Normaliser(name="regex", pattern=pattern, replace=replace))
    whole = f"^(?:{pattern})$"
    given_ = series(texts)
    replaced = given_.str.replace(whole, replace)
    matched = given_.str.contains(whole).fill_null(False)
    assert read(given_).to_list() == [text if match else None for text, match in zip(replaced, matched, strict=True)]


@given(st.lists(st.none() | st.text(st.sampled_from("ab.-é漢"))))
@few
def test_characters_are_taken_out_of_each_text(texts: list[str | None]) -> None:
    expected = [None if text is None else text.replace(".", "").replace("-", "") for text in texts]
    assert without(series(texts), b".-").to_list() == expected


@given(st.lists(st.from_regex(r"[0-9]{2}/[0-9]{2}", fullmatch=True), min_size=1))
@few
def test_texts_of_one_width_are_put_together_anew(texts: list[str]) -> None:
    found = rearranged(series(texts), 5, [slice(3, 5), b"--", slice(0, 2)])
    assert found.to_list() == [f"{text[3:]}--{text[:2]}" for text in texts]
