"""The report's plots: inline as SVG in the page's own colours, and beside it as SVG and PNG."""

from __future__ import annotations

import html
import io
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from evaluation.calibration import Calibration
from evaluation.facts import TrainingPoint
from evaluation.text import WITHIN
from evaluation.wording import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, MUTED, GRID = "#1f2430", "#5c6470", "#d9dde3"
CANDIDATE, CHAMPION = "#0b62c4", "#b3541e"
_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    CANDIDATE: "--candidate",
    CHAMPION: "--champion",
}
_STYLE: dict[str, Any] = {
    "axes.edgecolor": GRID,
    "axes.grid": True,
    "axes.labelcolor": MUTED,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "font.size": 8.5,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "svg.fonttype": "none",  # the page's own font, and searchable text
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}
_SIZE_INCHES = (4.6, 2.9)


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot: `inline` takes its colours from the page's CSS variables, `svg` and `png` are standalone."""

    name: str
    title: str
    inline: str
    svg: bytes
    png: bytes
    caption: str = ""


def line_errors(candidate: Sequence[float], champion: Sequence[float] | None) -> Plot:
    """Return the share of lines read within a character error rate: `TextMetrics.within`."""
    from matplotlib.ticker import PercentFormatter

    def draw(axes: Axes) -> None:
        for shares, label, colour in ((candidate, "candidate", CANDIDATE), (champion, "champion", CHAMPION)):
            if shares:
                axes.plot(WITHIN, shares, color=colour, label=label, linewidth=1.8)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="maximum character error rate of a line")
        axes.set_ylabel("share of lines")
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.legend(loc="lower right")

    return _plot("line-errors", "How well lines are read", draw)


def reliability(calibration: Calibration) -> Plot:
    """Return accuracy versus confidence: on the diagonal, a confidence means what it says."""

    def draw(axes: Axes) -> None:
        known = [one for one in calibration.bins if one.samples]
        most = max(one.samples for one in known)
        shares = [0.25 * one.samples / most for one in known]
        centres = [(one.low + one.high) / 2 for one in known]
        axes.bar(centres, shares, width=0.09, color=GRID, label="how many lines")
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle="--", label="ideal")
        means, hits = [one.mean_confidence or 0.0 for one in known], [one.accuracy or 0.0 for one in known]
        axes.plot(means, hits, "o-", color=CANDIDATE, markersize=4, label="candidate")
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share read without error")
        axes.legend(loc="upper left")

    made = _plot("reliability", "Does confidence mean anything?", draw)
    error = f"Expected calibration error {percent(calibration.ece, 1)}"
    sure, right = percent(calibration.mean_confidence, 0), percent(calibration.accuracy, 0)
    return replace(made, caption=f"{error}; on average {sure} sure, {right} right.")


def training(points: Sequence[TrainingPoint]) -> tuple[Plot, ...]:
    """Return one plot for each kind of value: what follows the last underscore (``loss``, ``cer``)."""
    kinds = sorted({name.rpartition("_")[2] for point in points for name in point.values})
    return tuple(_training(points, kind) for kind in kinds)


def _training(points: Sequence[TrainingPoint], kind: str) -> Plot:
    def draw(axes: Axes) -> None:
        names = sorted({n for point in points for n in point.values if n.rpartition("_")[2] == kind})
        for name, colour in zip(names, itertools.cycle((CANDIDATE, CHAMPION, MUTED))):
            known = [(point.step, point.values[name]) for point in points if name in point.values]
            steps, values = zip(*known, strict=True)
            axes.plot(steps, values, color=colour, label=name.replace("_", " "), linewidth=1.5)
        axes.set(xlabel="step", ylabel=kind)
        axes.legend()

    return _plot(f"training-{re.sub('[^a-z0-9]+', '-', kind.lower())}", f"Training: {kind}", draw)


def _plot(name: str, title: str, draw: Callable[[Axes], None]) -> Plot:
    import matplotlib as mpl  # only now: a server imports its task, but draws nothing
    from matplotlib.figure import Figure

    # the salt makes ids differ between plots of one page, and keeps the bytes of the same plot the same
    with mpl.rc_context(cast(Any, _STYLE | {"svg.hashsalt": name})):
        figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(title)
        draw(axes)
        png, svg = io.BytesIO(), io.BytesIO()
        figure.savefig(png, format="png", dpi=160, facecolor="white")
        axes.set_title("")
        figure.savefig(svg, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return Plot(name, title, _inline(svg.getvalue().decode(), title), svg.getvalue(), png.getvalue())


def _inline(svg: str, title: str) -> str:
    body = svg[svg.index("<svg") :]
    for colour, variable in _VARIABLES.items():
        body = body.replace(colour, f"var({variable})")
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"font-family: [^;]*;", "", body)
    # without a size it fills the width of its figure
    body = re.sub(r'width="[^"]*pt" height="[^"]*pt"', "", body, count=1)
    return body.replace("<svg ", f'<svg role="img" aria-label="{html.escape(title)}" ', 1)
