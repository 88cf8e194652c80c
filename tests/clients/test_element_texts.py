"""The sentences of the element: each has a translation, each code too, and no view has words of its own."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from processor.dialect.file_formats import MAGIC
from processor.errors import JOB_ERRORS, REJECTIONS
from processor.validate import normalise
from tests.clients import element_package
from tests.clients.client_stack import ROOT
from tests.clients.element_package import FOLDER, SOURCES

CODES = re.findall(
    r"^### (IJ\d{3})$", (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8"), re.MULTILINE
)
CLIENT = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "clients" / "typescript" / "src").glob("*.ts"))
ELEMENT = {path: path.read_text(encoding="utf-8") for path in SOURCES}
LANGUAGES = ("en", "pt")
#: What may be the same in both languages: numbers, and what has no words.
SAME = {"dialect.localeNone", "upload.sent"}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_KEY = re.compile(r"""["`]((?:[a-z]+\.)?[a-zA-Z]+)["`]""")
_COMPOSED = re.compile(r"`([a-z]+)\.\$\{")
_WORD = re.compile(r"[A-Za-zÀ-ÿ]{2,}")
_SPOKEN_ATTRIBUTE = re.compile(r"\b(?:aria-label|title|placeholder|alt|data-label)=\"([^\"]*)\"")

SAID: list[tuple[list[Any], str]] = [
    (
        ["pt", {"code": "IJ420", "message": "m", "params": {"rejected": 1234, "limit": 1000}}],
        "1.234 linhas foram rejeitadas; o limite é 1.000",
    ),
    (["pt", {"code": "IJ420", "message": "m"}], "Mais linhas foram rejeitadas do que o permitido"),
    (
        ["en", {"code": "IJ420", "message": "m", "params": {"rejected": 1234, "limit": 1000}}],
        "1,234 rows were rejected; at most 1,000 may be",
    ),
    (
        ["pt", {"code": "IJ415", "message": "email: not a valid e-mail address", "column": "email"}],
        "email: não é um endereço de e-mail válido",
    ),
    (
        ["pt", {"code": "IJ403", "message": "m", "params": {"column": "born", "type": "date"}}],
        "born: não é um valor do tipo date",
    ),
    (
        ["pt", {"code": "IJ303", "message": "m", "params": {"format": "a PDF document"}}],
        "O arquivo é um documento PDF, não uma tabela",
    ),
    (
        ["en", {"code": "IJ303", "message": "the file is a PDF document, not CSV"}],
        "The file is a PDF document, not CSV",
    ),
    (["en", {"code": "network", "message": "TypeError: fetch failed"}], "Nobody answers"),
    (["pt", {"code": "IJ999", "message": "a code of a later version"}], "A code of a later version"),
]


@cache
def texts() -> dict[str, Any]:
    element_package.install()
    script = Path(__file__).with_name("element_texts.mjs")
    return json.loads(element_package.run(script, json.dumps([coded for coded, _ in SAID])))


def source(name: str) -> str:
    """Return a source of the element."""
    return ELEMENT[FOLDER / "src" / name]


def forms(sentence: str | dict[str, str]) -> list[str]:
    """Return the singular and the plural of a sentence, or the sentence itself."""
    return [sentence] if isinstance(sentence, str) else [sentence["one"], sentence["other"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_there_in_all_forms(language: str) -> None:
    sentences = texts()[language]
    assert set(sentences) == set(texts()["en"])
    assert all(form.strip() for sentence in sentences.values() for form in forms(sentence))


def test_translations_have_the_same_parameters_and_other_words() -> None:
    for key, sentence in texts()["en"].items():
        translation = texts()["pt"][key]
        placeholders = [
            {name for form in forms(one) for name in _PLACEHOLDER.findall(form)} for one in (sentence, translation)
        ]
        assert placeholders[0] == placeholders[1], key
        assert sentence != translation or key in SAME, key


@pytest.mark.parametrize("language", ["errorsEn", "errorsPt"])
def test_every_code_has_a_sentence_and_advice(language: str) -> None:
    storage = {f"storage/{status}" for status in re.findall(r"^  (\d{3}): \"", CLIENT, re.MULTILINE)}
    own = set(re.findall(r'ImportJobsError\("([a-z_]+)"', CLIENT)) | {"network", "cancelled", "unknown"}
    kinds = {
        f"file/{kind}" for kind in re.findall(r'^  \["[^"]+", "(\w+)"\],$', source("model/file-kind.ts"), re.MULTILINE)
    }
    files = set(re.findall(r'"(file/[a-z]+)"', source("steps/file.ts")))
    assert [len(group) for group in (storage, own, kinds, files)] == [4, 5, 3, 3]
    said = {code: [text for text in parts if text.strip()] for code, parts in texts()[language].items()}
    assert {code for code in {*CODES, *storage, *own, *kinds, *files} if len(said.get(code, ())) < 2} == set()


def test_parameters_of_a_sentence_are_those_of_its_messages() -> None:
    named = parameters()
    used = {
        code: {name for text in parts for name in _PLACEHOLDER.findall(text)}
        for code, parts in texts()["errorsPt"].items()
    }
    assert sum(bool(names) for names in used.values()) > 10
    assert {
        code: names - named.get(code, set()) for code, names in used.items() if names - named.get(code, set())
    } == {}


def parameters() -> dict[str, set[str]]:
    """Return the names of the parameters of each code: those of its error's calls, or of all rejections."""
    by_code = {code: set[str]() for code in JOB_ERRORS} | {"IJ104": {"attempts"}}
    codes = {error.__name__: code for code, error in JOB_ERRORS.items()}
    of_rows = {"column"}
    for path in (ROOT / "processor").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                names = {keyword.arg for keyword in node.keywords if keyword.arg}
                if node.func.id in codes:
                    by_code[codes[node.func.id]] |= names
                elif node.func.id == "Message":
                    of_rows |= names
    return by_code | dict.fromkeys(REJECTIONS, of_rows | {"constraint"})


def test_both_languages_have_the_same_codes_and_no_unknown_one() -> None:
    assert set(texts()["errorsEn"]) == set(texts()["errorsPt"])
    assert {code for code in texts()["errorsEn"] if code.startswith("IJ")} == set(CODES)


def test_names_of_formats_and_reasons_of_normalisers_are_translated() -> None:
    known = {english for english, _ in texts()["fragmentsPt"]}
    formats = {name for _, name in MAGIC if name != "an old Excel or Word file (.xls, .doc)"}
    folder = Path(normalise.__file__).parent
    modules = "".join((folder / name).read_text(encoding="utf-8") for name in ("normalise.py", "transform.py"))
    reasons = set(re.findall(r'"(not a valid [^"]+|does not [^"]+|an error value [^"]+)"', modules))
    assert formats | reasons <= known
    assert len(reasons) >= 8


def test_messages_are_said_from_code_and_parameters() -> None:
    assert texts()["said"] == [sentence for _, sentence in SAID]


def test_numbers_are_written_as_in_portuguese() -> None:
    assert texts()["written"] == ["1 linha", "1.234.567 linhas", "1,5 MB", "2 minutos", "50%"]


def test_every_sentence_is_used_and_every_used_one_is_there() -> None:
    views = "\n".join(text for path, text in ELEMENT.items() if path.parent.name != "i18n" or path.name == "texts.ts")
    composed = set(_COMPOSED.findall(views))
    keys = set(texts()["en"])
    assert composed == {"kind", "how", "mode", "status"}
    assert {key for key in keys if key.split(".")[0] not in composed} <= set(_KEY.findall(views))


def test_views_have_no_words_of_their_own() -> None:
    words = {(path.name, word) for path, text in ELEMENT.items() for word in own_words(text)}
    assert words == set()


def test_scanner_finds_words_in_a_template() -> None:
    assert list(
        own_words('html`<p title="Hint ${x}">Some ${t("key")} text</p> ${a ? html`<b>Inner</b>` : nothing}`')
    ) == [
        "Some",
        "text",
        "Hint",
        "Inner",
    ]


def own_words(text: str) -> Iterator[str]:
    """Yield the words of templates that no translation says: texts, and attributes that are read aloud."""
    for template in templates(text):
        bare = re.sub(r"<!--.*?-->", "", template, flags=re.DOTALL)
        yield from _WORD.findall(re.sub(r"<[^>]*>", " ", bare))
        for value in _SPOKEN_ATTRIBUTE.findall(bare):
            yield from _WORD.findall(value)


def templates(source: str) -> Iterator[str]:
    """Yield each html template, also those inside of others, without its expressions."""
    for start in (match.end() for match in re.finditer(r"\bhtml`", source)):
        text, at = "", start
        while source[at] != "`":
            if source.startswith("${", at):
                at = expression_end(source, at + 2)
            else:
                text, at = text + source[at], at + 1
        yield text


def expression_end(source: str, at: int) -> int:
    """Return the place behind the brace that closes an expression; templates in it are passed over."""
    while source[at] != "}":
        if source[at] == "{":
            at = expression_end(source, at + 1)
        elif source[at] == "`":
            at = template_end(source, at + 1)
        else:
            at += 1
    return at + 1


def template_end(source: str, at: int) -> int:
    """Return the place behind the backquote that closes a template."""
    while source[at] != "`":
        at = expression_end(source, at + 2) if source.startswith("${", at) else at + 1
    return at + 1
