"""The encoding of a text is that in which its words are spelled as one language spells them, and signs stand right."""

import pytest

from processor import dialect as dialects
from processor.dialect.encoding import find_encoding
from processor.errors import AmbiguousDialect, JobError, WrongEncoding
from processor.model import FileLimits

#: Texts that one encoding explains: the bytes of each were once read in another one.
READ = [
    ("café,5½", "cp1252", None),
    ("café,5½", "cp1252", "en-US"),
    ("café,5½", "cp1252", "es-ES"),
    ("5½", "cp1252", None),
    ("5¼,5¾,10¢,£5,¥5,5²,5³,5¹", "cp1252", None),
    ("5µ", "cp1252", None),
    ("25 m²", "cp1252", None),
    ("nº 1º 2ª série", "cp1252", None),
    ("Grècia", "cp1252", None),
    ("Føroyar", "cp1252", None),
    ("õhtul", "cp1252", None),
    ("José Inês água você Fátima até lá só é diseño", "cp1252", None),
    ("José Fátima é città", "cp1252", None),
    ("Müller", "cp1252", None),
    ("São", "cp1252", None),
    ("å", "cp1252", "de-DE"),
    ("10 €", "cp1252", None),
    ("5 € “café”", "cp1252", None),
    ("l’eau – café", "cp1252", None),
    ("Gdańsk Łódź", "cp1250", None),
    ("Gdańsk Łódź", "iso8859-2", None),
    ("Plzeň Třebíč", "cp1250", "en-US"),
    ("Győr Tűz", "cp1250", None),
    ("Plzeň Třebíč", "iso8859-2", None),
    ("Plzeň Třebíč", "cp852", None),
    ("Şahin Çağrı Yıldız", "cp1254", None),
    ("cœur à 10 € sœur", "iso8859-15", None),
    ("Анна Петрова", "koi8-r", None),
    ("Анна Петрова", "cp866", None),
    ("שלום עולם", "cp1255", None),
    ("สวัสดี กรุงเทพ", "cp874", None),
    ("東京都 お願いします", "euc_jp", None),
    ("東京都 お願いします", "cp932", None),
    ("東京都 お願いします", "iso2022_jp", None),
    ("서울 안녕하세요", "cp949", None),
    ("臺北市 辦公室", "big5", None),
    ("北京市 办公室", "gb18030", None),
    ("Conceição João Ângela", "mac-roman", None),
    ("Conceição João Ângela", "cp850", None),
]
#: Texts that no rule tells apart.
REFUSED = [
    ("å", "cp1252", None),
    ("é", "mac-roman", None),
    ("í", "cp437", None),
    ("не", "cp855", None),
    ("przáteli", "mac-latin2", None),
]


def written(text: str, encoding: str) -> bytes:
    return f"id,text\n1,{text}\n".encode(encoding)


@pytest.mark.parametrize(("text", "encoding", "locale"), READ)
def test_words_and_signs_tell_the_encoding(text: str, encoding: str, locale: str | None) -> None:
    data = written(text, encoding)
    assert data.decode(find_encoding(data, True, None, locale).name) == f"id,text\n1,{text}\n"


@pytest.mark.parametrize(("text", "encoding", "locale"), REFUSED)
def test_what_no_word_tells_is_an_error(text: str, encoding: str, locale: str | None) -> None:
    with pytest.raises((AmbiguousDialect, WrongEncoding)):
        find_encoding(written(text, encoding), True, None, locale)


def test_the_error_names_the_candidates_and_the_option() -> None:
    with pytest.raises(AmbiguousDialect, match=r"may be .*cp125\d.* or .*: set options.encoding") as caught:
        find_encoding(written("å", "cp1252"), True, None, None)
    assert (caught.value.code, caught.value.option) == ("IJ309", "encoding")
    assert len(caught.value.choices) == 4


@pytest.mark.parametrize("text", ["caf\x8e", "ma\x96ana", "J\x81rgen", "S\x8bo"])
def test_controls_of_latin_1_that_touch_letters_are_no_text(text: str) -> None:
    data = written(text, "latin-1")
    try:
        found = find_encoding(data, True, None, "pt-BR").name
    except JobError as error:
        assert error.code in ("IJ304", "IJ309")  # noqa: PT017
    else:
        assert not any("\x80" <= char < "\xa0" for char in data.decode(found))


def test_a_later_byte_that_another_encoding_explains_ends_with_a_code() -> None:
    start = "id,ad\n" + "1,Müge Öz\n2,Gül\n" * 20_000
    data = (start + "3,Ayşe Yıldız\n4,Işık Çağrı\n5,Şahin Doğan\n").encode("cp1254")
    dialect = dialects.detect(data[: 256 * 1024], False, {})
    blocks = [data[at : at + 65_536] for at in range(0, len(data), 65_536)]
    if dialect.encoding == "cp1254":
        assert b"".join(dialects.text_stream(blocks, dialect, FileLimits())).decode().endswith("Doğan\n")
        return
    with pytest.raises(WrongEncoding, match="line 40,002 is written in cp1254"):
        list(dialects.text_stream(blocks, dialect, FileLimits()))


def test_a_later_sign_does_not_end_a_file() -> None:
    data = ("id,note\n" + "1,José\n2,café\n" * 20_000 + "3,10½ ‰\n4,ñandú\n").encode("cp1252")
    dialect = dialects.detect(data[: 256 * 1024], False, {})
    assert b"".join(dialects.text_stream([data], dialect, FileLimits())) == data.decode("cp1252").encode()
