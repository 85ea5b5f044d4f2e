"""The public list: only what staff marked public, and only where work has begun."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crbot import wiring
from crbot.cases.case import Case, Conversation, Site, Stage, Status
from crbot.cases.sites import list_sites
from crbot.triage.decision import Decision, Disposition, Kind, Queue, Reason, RulesVersion
from crbot.triage.facts import Facts, Statement
from crbot.triage.message import Channel, Person

LABEL = wiring.load_policy().label
PUBLIC = Site(public=True)


def case(stage: Stage, site: Site | None, agency: str = "Elm Ridge Police Department") -> Case:
    told = {
        "agency_name": (agency,),
        "agency_state": ("OH",),
        "services": ("issue_specific_review",),
        "topics": ("use_of_force", "critical_incident"),
    }
    facts = Facts({fact: Statement(fact, values) for fact, values in told.items()})
    decision = Decision(
        Kind.REQUEST,
        Reason("asks for help"),
        RulesVersion("1", "0" * 64),
        Disposition.ELIGIBLE,
        Queue.CRITICAL_RESPONSE,
        facts=facts,
    )
    return Case(
        "CRI-2026-0001",
        1,
        stage,
        Person("Ada Bell"),
        Conversation(Channel.EMAIL, "abell@elm-ridge.example.gov"),
        decision,
        datetime(2026, 3, 2, tzinfo=UTC),
        Queue.CRITICAL_RESPONSE,
        site=site,
    )


@pytest.mark.parametrize(
    ("stage", "site", "part"),
    [
        (Stage.DELIVERY, PUBLIC, "active"),
        (Stage.SCOPING, PUBLIC, "active"),
        (Stage.CLOSED, PUBLIC, "closed"),
        (Stage.DELIVERY, None, ""),
        (Stage.DELIVERY, Site(public=False), ""),
        (Stage.RECEIVED, PUBLIC, ""),
        (Stage.DECLINED, PUBLIC, ""),
        (Stage.WITHDRAWN, PUBLIC, ""),
        (Stage.DORMANT, PUBLIC, ""),
    ],
)
def test_a_site_is_listed_where_staff_made_it_public_and_work_has_begun(
    stage: Stage, site: Site | None, part: str
) -> None:
    sites = list_sites([case(stage, site)], LABEL)

    assert [name for name, listed in (("active", sites.active), ("closed", sites.closed)) if listed] == (
        [part] if part else []
    )


def test_a_site_shows_agency_assistance_topics_and_status_as_the_program_page_does() -> None:
    (entry,) = list_sites([case(Stage.DELIVERY, PUBLIC)], LABEL).active

    assert entry.agency == "Elm Ridge Police Department, OH"
    assert entry.program == "Critical Response"
    assert entry.assistance == ("Issue-specific review",)
    assert entry.topics == ("Use of Force", "Critical Incidents")
    assert entry.status == "Assessment"


def test_what_staff_wrote_for_the_public_outranks_what_the_request_said() -> None:
    site = Site(True, ("Community Policing",), Status.ONGOING, "https://cops.example.gov/report.pdf")

    (entry,) = list_sites([case(Stage.DELIVERY, site)], LABEL).active

    assert (entry.topics, entry.status) == (("Community Policing",), "Ongoing")
    assert entry.report == "https://cops.example.gov/report.pdf"


def test_a_report_is_linked_by_web_addresses_alone() -> None:
    site = Site(True, link="javascript:alert(1)")

    assert list_sites([case(Stage.CLOSED, site)], LABEL).closed[0].report == ""


def test_sites_stand_by_name_and_a_merged_case_is_no_site_of_its_own() -> None:
    cases = [
        case(Stage.DELIVERY, PUBLIC, "Walnut Bend Police Department"),
        case(Stage.DELIVERY, PUBLIC, "elm ridge police department"),
        replace(case(Stage.CLOSED, PUBLIC), merged_into="CRI-2026-0002"),
    ]

    sites = list_sites(cases, LABEL)

    assert [entry.agency[:3] for entry in sites.active] == ["elm", "Wal"]
    assert sites.closed == ()
