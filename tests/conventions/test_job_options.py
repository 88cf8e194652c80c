"""Compare the kinds of options that the command line knows with those that the database checks."""

import re

from processor.cli.job_options import LISTS, TEXTS
from processor.database import migrate

#: Kinds whose values are read as JSON: nothing that looks like one of them can be a text.
READ_AS_JSON = ("a boolean", "a whole number", "an object", "an integer")


def kinds() -> dict[str, str]:
    """Return the kind of each option that importer.check_import_options() knows."""
    *_, text = [m.sql for m in migrate.migrations() if "function importer.check_import_options" in m.sql]
    body = text.partition("function importer.check_import_options")[2].partition("$$;")[0]
    return dict(re.findall(r"\('(\w+)', '([^']+)'\)", body))


def test_options_with_a_text_are_never_read_as_numbers() -> None:
    texts = {name for name, kind in kinds().items() if not kind.startswith((*READ_AS_JSON, "an array"))}
    assert texts
    assert texts <= TEXTS


def test_lists_are_those_of_the_database() -> None:
    assert {name for name, kind in kinds().items() if kind.startswith("an array")} == LISTS


def test_no_option_of_another_kind_is_read_as_a_text() -> None:
    assert {name for name, kind in kinds().items() if kind.startswith((*READ_AS_JSON, "an array"))} & TEXTS == set()
