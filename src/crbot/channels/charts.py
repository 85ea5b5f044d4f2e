"""Draws counts as bars: SVG for pages, PNG for Slack. The words and figures beside them are the pages'."""

from __future__ import annotations

import io
import itertools
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from crbot.cases.figures import Chart

# Told apart by people who see colours differently, and in print by their hatching too (Okabe and Ito's colours).
_LOOKS = (("#0072b2", ""), ("#e69f00", "//"), ("#009e73", ".."), ("#d55e00", "xx"), ("#56b4e9", "--"))
_MOST_CATEGORIES = 60  # more would not be read; the table beside the chart gives all


def svg(chart: Chart) -> bytes:
    """The chart as an SVG document that is the same for the same figures."""
    return _saved(chart, "svg", metadata={"Date": None, "Creator": None})


def png(chart: Chart) -> bytes:
    """The chart as a picture of about 1,200 pixels' width."""
    return _saved(chart, "png", dpi=150)


def _saved(chart: Chart, kind: str, **settings: Any) -> bytes:
    out = io.BytesIO()
    with rc_context({"svg.hashsalt": "crbot"}):
        _drawn(chart).savefig(out, format=kind, **settings)
    return out.getvalue()


def _drawn(chart: Chart) -> Figure:
    """Bars that lie, so that their names can be read, stacked where there are several series."""
    categories = chart.categories[:_MOST_CATEGORIES]
    figure = Figure(figsize=(8, max(1.5, 0.8 + 0.32 * len(categories))), layout="constrained")
    axes = figure.add_subplot()
    places = range(len(categories))
    lefts = [0] * len(categories)
    for (color, hatch), (name, counts) in zip(itertools.cycle(_LOOKS), chart.series.items(), strict=False):
        shown = counts[: len(categories)]
        axes.barh(places, shown, left=lefts, label=_plain(name), edgecolor="white", color=color, hatch=hatch)
        lefts = [left + count for left, count in zip(lefts, shown, strict=True)]
    axes.set_yticks(places, [_plain(category)[:60] for category in categories])
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    if len(chart.series) > 1:
        figure.legend(loc="outside upper left", ncols=3, frameon=False)
    return figure


def _plain(words: str) -> str:
    """Words in which nothing is taken for a formula."""
    return words.replace("$", r"\$")
