"""The list of sites and the report, in the forms in which people and programs take them.

What is in them is told by `crbot.cases.sites` and `crbot.cases.figures`.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from crbot.cases.figures import Chart, Figures, FirstContact
from crbot.cases.sites import Entry, Sites
from crbot.channels import charts
from crbot.channels.cells import cell
from crbot.channels.pages import page

_COLUMNS = ("agency", "program", "assistance", "topics", "status", "report")


def sites_as_text(sites: Sites) -> str:
    """The list as the program's page gives it."""
    lines = ["Active sites", *_as_text(sites.active), "", "Closed sites", *_as_text(sites.closed)]
    return "\n".join(lines) + "\n"


def _as_text(entries: Iterable[Entry]) -> Iterable[str]:
    is_empty = True
    for entry in entries:
        is_empty = False
        yield f"  {entry.agency}"
        yield f"    Program: {entry.program}"
        yield f"    Type of assistance: {'; '.join(entry.assistance)}"
        yield f"    Topics: {'; '.join(entry.topics) or 'none'}"
        yield f"    Report: {entry.report}" if entry.report else f"    Status: {entry.status}"
    if is_empty:
        yield "  none"


def sites_as_json(sites: Sites) -> str:
    """One object with the lists `active` and `closed`."""
    return json.dumps(asdict(sites), ensure_ascii=False, indent=2) + "\n"


def sites_as_csv(sites: Sites) -> str:
    """A line a site; several values in a cell are parted by "; "."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(_COLUMNS)
    for entry in (*sites.active, *sites.closed):
        rows.writerow(cell(value) for value in asdict(entry).values())
    return out.getvalue()


def sites_as_page(sites: Sites, now: datetime) -> str:
    return page("sites", sites=sites, as_of=now)


# The report


@dataclass(frozen=True, slots=True)
class _Drawn:
    chart: Chart
    source: str  # as a data URL


def report_as_page(figures: Figures, now: datetime) -> str:
    """The report of a period with its charts, and each chart's figures as a table."""
    shown = (
        figures.by_week,
        figures.by_disposition,
        figures.by_rule,
        figures.by_stage,
        figures.open_questions,
    )
    last_day = figures.until - timedelta(microseconds=1)
    return page(
        "report",
        figures=figures,
        period=f"{figures.since:%B %-d, %Y} to {last_day:%B %-d, %Y}",
        contact=_contact(figures.first_contact),
        drawn=[_Drawn(chart, _data_url(chart)) for chart in shown],
        as_of=now,
    )


def _data_url(chart: Chart) -> str:
    if chart.is_empty:
        return ""
    return "data:image/svg+xml;base64," + base64.b64encode(charts.svg(chart)).decode("ascii")


def _contact(contact: FirstContact) -> str:
    waiting = f"{contact.waiting} still waiting"
    if contact.median is None or contact.slowest_tenth is None:
        return waiting
    half, most = in_words(contact.median), in_words(contact.slowest_tenth)
    return f"half within {half}, nine in ten within {most}; {waiting}"


def in_words(span: timedelta) -> str:
    """A span for people: "40 minutes", "5 hours", "3 days"."""
    for unit, size in (
        ("day", timedelta(days=1)),
        ("hour", timedelta(hours=1)),
        ("minute", timedelta(minutes=1)),
    ):
        if span >= 2 * size or unit == "minute":
            count = round(span / size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError("minutes are always left")
