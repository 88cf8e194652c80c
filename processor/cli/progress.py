"""The line that shows how far an upload or a job is, on standard error where that is a terminal."""

from types import TracebackType

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, ProgressColumn, TaskProgressColumn, TextColumn

from processor.cli.job_state import JobState
from processor.cli.layout import printable
from processor.cli.screen import screen

# What the parts need in cells: the phase 9, a percentage 4, rows 18, sizes 16, the rate 18, the time 7.
BAR, SIZES = 60, 100


class ProgressLine:
    """One line that shows first an upload and then its job. It prints nothing where there is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or screen.stderr
        shown = self.console.is_terminal and not (screen.as_json or screen.quiet)
        self._progress = Progress(*columns(self.console.width), console=self.console, disable=not shown)
        self._task = self._progress.add_task("", total=None, rows="", rate="")

    def __enter__(self) -> "ProgressLine":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def upload(self, name: str, sent: int, size: int) -> None:
        """Show how much of a file is uploaded, and the file's name where there is room for it."""
        fits = cell_len(name) <= self.console.width - BAR
        self._progress.update(
            self._task,
            description="uploading",
            total=size or None,
            completed=sent,
            rows=printable(name) if fits else "",
            rate="",
        )

    def job(self, state: JobState) -> None:
        """Show how far a job is."""
        self._progress.update(
            self._task,
            description=state.phase or state.status,
            total=state.bytes_total or None,
            completed=state.bytes_read,
            rows=f"{state.rows_loaded:,} rows",
            rate=state.rate,
        )


def columns(width: int) -> list[ProgressColumn]:
    """Return as many parts of the line as fit a width."""
    phase, rows = TextColumn("{task.description:<9}"), TextColumn("{task.fields[rows]}", markup=False)
    if width < BAR:
        return [phase, TaskProgressColumn(), rows]
    if width < SIZES:
        return [phase, BarColumn(bar_width=width - 42), TaskProgressColumn(), rows]
    return [
        phase,
        BarColumn(bar_width=30),
        DownloadColumn(binary_units=True),
        rows,
        TextColumn("{task.fields[rate]}"),
    ]
