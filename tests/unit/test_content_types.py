"""The types of files that the command line uploads: those of the Edge Function, and those that the bucket allows."""

import re
import tomllib
from pathlib import Path

import pytest

from processor.cli.content_types import TYPES, content_type

SUPABASE = Path(__file__).parents[2] / "supabase"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("people.csv", "text/csv"),
        ("PEOPLE.TSV", "text/tab-separated-values"),
        ("people.csv.gz", "application/gzip"),
        ("people.2026.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (".ods", "text/csv"),
        ("people", "text/csv"),
        ("people.dat", "text/csv"),
    ],
)
def test_type_is_that_of_the_last_ending(name: str, kind: str) -> None:
    assert content_type(name) == kind


def test_types_of_the_edge_function_are_the_same() -> None:
    source = (SUPABASE / "functions" / "import-jobs" / "names.ts").read_text(encoding="utf-8")
    table = dict(re.findall(r'^  (\w+): "([^"]+)",$', source, re.MULTILINE))
    assert len(table) >= 6
    assert {ending: TYPES[f".{ending}"] for ending in table} == table


def test_bucket_allows_each_type() -> None:
    allowed = tomllib.loads((SUPABASE / "config.toml").read_text(encoding="utf-8"))["storage"]["buckets"]["imports"]
    assert set(TYPES.values()) <= set(allowed["allowed_mime_types"])
