"""Compare docs/reference/errors.md with processor/errors/, the migrations and the Edge Functions: codes and hints."""

import ast
import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

from processor.database import migrate
from processor.errors import COMMAND_ERRORS, JOB_ERRORS, REJECTIONS
from processor.storage.error_codes import MEANINGS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
CODE = re.compile(r"\bIJ[0-9]{3}\b")
_LITERAL = r"'((?:[^']|'')*)'"
_RAISED = re.compile(rf"errcode = '(IJ\d{{3}})',?\s*hint = (?:format\()?{_LITERAL}")
_WRITTEN = re.compile(rf"'(IJ\d{{3}})' end.*?error_hint = case.*?then {_LITERAL}", re.DOTALL)
_CODED_IN_SQL = re.compile(r"errcode = '(\w+)'|'(IJ\d{3})' end")
_MESSAGE = re.compile(rf"(?:raise exception |format\(){_LITERAL}")
_PART = re.compile(r"(?:code = '(IJ\d{3})' |gapless |else\s)(?:then\s+)?(?:format\()?\s*((?:'[^']*'(?:\s*\|\|\s*)?)+)")
#: The codes of errors of the file that may appear after some of its rows are loaded.
_PARTLY_LOADED = ("IJ304", "IJ305", "IJ311")
#: In an Edge Function: a hint, and the refusal behind it. A literal, of which one between backquotes has parameters.
_REFUSED = re.compile(r'const hint = "([^"]*)";\s*(?:throw|return) new Refusal\([^,]+, "(IJ\d{3})"')
_QUOTED = re.compile(r'"([^"\n]*)"|`([^`]*)`')
_RETRIED = {"**Retried automatically:** yes": True, "**Retried automatically:** no": False, "**Rejects a row.**": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The description of one code; `transient` is None for the code of a rejection."""

    code: str
    message: str
    cause: str
    advice: frozenset[str]
    transient: bool | None


def section(text: str) -> Section:
    """Read the text below a heading: a quote, the cause, what to do, and whether the job is retried."""
    code, message, *cause, advice, retried = re.split(r"\n\n+(?!- )", text.strip())
    lead, *hints = advice.removeprefix("**What to do:**").split("\n- ")
    return Section(
        code=code,
        message=message.removeprefix("> "),
        cause="\n".join(cause),
        advice=frozenset(unescape(hint.strip()) for hint in (hints or [lead])),
        transient=_RETRIED[retried],
    )


def sections() -> list[Section]:
    """Return the description of each code, in the order of the page."""
    return [section(text) for group in PAGE.split("\n## ")[1:] for text in group.split("\n### ")[1:]]


def sql_hints() -> dict[str, set[str]]:
    """Return the hints of each code in the migrations, with … for parameters."""
    hints: dict[str, set[str]] = {}
    for migration in migrate.migrations():
        for code, hint in [*_RAISED.findall(migration.sql), *_WRITTEN.findall(migration.sql)]:
            hints.setdefault(code, set()).add(hint.replace("''", "'").replace("%s", "…"))
    return hints


def part_hints() -> dict[str, set[str]]:
    """Return the hints of importer.hint_for_part(), for jobs of which rows are in the target."""
    (migration,) = [m for m in migrate.migrations() if m.name == "retry"]
    body = migration.sql.partition("function importer.hint_for_part")[2].partition("\n$$;")[0]
    hints: dict[str, set[str]] = {}
    for code, literals in _PART.findall(body):
        text = "".join(re.findall(r"'([^']*)'", literals)).replace("%s", "…")
        for each in [code] if code else _PARTLY_LOADED:
            hints.setdefault(each, set()).add(text)
    return hints


def replaced_hints() -> dict[str, set[str]]:
    """Return the hints that replace the one of an error's class: in Storage's codes, and where errors are raised."""
    hints: dict[str, set[str]] = {}
    codes = {error.__name__: code for code, error in JOB_ERRORS.items()}
    for meaning in MEANINGS.values():
        if meaning.hint:
            hints.setdefault(meaning.error.code, set()).add(meaning.hint)
    for path in (ROOT / "processor").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in codes:
                for given in node.keywords:
                    if given.arg == "hint" and isinstance(given.value, ast.Constant | ast.JoinedStr):
                        hints.setdefault(codes[node.func.id], set()).add(parameterised(given.value))
    return hints


def function_texts() -> list[str]:
    """Return the modules of the Edge Functions."""
    return [path.read_text(encoding="utf-8") for path in (ROOT / "supabase" / "functions").rglob("*.ts")]


def function_hints() -> dict[str, set[str]]:
    """Return the hints of each code in the Edge Functions."""
    hints: dict[str, set[str]] = {}
    for hint, code in [found for text in function_texts() for found in _REFUSED.findall(text)]:
        hints.setdefault(code, set()).add(hint)
    return hints


def all_hints(code: str) -> set[str]:
    """Return every hint that a person may read with a code."""
    own = {JOB_ERRORS[code].hint} if code in JOB_ERRORS else set[str]()
    return own.union(
        *(hints.get(code, set()) for hints in (sql_hints(), part_hints(), replaced_hints(), function_hints()))
    )


def python_codes() -> set[str]:
    """Return every code that occurs in the processor's modules."""
    files = (ROOT / "processor").rglob("*.py")
    return {code for path in files for code in CODE.findall(path.read_text(encoding="utf-8"))}


def function_codes() -> set[str]:
    return {code for text in function_texts() for code in CODE.findall(text)}


def sql_codes() -> set[str]:
    return {code for migration in migrate.migrations() for code in CODE.findall(migration.sql)}


def parameterised(node: ast.Constant | ast.JoinedStr) -> str:
    """Return the text of a literal, with … for each parameter of an f-string or a format."""
    if isinstance(node, ast.Constant):
        return re.sub(r"\{[a-z_]+[^{}]*\}", "…", str(node.value))
    return "".join(str(value.value) if isinstance(value, ast.Constant) else "…" for value in node.values)


def messages() -> set[str]:
    """Return every text in the processor's modules, the migrations and the Edge Functions, with … for parameters."""
    texts = {text for m in migrate.migrations() for text in _MESSAGE.findall(m.sql)}
    existing = {re.sub(r"%s?", "…", text).replace("''", "'") for text in texts}
    for path in (ROOT / "processor").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        existing |= {parameterised(node) for node in ast.walk(tree) if isinstance(node, ast.Constant | ast.JoinedStr)}
    for plain, template in [found for text in function_texts() for found in _QUOTED.findall(text)]:
        existing.add(plain or re.sub(r"\$\{[^}]*\}", "…", template))
    return existing


SECTIONS = {section.code: section for section in sections()}


def test_no_code_is_described_twice() -> None:
    codes = [section.code for section in sections()]
    assert sorted(codes) == sorted(set(codes))


def test_page_describes_exactly_the_existing_codes() -> None:
    assert set(SECTIONS) == python_codes() | sql_codes() | function_codes()


def test_every_code_of_the_processor_is_defined_in_errors_or_in_a_migration() -> None:
    assert python_codes() <= {*JOB_ERRORS, *REJECTIONS, *COMMAND_ERRORS, *sql_hints()}


@pytest.mark.parametrize("migration", migrate.migrations(), ids=lambda migration: migration.name)
def test_every_error_raised_in_sql_has_a_code_of_ours_and_a_hint(migration: migrate.Migration) -> None:
    raised = [code or other for code, other in _CODED_IN_SQL.findall(migration.sql)]
    hinted = [code for code, _ in [*_RAISED.findall(migration.sql), *_WRITTEN.findall(migration.sql)]]
    assert raised == hinted
    assert migration.sql.count("raise exception") == migration.sql.count("errcode = 'IJ")


def test_every_refusal_of_an_edge_function_has_a_hint() -> None:
    assert sum(text.count("new Refusal(") for text in function_texts()) == sum(
        len(_REFUSED.findall(text)) + text.count("new Refusal(STATUS[code]") for text in function_texts()
    )


@pytest.mark.parametrize("code", sorted({*JOB_ERRORS, *sql_hints(), *function_hints()}))
def test_advice_is_the_hint_of_code_and_migrations(code: str) -> None:
    assert SECTIONS[code].advice == all_hints(code)


@pytest.mark.parametrize("code", sorted({*JOB_ERRORS, *sql_hints(), *function_hints()}))
def test_page_says_whether_the_job_is_retried(code: str) -> None:
    assert SECTIONS[code].transient is (code in JOB_ERRORS and JOB_ERRORS[code].transient)


@pytest.mark.parametrize("code", sorted(REJECTIONS))
def test_message_of_a_rejection_is_that_of_the_page(code: str) -> None:
    assert SECTIONS[code].message == REJECTIONS[code]
    assert SECTIONS[code].transient is None


@pytest.mark.parametrize("code", sorted(COMMAND_ERRORS))
def test_meaning_of_a_code_of_the_command_line_is_that_of_the_page(code: str) -> None:
    assert SECTIONS[code].message == COMMAND_ERRORS[code]
    assert SECTIONS[code].transient is False


def test_every_quoted_message_exists() -> None:
    existing = {text.rstrip("…") for text in messages()}
    quoted = [(section.code, text) for section in sections() for text in section.message.split(" · ")]
    assert [(code, text) for code, text in quoted if text.rstrip("…") not in existing] == []


def test_names_and_numbers_of_a_message_are_parameters() -> None:
    """An f-string would leave `error_params` empty; BadRing alone never reaches a job's row."""
    names = {error.__name__ for error in JOB_ERRORS.values()} - {"BadRing"}
    composed = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / "processor").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in names
        and any(isinstance(argument, ast.JoinedStr) for argument in node.args)
    ]
    assert composed == []


def test_codes_are_below_the_heading_of_their_group() -> None:
    for group in PAGE.split("\n## ")[1:]:
        assert {code[2] for code in re.findall(r"^### (IJ\d{3})$", group, re.MULTILINE)} == {group[2]}


def test_every_heading_is_a_code() -> None:
    headings = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
    assert headings
    assert [heading for heading in headings if not CODE.fullmatch(heading)] == []


@pytest.mark.parametrize("described", SECTIONS.values(), ids=SECTIONS)
def test_section_is_complete(described: Section) -> None:
    assert described.message
    assert described.cause
    assert all(described.advice)
    assert described.advice
