"""docs/explanation/benchmarks.svg: how many times as fast as psql, and the rows per second of other loaders, as bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.compare import RATIO, against_psql
from benchmarks.results import OURS, Book, Goal
from benchmarks.wording import number

WIDTH, LABEL, VALUE, BAR, GAP, TOP = 860, 250, 110, 22, 12, 74
INK, MUTED, OUR_COLOUR, OTHER, LINE = "#1f2937", "#6b7280", "#15803d", "#94a3b8", "#d1d5db"
STYLE = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its value, the goal as a tick, whether it is ours, and whether it was measured in full."""

    label: str
    value: float
    text: str
    ours: bool
    full: bool
    goal: float | None = None


def bars_against_psql(book: Book) -> list[Bar]:
    """Return a bar for each comparison."""
    found = list[Bar]()
    for each in against_psql(book):
        for figure in each.outcome.figures:
            if figure.label == RATIO:
                low = (figure.goal or Goal()).low
                found.append(Bar(each.title, figure.value, f"{figure.value:.2f} ×", True, each.full, low))
    return found


def bars_of_loaders(book: Book) -> list[Bar]:
    """Return a bar for each loader, the fastest first."""
    peers = book.results.get("peers")
    if peers is None:
        return []
    start = "rows per second of "
    found = [
        Bar(each.label.removeprefix(start), each.value, f"{number(each.value)}", each.label == start + OURS, peers.full)
        for each in peers.outcome.figures
        if each.label.startswith(start)
    ]
    return sorted(found, key=lambda bar: -bar.value)


def svg(book: Book) -> str:
    """Draw both panels."""
    panels = [
        ("Times as fast as psql \\copy", "ratio of the medians; the tick is the goal", bars_against_psql(book), 1.0),
        ("Rows per second, other loaders", "the same file, one after the other", bars_of_loaders(book), None),
    ]
    body, top = list[str](), 10
    for title, subtitle, bars, unit in panels:
        if bars:
            body += panel(title, subtitle, bars, unit, top)
            top += TOP + len(bars) * (BAR + GAP) + 20
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {top}' width='{WIDTH}' height='{top}' {STYLE}>"
    )
    back = f"<rect x='0.5' y='0.5' width='{WIDTH - 1}' height='{top - 1}' rx='8' fill='#ffffff' stroke='{LINE}'/>"
    return "\n".join([head, back, *body, "</svg>"]) + "\n"


def panel(title: str, subtitle: str, bars: Sequence[Bar], unit: float | None, top: int) -> list[str]:
    """Draw one panel; `unit` is where a line is drawn across."""
    widest = max(max(bar.value, bar.goal or 0) for bar in bars)
    scale = (WIDTH - LABEL - VALUE - 30) / max(widest, unit or 0)
    bottom = top + TOP + len(bars) * (BAR + GAP) - GAP
    parts = [
        written(24, top + 30, title, size=17, weight=600),
        written(24, top + 50, subtitle, size=12, colour=MUTED),
    ]
    for row, bar in enumerate(bars):
        parts += drawn(bar, scale, top + TOP + row * (BAR + GAP))
    if unit is not None:
        x = LABEL + unit * scale
        parts.append(
            f"<line x1='{x:.1f}' y1='{top + TOP - 8}' x2='{x:.1f}' y2='{bottom + 6}' stroke='{INK}' "
            "stroke-dasharray='3 3'/>"
        )
        parts.append(written(x, top + TOP - 12, "psql", size=11, colour=MUTED, anchor="middle"))
    return parts


def drawn(bar: Bar, scale: float, top: int) -> list[str]:
    """Draw a bar with its label, value and tick; one of a small run is pale."""
    middle, width = top + BAR / 2 + 5, max(bar.value * scale, 1)
    opacity = "1" if bar.full else "0.55"
    colour = OUR_COLOUR if bar.ours else OTHER
    tick = (bar.goal or 0) * scale
    # The value stands behind the bar, or behind the tick where that would cross it.
    end = LABEL + (tick if width < tick < width + VALUE else width)
    parts = [
        written(LABEL - 12, middle, bar.label, anchor="end"),
        f"<rect x='{LABEL}' y='{top}' width='{width:.1f}' height='{BAR}' rx='3' fill='{colour}' opacity='{opacity}'/>",
        written(end + 10, middle, bar.text + ("" if bar.full else " (small)"), weight=600),
    ]
    if bar.goal is not None:
        x = LABEL + bar.goal * scale
        parts.append(
            f"<line x1='{x:.1f}' y1='{top - 3}' x2='{x:.1f}' y2='{top + BAR + 3}' stroke='#b45309' stroke-width='3'/>"
        )
    return parts


def written(
    x: float, y: float, text: str, *, size: int = 13, colour: str = INK, weight: int = 400, anchor: str = "start"
) -> str:
    """Write a line of text."""
    place = f"x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'"
    return f"<text {place} font-size='{size}' font-weight='{weight}' fill='{colour}'>{escape(text)}</text>"
