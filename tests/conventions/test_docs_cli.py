"""Compare docs/reference/cli.md with the command line, and what it shows with the widths that it names."""

import re

import pytest

from docs.tools import command_line, command_samples


def test_page_is_what_the_command_line_says() -> None:
    current = command_line.PAGE.read_text(encoding="utf-8")
    assert current == command_line.page(), "run: python -m docs.tools.command_line"


def test_page_has_every_command() -> None:
    page = command_line.page()
    for command in (
        *("import", "watch", "jobs", "job", "errors", "retry", "cancel", "undo", "targets", "queue", "psql"),
        *("serve", "migrate", "install", "uninstall", "configure"),
        *("stack up", "stack env", "stack status", "stack logs", "stack restart", "stack reset", "stack down"),
    ):
        assert f"\n## import-jobs {command}\n" in page


@pytest.mark.parametrize("width", command_samples.WIDTHS)
def test_output_fits_the_width_above_it(width: int) -> None:
    page = command_line.page()
    beginning = rf"^At (?:any width from )?{width} columns:\n\n```text\n"
    blocks = re.findall(rf"{beginning}(.*?)```", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 8
    lines = [line for block in blocks for line in block.splitlines()[1:]]
    # An error is one line, which the terminal breaks; `stack env` is for a shell.
    assert [line for line in lines if len(line) > width and not line.startswith(("error ", "export "))] == []
