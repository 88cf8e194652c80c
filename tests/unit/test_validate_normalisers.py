"""Each normaliser gives the results of the library or the rule that it is based on."""

import random
import unicodedata

import email_validator
import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.model import Normaliser
from processor.validate.normalise import normaliser_of
from processor.validate.normalisers import url
from tests.property_examples import examples

REGIONS = ["BR", "US", "CA", "GB", "DE", "FR", "IT", "ES", "PT", "AR", "MX", "IN", "JP", "AU", "RU", "CN", "ZA", "NG"]


def normalised(name: str, texts: list[str | None], **others: str) -> list[str | None]:
    normalise, _, _ = normaliser_of(Normaliser(name=name, **others))
    return normalise(pl.Series("c", texts, dtype=pl.String)).to_list()


def by_email_validator(text: str) -> str | None:
    try:
        return email_validator.validate_email(text.strip(), check_deliverability=False).normalized
    except email_validator.EmailNotValidError:
        return None


def by_phonenumbers(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text.strip(), region)
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None


LOCAL = st.text(st.sampled_from("aZ09._+-é'"), min_size=1, max_size=8) | st.sampled_from(
    ["INFO", "Sales", "info", "x" * 64]
)
HOST = st.text(st.sampled_from("aZ0-.é"), min_size=1, max_size=8)
TLD = st.sampled_from(["com", "Co", "test", "LOCAL", "c", "br", "x1", "arpa", "onion", "information"])


@given(
    st.lists(
        st.builds("{}@{}.{}".format, LOCAL, HOST, TLD) | st.text(st.sampled_from("a@. \t"), max_size=6), min_size=1
    )
)
@settings(max_examples=examples(100), deadline=None)
def test_email_equals_email_validator(texts):
    assert normalised("email", [*texts, None]) == [*map(by_email_validator, texts), None]


@pytest.mark.parametrize("region", REGIONS)
def test_phone_equals_phonenumbers(region):
    chance = random.Random(region)  # noqa: S311 - examples, not secrets
    code = phonenumbers.country_code_for_region(region)
    texts: list[str] = []
    for kind in range(11):
        example = phonenumbers.example_number_for_type(region, kind)
        national = phonenumbers.national_significant_number(example) if example else "11912345678"
        for _ in range(40):
            number = list(national)
            number[chance.randrange(len(number))] = chance.choice("0123456789")
            digits = "".join(number)[: chance.choice([99, 99, 99, 8])]
            texts += [digits, f"+{code}{digits}", f"+{code} {digits[:2]} {digits[2:]}", f"0{digits}", f"{code}{digits}"]
            texts += [f"({digits[:2]}) {digits[2:6]}-{digits[6:]}", f"+{code} (0) {digits}", f"00{code}{digits}"]
    expected = [by_phonenumbers(text, region) for text in texts]
    assert normalised("phone", texts, region=region) == expected
    assert sum(number is not None for number in expected) > 100


def test_phone_without_a_region_needs_a_country_code():
    assert normalised("phone", ["+1 650 253 0000", "650 253 0000", None]) == ["+16502530000", None, None]


@given(st.lists(st.text(st.sampled_from("aé\u0301e \t\n\x85\u00a0\u2009ﬁÅñ\u02ff"), max_size=8), min_size=1))
@settings(deadline=None)
def test_text_is_composed_and_its_white_space_collapsed(texts):
    expected = [" ".join(unicodedata.normalize("NFC", text).split()) for text in texts]
    assert normalised("text", [*texts, None]) == [*expected, None]


def check_digits(body: str, weights: list[int]) -> str:
    for _ in range(2):
        used = weights[-len(body) :]
        rest = sum((ord(character) - 48) * weight for character, weight in zip(body, used, strict=True)) % 11
        body += "0" if rest < 2 else str(11 - rest)
    return body


CPF = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]
CNPJ = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]


@given(st.lists(st.from_regex(r"[0-9]{9}", fullmatch=True), min_size=1), st.booleans())
@settings(deadline=None)
def test_cpf_is_valid_with_right_check_digits_only(bodies, dotted):
    whole = [check_digits(body, CPF) for body in bodies]
    texts = [f"{n[:3]}.{n[3:6]}.{n[6:9]}-{n[9:]}" for n in whole] if dotted else whole
    assert normalised("cpf", texts) == [None if len(set(number)) == 1 else number for number in whole]
    wrong = [number[:-1] + str((int(number[-1]) + 1) % 10) for number in whole]
    assert normalised("cpf", wrong) == [None] * len(wrong)


@given(st.lists(st.from_regex(r"[0-9A-Z]{12}", fullmatch=True), min_size=1))
@settings(deadline=None)
def test_cnpj_may_have_letters(bodies):
    whole = [check_digits(body, CNPJ) for body in bodies]
    texts = [f"{n[:2]}.{n[2:5]}.{n[5:8]}/{n[8:12]}-{n[12:]}".lower() for n in whole]
    assert normalised("cnpj", texts) == [None if len(set(number)) == 1 else number for number in whole]


def test_published_examples_of_registration_numbers():
    assert normalised("cpf", ["529.982.247-25", "111.111.111-11", "1", None, ""]) == [
        "52998224725",
        None,
        None,
        None,
        None,
    ]
    assert normalised("cnpj", ["11.222.333/0001-81", "12.ABC.345/01DE-35"]) == ["11222333000181", "12ABC34501DE35"]


def test_every_text_below_the_combining_marks_is_nfc():
    letters = [chr(code) for code in range(0x300)]
    assert all(unicodedata.is_normalized("NFC", "".join(one + other for other in letters)) for one in letters)


HOSTS = st.from_regex(r"(?:[aZ0é-]{1,3}\.){0,3}(?:[cO]{0,3}|é|localhost|1\.2\.3\.4|xn--a)\.?", fullmatch=True)
ADDRESSES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["http://", "HTTPS://", "Http://", "ftp://", "//", "", " https://"]),
    HOSTS | st.sampled_from(["a" * 63 + ".com", "a" * 64 + ".com", "A." * 40 + "com", "a.b" * 30 + ".com"]),
    st.sampled_from(["", ":80", ":123456", ":", "/", "?", "#"]),
    st.text(st.characters(max_codepoint=0x7F, exclude_characters="\0") | st.sampled_from("éA/?#"), max_size=4),
)


@given(st.lists(ADDRESSES, min_size=20))
@settings(max_examples=examples(100), deadline=None)
def test_url_equals_the_whole_pattern(texts):
    parts = pl.Series("c", texts).str.strip_chars().str.extract_groups(url.ADDRESS).struct
    expected = parts.field("origin").str.to_lowercase() + parts.field("rest")
    assert normalised("url", texts) == expected.to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HTTP://Example.COM/A?b=C", "http://example.com/A?b=C"),
        (" https://example.com ", "https://example.com"),
        ("https://münchen.de/ä", "https://münchen.de/ä"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("example.com", None),
        ("ftp://example.com", None),
        ("https://user:secret@example.com", None),
        ("https://example.com/a b", None),
        ("javascript:alert(1)", None),
    ],
)
def test_url_has_lower_case_scheme_and_host_or_is_invalid(text, expected):
    assert normalised("url", [text]) == [expected]


def test_url_without_a_scheme_gets_the_default_one():
    assert normalised("url", ["Example.com/A", "http://x.com", None], scheme="https") == [
        "https://example.com/A",
        "http://x.com",
        None,
    ]


def test_country_is_read_by_code_and_by_name_in_several_languages():
    texts = ["Brasil", "br", "BRA", "Alemanha", "États-Unis", "Reino Unido", "EUA", "Atlantis", None]
    assert normalised("country", texts) == ["BR", "BR", "BR", "DE", "US", "GB", "US", None, None]


@pytest.mark.parametrize("name", ["email", "phone", "text", "cpf", "cnpj", "url", "country"])
def test_nulls_stay_null(name):
    assert normalised(name, [None, None]) == [None, None]
    assert normalised(name, []) == []
