"""The plot of the benchmarks page: bars of the ratios to psql, and of the rows per second of other loaders."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.comparisons import RATIO, against_psql
from benchmarks.formatting import format_number
from benchmarks.results import OURS, Goal, ResultSet

WIDTH, LABEL_WIDTH, VALUE_WIDTH, BAR, GAP, TOP = 860, 250, 110, 22, 12, 74
INK, MUTED, OUR_COLOUR, OTHER_COLOUR, LINE = "#1f2937", "#6b7280", "#15803d", "#94a3b8", "#d1d5db"
FONT = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"
SPEED_PREFIX = "rows per second of "


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar. `goal` is drawn as a tick; `full` is false for a run that is smaller than the goal's."""

    label: str
    value: float
    text: str
    ours: bool
    full: bool
    goal: float | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """A titled group of bars; `reference` is the value at which a line labelled psql is drawn."""

    title: str
    subtitle: str
    bars: Sequence[Bar]
    reference: float | None = None

    @property
    def height(self) -> int:
        """The height in pixels, without the space below."""
        return TOP + len(self.bars) * (BAR + GAP)


def comparison_bars(result_set: ResultSet) -> list[Bar]:
    """Return a bar for each comparison with psql."""
    return [
        Bar(
            label=result.title,
            value=figure.value,
            text=f"{figure.value:.2f} ×",
            ours=True,
            full=result.full,
            goal=(figure.goal or Goal()).low,
        )
        for result in against_psql(result_set)
        for figure in result.outcome.figures
        if figure.label == RATIO
    ]


def loader_bars(result_set: ResultSet) -> list[Bar]:
    """Return a bar for each loader, the fastest first."""
    peers = result_set.results.get("peers")
    if peers is None:
        return []
    bars = [
        Bar(
            label=figure.label.removeprefix(SPEED_PREFIX),
            value=figure.value,
            text=format_number(figure.value),
            ours=figure.label == SPEED_PREFIX + OURS,
            full=peers.full,
        )
        for figure in peers.outcome.figures
        if figure.label.startswith(SPEED_PREFIX)
    ]
    return sorted(bars, key=lambda bar: -bar.value)


def svg(result_set: ResultSet) -> str:
    """Return the plot as SVG: a panel for psql and one for the other loaders."""
    psql_subtitle = "ratio of the medians; the tick is the goal"
    panels = [
        Panel("Times as fast as psql \\copy", psql_subtitle, comparison_bars(result_set), 1.0),
        Panel("Rows per second, other loaders", "the same file, one after the other", loader_bars(result_set)),
    ]
    body, top = list[str](), 10
    for panel in panels:
        if panel.bars:
            body += draw_panel(panel, top)
            top += panel.height + 20
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {top}' width='{WIDTH}' height='{top}' {FONT}>"
    back = f"<rect x='0.5' y='0.5' width='{WIDTH - 1}' height='{top - 1}' rx='8' fill='#ffffff' stroke='{LINE}'/>"
    return "\n".join([head, back, *body, "</svg>"]) + "\n"


def draw_panel(panel: Panel, top: int) -> list[str]:
    """Return the elements of a panel."""
    greatest = max(max(bar.value, bar.goal or 0) for bar in panel.bars)
    scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH - 30) / max(greatest, panel.reference or 0)
    bottom = top + panel.height - GAP
    parts = [
        draw_text(24, top + 30, panel.title, size=17, weight=600),
        draw_text(24, top + 50, panel.subtitle, size=12, colour=MUTED),
    ]
    for row, bar in enumerate(panel.bars):
        parts += draw_bar(bar, scale, top + TOP + row * (BAR + GAP))
    if panel.reference is not None:
        x = LABEL_WIDTH + panel.reference * scale
        parts.append(
            f"<line x1='{x:.1f}' y1='{top + TOP - 8}' x2='{x:.1f}' y2='{bottom + 6}' stroke='{INK}' "
            "stroke-dasharray='3 3'/>"
        )
        parts.append(draw_text(x, top + TOP - 12, "psql", size=11, colour=MUTED, anchor="middle"))
    return parts


def draw_bar(bar: Bar, scale: float, top: int) -> list[str]:
    """Return the elements of a bar: its label, its value and its tick. The bar of a small run is pale."""
    middle, width = top + BAR / 2 + 5, max(bar.value * scale, 1)
    opacity = "1" if bar.full else "0.55"
    colour = OUR_COLOUR if bar.ours else OTHER_COLOUR
    tick = (bar.goal or 0) * scale
    # The value stands behind the bar, or behind the tick where the tick would cross it.
    end = LABEL_WIDTH + (tick if width < tick < width + VALUE_WIDTH else width)
    parts = [
        draw_text(LABEL_WIDTH - 12, middle, bar.label, anchor="end"),
        f"<rect x='{LABEL_WIDTH}' y='{top}' width='{width:.1f}' height='{BAR}' rx='3' "
        f"fill='{colour}' opacity='{opacity}'/>",
        draw_text(end + 10, middle, bar.text + ("" if bar.full else " (small)"), weight=600),
    ]
    if bar.goal is not None:
        x = LABEL_WIDTH + tick
        parts.append(
            f"<line x1='{x:.1f}' y1='{top - 3}' x2='{x:.1f}' y2='{top + BAR + 3}' stroke='#b45309' stroke-width='3'/>"
        )
    return parts


def draw_text(
    x: float, y: float, text: str, *, size: int = 13, colour: str = INK, weight: int = 400, anchor: str = "start"
) -> str:
    """Return a text element."""
    place = f"x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'"
    return f"<text {place} font-size='{size}' font-weight='{weight}' fill='{colour}'>{escape(text)}</text>"
