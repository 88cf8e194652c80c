"""Encodings that no mark and no rule of ours tells are found by statistics, with how sure that is."""

import pytest

from processor import dialect as dialects

CYRILLIC = "имя,город\n" + "Анна Петрова,Москва\nИван Сидоров,Новосибирск\nОльга Кузнецова,Екатеринбург\n" * 6
GREEK = "όνομα,πόλη\n" + "Γιώργος Παπαδόπουλος,Αθήνα\nΜαρία Νικολάου,Θεσσαλονίκη\n" * 8
# \x81 is a control character of Latin-1, which Windows-1252 leaves open.
LATIN = "nome,nota\n" + "João,até amanhã\x81\nCecília,ação às três\n" * 8


@pytest.mark.parametrize(
    ("encoding", "text"), [("cp1251", CYRILLIC), ("cp1253", GREEK), ("iso8859-1", LATIN)], ids=lambda each: each[:9]
)
def test_encoding_is_found_with_its_confidence(encoding: str, text: str) -> None:
    found = dialects.detect(text.encode(encoding), True, {})
    assert (found.encoding, found.how["encoding"]) == (encoding, "found")
    assert 0 < found.confidence <= 1


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r"])
def test_given_encoding_is_sure(encoding: str) -> None:
    found = dialects.detect(CYRILLIC.encode(encoding), True, {"encoding": encoding})
    assert (found.encoding, found.how["encoding"], found.confidence) == (encoding, "given", 1.0)
