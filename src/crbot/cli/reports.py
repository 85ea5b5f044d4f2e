"""`crbot digest`, `sites` and `report`: what the desk did, for people who read about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from crbot.cli.asking import opened_store, write


def digest(
    post: Annotated[bool, typer.Option("--post", help="show it in the review channel too")] = False,
) -> None:
    """Print the week at a glance: new, waiting, overdue, calls, unclaimed. The review channel has it every Monday.

    Example: crbot digest --post
    """
    from crbot import wiring, worker
    from crbot.config import load_settings
    from crbot.intake import weekly

    now, rules = worker.now(), wiring.load_rules(load_settings().rules)
    with opened_store() as store:
        told = weekly.digest(store.all_cases(), rules, now)
        if post:
            store.post(weekly.notice_of(told), f"digest:{now.isoformat()}", now)
    typer.echo("\n\n".join(filter(None, (told.summary, told.text))))


class SitesForm(StrEnum):
    """The forms of the list of sites."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


def sites(
    form: Annotated[SitesForm, typer.Option("--format", help="how the list is written")] = SitesForm.TEXT,
    output: Annotated[Path | None, typer.Option(help="file to write; else standard output")] = None,
) -> None:
    """Print the public list of sites: only what staff marked public, closed ones apart.

    Example: crbot sites --format html --output sites.html
    """
    from crbot import wiring, worker
    from crbot.cases.sites import list_sites
    from crbot.channels import tidings
    from crbot.config import load_settings

    policy = wiring.load_policy(load_settings().rules)
    with opened_store() as store:
        listed = list_sites(store.all_cases(), policy.label)
    match form:
        case SitesForm.TEXT:
            written = tidings.sites_as_text(listed)
        case SitesForm.JSON:
            written = tidings.sites_as_json(listed)
        case SitesForm.CSV:
            written = tidings.sites_as_csv(listed)
        case SitesForm.HTML:
            written = tidings.sites_as_page(listed, worker.now())
    write(written, output)


def report(
    since: Annotated[
        datetime | None, typer.Option(help="first day, as 2026-01-31; else 13 weeks ago")
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="last day; else today")] = None,
    output: Annotated[Path | None, typer.Option(help="file to write; else standard output")] = None,
) -> None:
    """Write a page with the figures and charts of a period: requests, first contact, rules, questions, follow-ups.

    Example: crbot report --since 2026-01-01 --until 2026-03-31 --output first-quarter.html
    """
    from crbot import wiring, worker
    from crbot.cases.figures import figures_of
    from crbot.channels import tidings
    from crbot.config import load_settings

    now = worker.now()
    end = (until or now).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC) + timedelta(days=1)
    begin = since.replace(tzinfo=UTC) if since else end - timedelta(weeks=13)
    if begin >= end:
        raise typer.BadParameter("the first day must not lie behind the last")
    policy = wiring.load_policy(load_settings().rules)
    with opened_store() as store:
        figures = figures_of(tuple(store.all_cases()), store.events(begin), begin, end, policy.label)
    write(tidings.report_as_page(figures, now), output)
