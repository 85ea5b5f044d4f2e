"""The public list of sites: which case appears, and under which status. Pure.

How the list looks is `crbot.channels.pages`'; only what a person of staff marked public is ever in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crbot.cases.case import Case, Stage
from crbot.cases.respond import Label

# A request that was never agreed on is no site, whatever its mark says.
ENGAGED = frozenset(
    {
        Stage.SCOPING,
        Stage.WORK_PLAN,
        Stage.AGENCY_REVIEW,
        Stage.APPROVED,
        Stage.DELIVERY,
        Stage.CLOSED,
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One site, as the public reads it."""

    agency: str  # with its state: "Elm Ridge Police Department, OH"
    program: str
    assistance: tuple[str, ...]
    topics: tuple[str, ...]
    status: str  # "Assessment", "Ongoing", or "Closed"
    report: str = ""  # link of the public report


@dataclass(frozen=True, slots=True)
class Sites:
    """The whole list, each part by the agencies' names."""

    active: tuple[Entry, ...]
    closed: tuple[Entry, ...]


def list_sites(cases: Iterable[Case], label: Label) -> Sites:
    """The sites among the cases; `label` gives the words for services, topics and programs."""
    shown = sorted(
        (case for case in cases if is_listed(case)), key=lambda case: (case.agency.casefold(), case.number)
    )
    return Sites(
        active=tuple(_entry(case, label) for case in shown if case.stage is not Stage.CLOSED),
        closed=tuple(_entry(case, label) for case in shown if case.stage is Stage.CLOSED),
    )


def is_listed(case: Case) -> bool:
    """True where staff marked the case public and work with the agency has begun."""
    return case.site is not None and case.site.public and case.stage in ENGAGED and not case.merged_into


def _entry(case: Case, label: Label) -> Entry:
    assert case.site is not None
    facts = case.decision.facts
    told = [label("topics", topic) for topic in facts.values("topics")]
    services = (label("services", service) for service in facts.values("services"))
    return Entry(
        agency=case.agency,
        program=label("queue", case.queue.value),
        assistance=tuple(services) or ("Technical assistance",),
        topics=tuple(case.site.topics or told),
        status="Closed" if case.stage is Stage.CLOSED else case.site.status.value,
        report=case.site.link if case.site.link.startswith(("https://", "http://")) else "",
    )
