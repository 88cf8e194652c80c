"""Compare docs/reference/edge-functions.md with the Edge Functions: verbs, statuses and variables."""

from __future__ import annotations

import re

from tests.functions.edge_runtime import FUNCTIONS, ROOT

PAGE = (ROOT / "docs" / "reference" / "edge-functions.md").read_text(encoding="utf-8")
IMPORT_JOBS, RELAY = PAGE.split("\n## ")[1:]
VARIABLE = re.compile(r'(?:Deno\.env\.get|required|keyOf)\("(\w+)"\)')


def text_of(name: str) -> str:
    """Return the modules of a function as one text."""
    return "".join(path.read_text(encoding="utf-8") for path in sorted((FUNCTIONS / name).glob("*.ts")))


def table(text: str, head: str) -> list[list[str]]:
    """Return the rows of the table with this head."""
    lines = text.partition(head)[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_page_has_every_verb() -> None:
    (routes,) = re.findall(r"const ROUTES = \{ (.*?) \}", text_of("import-jobs"))
    verbs = [row[0].strip("`") for row in table(IMPORT_JOBS, "| verb |")]
    assert verbs == routes.split(", ")


def test_page_has_every_variable() -> None:
    for name, section, head in [
        ("import-jobs", IMPORT_JOBS, "| variable |"),
        ("process-import-jobs", RELAY, "| secret |"),
    ]:
        listed = {word for row in table(section, head) for word in re.findall(r"`([A-Z_]{5,})`", " ".join(row))}
        assert listed == set(VARIABLE.findall(text_of(name)))


def test_page_has_the_status_of_every_code() -> None:
    (mapped,) = re.findall(r"const STATUS: Record<string, number> = \{(.*?)\}", text_of("import-jobs"), re.DOTALL)
    raised = re.findall(r'new Refusal\((\d{3}), "(IJ\d{3})"', text_of("import-jobs"))
    expected = {(code, status) for code, status in re.findall(r"(IJ\d{3}): (\d{3})", mapped)}
    expected |= {(code, status) for status, code in raised}
    listed = {
        (code, status)
        for statuses, codes in table(IMPORT_JOBS, "| status |")
        for status in statuses.split(", ")
        for code in re.findall(r"IJ\d{3}", codes)
    }
    assert expected <= listed
