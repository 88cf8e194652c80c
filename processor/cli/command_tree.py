"""What all commands have in common: the options --json and --quiet, and a help that is not cut."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from typer.main import get_command

from processor.cli.screen import screen


def complete(app: typer.Typer) -> Any:
    """Return the commands of an app, each with the options that all have, and with its whole first line as its help."""
    root = get_command(app)
    for command in leaves(root):
        own = [parameter for parameter in command.params if parameter.name not in ("json", "quiet")]
        command.params = [*own, *shared_options()]
    for command in (root, *every(root)):
        for parameter in command.params:
            name(parameter)
        command.short_help = (command.help or "").strip().partition("\n\n")[0].replace("\n", " ")
    return root


def name(parameter: Any) -> None:
    """Let the help show a parameter's value by a word such as NUMBER instead of its type in Python."""
    annotation = str(parameter.type_descriptor.annotation)
    word = "NUMBER" if "int" in annotation else "PATH" if "Path" in annotation else "TEXT"
    if parameter.param_type_name == "argument":
        shown = parameter.metavar or parameter.name.upper()
        parameter.metavar = shown
        usage = shown if parameter.required or "[" in shown else f"[{shown}]"
        parameter.display_type_rich = lambda **_: ""  # pyright: ignore[reportUnknownLambdaType]
        parameter.get_usage_pieces = lambda *_: [usage]  # pyright: ignore[reportUnknownLambdaType]
    elif not parameter.is_flag:
        parameter.metavar = parameter.metavar or word


def leaves(group: Any) -> Iterator[Any]:
    """Yield the commands of a group that are no groups themselves."""
    return (command for command in every(group) if not hasattr(command, "commands"))


def every(group: Any) -> Iterator[Any]:
    """Yield the commands of a group and of the groups in it."""
    for command in group.commands.values():
        yield command
        if hasattr(command, "commands"):
            yield from every(command)


def shared_options() -> list[Any]:
    """Return the options that every command has. They set the form in which the screen prints."""
    carrier = typer.Typer(add_completion=False)

    @carrier.command()
    def carry(  # pyright: ignore[reportUnusedFunction]
        json: Annotated[
            bool, typer.Option("--json", help="Print JSON.", callback=set_json, expose_value=False, is_eager=True)
        ] = False,
        quiet: Annotated[
            bool,
            typer.Option(
                "--quiet",
                "-q",
                help="Print no more than ids or names, one a line, and errors.",
                callback=set_quiet,
                expose_value=False,
                is_eager=True,
            ),
        ] = False,
    ) -> None: ...

    return [parameter for parameter in get_command(carrier).params if parameter.name != "help"]


def set_json(value: bool) -> bool:
    """Print JSON if the option was given."""
    screen.as_json = screen.as_json or value
    return value


def set_quiet(value: bool) -> bool:
    """Print only ids and names if the option was given."""
    screen.quiet = screen.quiet or value
    return value
