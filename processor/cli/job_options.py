"""Options of a job as the command line gives them: `name=value`, with values of the type that the option has.

A test compares the kinds below with those of importer.check_import_options().
"""

import json
from collections.abc import Iterable
from typing import Any, cast

from processor.errors import UserError

HINT = "Write --option name=value. docs/reference/options.md lists the options."
#: Options whose value is a text, even if it looks like a number.
TEXTS = frozenset(
    {"encoding", "delimiter", "quote", "escape", "comment", "compression", "member", "empty_as", "locale", "decimal",
     "thousands", "time_zone", "unknown_columns", "on_error"}
)  # fmt: skip
#: Options whose value is a list of texts: one text, or a JSON array; given again, the option adds to the list.
LISTS = frozenset({"date_formats", "timestamp_formats", "true_values", "false_values", "null_values"})


def job_options(
    given: Iterable[str],
    mapping: Iterable[str] = (),
    locale: str | None = None,
    *,
    dry_run: bool = False,
    inspect: bool = False,
) -> dict[str, Any]:
    """Return the options of a job.

    Raises: UserError when an option is not `name=value`, or is given twice.
    """
    options: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not (name and equals):
            raise UserError(f"--option {text!r} is not name=value", HINT, code="IJ102")
        add(options, name, value_of(name, value))
    for text in mapping:
        header, equals, column = text.rpartition("=")
        if not (header and equals and column):
            raise UserError(f"--mapping {text!r} is not Header=column", "Write --mapping 'E-mail=email'.", code="IJ102")
        columns = options.setdefault("mapping", {})
        if not isinstance(columns, dict):
            raise UserError("--option mapping is not an object", 'Write it as {"Header": "column"}.', code="IJ102")
        columns[header] = column
    if locale is not None:
        add(options, "locale", locale)
    if dry_run:
        options["dry_run"] = True
    if inspect:
        options["inspect"] = True
    return options


def add(options: dict[str, Any], name: str, value: Any) -> None:
    """Add an option, or add to a list that was given before.

    Raises: UserError when another option is given twice.
    """
    if name in options and name in LISTS and isinstance(value, list) and isinstance(options[name], list):
        options[name] += value
    elif name in options:
        raise UserError(f"the option {name} is given twice", "Give it once.", code="IJ102")
    else:
        options[name] = value


def value_of(name: str, text: str) -> Any:
    """Return the value of an option: a text, or what the text is as JSON, or a list of one text."""
    if name in TEXTS:
        return text
    try:
        value = json.loads(text, parse_constant=str)  # NaN and Infinity are no JSON
    except ValueError:
        value = text.lower() == "true" if text.lower() in ("true", "false") else text
    if name in LISTS:
        return cast(list[Any], value) if isinstance(value, list) else [text]
    return value
