"""Options of a job as the command line gives them."""

from typing import Any

import pytest

from processor.cli.job_options import job_options
from processor.errors import UserError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("atomic=true", True),
        ("atomic=FALSE", False),
        ("max_errors=10", 10),
        ("max_errors=2%", "2%"),
        ("delimiter=;", ";"),
        ("delimiter==", "="),
        ("quote=", ""),
        ('quote="', '"'),
        ("decimal=0", "0"),
        ("encoding=1252", "1252"),
        ("null_values=NA", ["NA"]),
        ("null_values=0", ["0"]),
        ("null_values=null", ["null"]),
        ('null_values=["NA", "-"]', ["NA", "-"]),
        ("date_formats=%d.%m.%Y", ["%d.%m.%Y"]),
        ('mapping={"A": "b"}', {"A": "b"}),
        ("max_seconds=null", None),
        ("no_such=NaN", "NaN"),
        ("no_such=word", "word"),
    ],
)
def test_value_has_the_type_of_the_option(text: str, value: Any) -> None:
    assert job_options([text]) == {text.partition("=")[0]: value}


def test_lists_and_mappings_grow() -> None:
    options = job_options(["null_values=a", "null_values=b", 'mapping={"A": "a"}'], ["B=b", "C=D=c"])
    assert options == {"null_values": ["a", "b"], "mapping": {"A": "a", "B": "b", "C=D": "c"}}


def test_locale_and_dry_run_are_options() -> None:
    assert job_options([], [], "pt-BR", dry_run=True) == {"locale": "pt-BR", "dry_run": True}


@pytest.mark.parametrize(
    ("options", "mapping", "locale"),
    [
        (["atomic"], [], None),
        (["=true"], [], None),
        (["atomic=true", "atomic=true"], [], None),
        (["locale=pt-BR"], [], "de-DE"),
        ([], ["header"], None),
        ([], ["=column"], None),
        (["mapping=1"], ["A=a"], None),
    ],
)
def test_mistake_has_the_code_of_options(options: list[str], mapping: list[str], locale: str | None) -> None:
    with pytest.raises(UserError) as error:
        job_options(options, mapping, locale)
    assert error.value.code == "IJ102"
    assert error.value.hint
