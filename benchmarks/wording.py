"""Numbers as people read them."""

from collections.abc import Sequence

from benchmarks.results import Figure, median


def number(value: float) -> str:
    """Return three digits, or all of a large number's."""
    if value and abs(value) < 0.01:
        return f"{value:.2g}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) < 10 else f"{value:.1f}"


def seconds_of(value: float) -> str:
    """Return a time, such as `12.3 s`."""
    return f"{value:.2f} s" if value < 10 else f"{value:,.1f} s"


def spread(seconds: Sequence[float]) -> tuple[str, str]:
    """Return the median, and the least and the most."""
    return seconds_of(median(seconds)), f"{seconds_of(min(seconds))} – {seconds_of(max(seconds))}"


def verdict(figure: Figure) -> str:
    """Return whether a figure is within its goal."""
    if figure.goal is None:
        return ""
    return "reached" if figure.goal.reached(figure.value) else "not reached"
