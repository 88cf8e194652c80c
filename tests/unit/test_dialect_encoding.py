"""Encodings that have neither a byte order mark nor a rule of their own are guessed by statistics."""

import pytest

from processor import dialect as dialects

CYRILLIC = "имя,город\n" + "Анна Петрова,Москва\nИван Сидоров,Новосибирск\nОльга Кузнецова,Екатеринбург\n" * 6
GREEK = "όνομα,πόλη\n" + "Γιώργος Παπαδόπουλος,Αθήνα\nΜαρία Νικολάου,Θεσσαλονίκη\n" * 8
# \x81 is a control character in Latin-1 and undefined in Windows-1252.
LATIN = "nome,nota\n" + "João,até amanhã\x81\nCecília,ação às três\n" * 8


@pytest.mark.parametrize(
    ("encoding", "text"), [("cp1251", CYRILLIC), ("cp1253", GREEK), ("iso8859-1", LATIN)], ids=lambda value: value[:9]
)
def test_an_encoding_is_guessed_with_a_confidence(encoding: str, text: str) -> None:
    dialect = dialects.detect(text.encode(encoding), True, {})
    assert (dialect.encoding, dialect.how["encoding"]) == (encoding, "found")
    assert 0 < dialect.confidence <= 1


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r"])
def test_a_given_encoding_has_full_confidence(encoding: str) -> None:
    dialect = dialects.detect(CYRILLIC.encode(encoding), True, {"encoding": encoding})
    assert (dialect.encoding, dialect.how["encoding"], dialect.confidence) == (encoding, "given", 1.0)
