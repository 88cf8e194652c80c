"""Numbers, times and goals as text for people."""

from collections.abc import Sequence

from benchmarks.results import Figure, median


def format_number(value: float) -> str:
    """Return a number with three digits; a number of 100 or more keeps all digits before the decimal point."""
    if value and abs(value) < 0.01:
        return f"{value:.2g}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) < 10 else f"{value:.1f}"


def format_seconds(value: float) -> str:
    """Return a time, such as `12.3 s`."""
    return f"{value:.2f} s" if value < 10 else f"{value:,.1f} s"


def format_spread(seconds: Sequence[float]) -> tuple[str, str]:
    """Return the median of some times, and their range."""
    return format_seconds(median(seconds)), f"{format_seconds(min(seconds))} – {format_seconds(max(seconds))}"


def format_figure(figure: Figure) -> str:
    """Return the value of a figure with its unit."""
    return f"{format_number(figure.value)} {figure.unit}".strip()


def goal_status(figure: Figure) -> str:
    """Return whether a figure reaches its goal, or an empty text without a goal."""
    if figure.goal is None:
        return ""
    return "reached" if figure.goal.reached(figure.value) else "not reached"
