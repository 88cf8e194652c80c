"""Compare docs/reference/cli.md with the command line."""

from docs.tools import command_line


def test_page_is_what_the_command_line_says() -> None:
    current = command_line.PAGE.read_text(encoding="utf-8")
    assert current == command_line.page(), "run: python -m docs.tools.command_line"


def test_page_has_every_command() -> None:
    page = command_line.page()
    for command in ("migrate", "configure", "serve", "import", "jobs", "job", "stack up", "stack env", "stack down"):
        assert f"\n## import-jobs {command}\n" in page
