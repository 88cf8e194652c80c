"""Encodings that have neither a byte order mark nor a rule of their own are guessed by statistics."""

import pytest

from processor import dialect as dialects
from processor.errors import WrongEncoding
from processor.model import Dialect, FileLimits

CYRILLIC = "имя,город\n" + "Анна Петрова,Москва\nИван Сидоров,Новосибирск\nОльга Кузнецова,Екатеринбург\n" * 6
GREEK = "όνομα,πόλη\n" + "Γιώργος Παπαδόπουλος,Αθήνα\nΜαρία Νικολάου,Θεσσαλονίκη\n" * 8
# \x81 is a control character in Latin-1 and undefined in Windows-1252.
LATIN = "nome,nota\n" + "João,até amanhã \x81\nCecília,ação às três\n" * 8


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


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "UTF16", "u32"])
@pytest.mark.parametrize("text", [b"id,name\n1,a\n2,b\n", "id,né\n1,é\n".encode(), b"x", b"abcd"])
def test_text_without_a_byte_order_mark_is_not_read_as_wide_characters(encoding: str, text: bytes) -> None:
    with pytest.raises(WrongEncoding, match="does not begin with a byte order mark"):
        dialects.detect(text, True, {"encoding": encoding})


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read_in_the_order_that_its_bytes_show(order: str) -> None:
    assert dialects.detect("id,name\n1,a\n2,b\n".encode(order), True, {"encoding": "utf-16"}).encoding == order


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-32-be", "utf-32", "gb18030", "shift_jis", "iso2022_jp", "hz"])
def test_bytes_of_another_encoding_in_the_middle_of_a_file_end_with_a_code(encoding: str) -> None:
    dialect = Dialect(encoding=encoding)
    with pytest.raises(WrongEncoding):
        list(dialects.text_stream([b"a,b\n1,2\n\xff\x80\xfe~~\x1b$B\xff"], dialect, FileLimits()))
