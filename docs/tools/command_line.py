"""Write docs/reference/cli.md from the definition of the command line: `python -m docs.tools.command_line`.

A test compares the page with `page()`.
"""

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

from typer.main import get_command

from processor.cli import app

PAGE = Path(__file__).parents[1] / "reference" / "cli.md"
BEGINNING = """# Command line

`import-jobs` prepares a database, runs the processor, imports files and shows jobs. `import-jobs --help` says the same
as this page, which is generated from it by `python -m docs.tools.command_line`.

The commands read `DATABASE_URL`, `SUPABASE_URL` and `SUPABASE_SECRET_KEY` from the environment; `import-jobs serve`
also reads everything in [Configuration](configuration.md). A mistake that you can correct is reported in one line, and
the exit status is 1.
"""


def page() -> str:
    """Return the page: a section for each command, in the order of `--help`."""
    return "\n".join([BEGINNING, *sections(get_command(app), "import-jobs")])


def sections(group: Any, path: str) -> Iterator[str]:
    """Yield the sections of a group's commands."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from sections(command, f"{path} {name}")
        else:
            yield section(command, f"{path} {name}")


def section(command: Any, path: str) -> str:
    """Return the section of a command: its help, how it is called, and its parameters."""
    parameters = [parameter for parameter in command.params if parameter.name != "help"]
    usage = " ".join([path, *map(usage_of, parameters)])
    parts = [f"## {path}", cleandoc(command.help or ""), f"```text\n{usage}\n```"]
    if parameters:
        rows = ["| parameter | meaning | default |", "|---|---|---|", *map(row, parameters)]
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def label(parameter: Any) -> str:
    """Return an option's name with its value, such as `--limit NUMBER`, or an argument's name."""
    if parameter.param_type_name == "argument":
        return (parameter.metavar or parameter.name).strip("{}[]").upper()
    annotation = str(parameter.type_descriptor.annotation)
    value = "NUMBER" if "int" in annotation else "PATH" if "Path" in annotation else "TEXT"
    return parameter.opts[0] if parameter.is_flag else f"{parameter.opts[0]} {value}"


def usage_of(parameter: Any) -> str:
    """Return a parameter as the usage line shows it: optional ones in brackets."""
    return label(parameter) if parameter.required else f"[{label(parameter)}]"


def row(parameter: Any) -> str:
    """Return a parameter as a row of the table."""
    default = "required" if parameter.required else "" if parameter.default in (None, "", False) else parameter.default
    return f"| `{label(parameter)}` | {parameter.help} | {default} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
