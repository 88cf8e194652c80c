"""`import-jobs stack status` and `import-jobs stack logs`: what the parts of the local stack do and write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from processor.cli.layout import printable
from processor.cli.screen import screen
from processor.cli.stack import DEFAULT, Data, command

if TYPE_CHECKING:
    from processor.local.status import StackStatus


def status(data: Data = DEFAULT) -> None:
    """Show whether each part runs and answers, and how often it was started again; exit status 1 if one does not."""
    from processor.local import status as stack_status

    stack = stack_status.read(data)
    screen.show(as_document(stack), names_of(stack), lambda: as_lines(stack))
    if not stack.all_parts_work:
        raise typer.Exit(1)


def logs(
    part: Annotated[
        str | None,
        typer.Argument(
            metavar="[PART]", help="stack, postgres, storage, pgnet, rest, auth or processor. Default: all."
        ),
    ] = None,
    data: Data = DEFAULT,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written, until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Number of lines of each log.")] = 100,
) -> None:
    """Print the last lines of the logs. The log `stack` says which parts ended and were started again."""
    from processor.local import log_files, log_reader

    chosen = log_files.named(data, part)
    width = max(map(len, chosen))
    for name, line in log_reader.read(chosen, lines, follow=follow):
        if screen.as_json:
            screen.document({"part": name, "line": line})
        else:
            prefix = f"{name:{width}} | " if len(chosen) > 1 else ""
            print(f"{prefix}{printable(line)}", flush=True)


def as_document(stack: StackStatus) -> dict[str, object]:
    """Return the status of a stack as JSON."""
    return {
        "folder": str(stack.directory),
        "status": stack.sentence,
        "postgres": stack.state.major if stack.state else None,
        "queue_paused": stack.pause is not None,
        "paused_reason": stack.pause.reason if stack.pause else None,
        "paused_since": stack.pause.since if stack.pause else None,
        "parts": [
            {
                "part": part.name,
                "status": part.condition,
                "since": part.since,
                "restarts": part.restarts,
                "reason": part.reason or None,
                "process": part.process.pid,
                "address": part.address or None,
                "log": str(part.log),
            }
            for part in stack.parts
        ],
    }


def names_of(stack: StackStatus) -> list[str]:
    """Return the parts that work."""
    return [part.name for part in stack.parts if part.condition == "running"]


def as_lines(stack: StackStatus) -> list[str]:
    """Return the status of a stack as text: a sentence, the parts, and what to do about those that do not work."""
    version = f", with PostgreSQL {stack.state.major}" if stack.state and stack.is_running else ""
    lines = [f"The stack in {stack.directory} is {stack.sentence}{version}."]
    if stack.pause:
        since = f"{stack.pause.since.astimezone():%Y-%m-%d %H:%M:%S}"
        lines += screen.wrapped(
            f"The queue is paused since {since}: {stack.pause.reason}. To go on: import-jobs resume"
        )
    if stack.parts:
        rows = [
            (part.name, part.sentence, f"{part.since.astimezone():%Y-%m-%d %H:%M:%S}", part.restarts, part.address)
            for part in stack.parts
        ]
        lines += screen.table(("part", "status", "since", "restarts", "address"), rows, right=(3,))
    if not stack.is_running:
        return [*lines, f"To start it: {command('up', stack.directory)} --detach"]
    return lines + [f"See {part.log}" for part in stack.parts if part.condition != "running"]
