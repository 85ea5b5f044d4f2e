"""One request in all its states, for the tests of what Slack shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, settings

from crbot.cases.case import DRAFTED_BY_THE_BOT, Case, Conversation, Draft, Stage, place_of
from crbot.intake.ports import Drawing
from crbot.triage.decision import (
    Decision,
    Disposition,
    Finding,
    Kind,
    Outcome,
    Question,
    Queue,
    Reason,
    RulesVersion,
)
from crbot.triage.facts import Evidence, Facts, Statement
from crbot.triage.message import Channel, Person

# Time is no property of the code under test: the first draw of hypothesis builds a table.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

OPENED = datetime(2026, 11, 22, 3, 50, tzinfo=UTC)

BODY = """Dear colleagues,

I am the Chief of Police of Springfield. We would like an after-action review of our response to the \
March 1 officer-involved shooting & would welcome help with community outreach. The state's investigation \
closed in May.

Thank you,
Ana Rivera"""


QUEUES = {"cri_tac": "CRI-TAC", "unrouted": "No queue yet"}


def label(fact: str, value: str) -> str:
    if fact == "queue" and value in QUEUES:
        return QUEUES[value]
    return value.replace("_", " ").capitalize()


def _statement(fact: str, values: tuple[str, ...], *words: str) -> Statement:
    return Statement(
        fact, values, tuple(Evidence(text) for text in words), speaker="arivera@springfieldpd.example.gov"
    )


FACTS = Facts().with_statements(
    [
        _statement("agency_name", ("Springfield Police Department",), "Springfield"),
        _statement("agency_state", ("OH",)),
        _statement("requester_authority", ("chief_executive",), "I am the Chief of Police of Springfield"),
        _statement("agency_type", ("local",), "Police of Springfield"),
        _statement("investigation", ("none",), "The state's investigation closed in May"),
        _statement("services", ("after_action_review", "immediate_assistance"), "an after-action review"),
        _statement("incident", ("true",), "the March 1 officer-involved shooting"),
        _statement("urgency", ("acute",)),
        _statement("topics", ("officer_involved_shooting", "community_policing")),
    ]
)

FINDINGS = (
    Finding(
        "requester_authority",
        "The agency's head asks, or authorized it",
        Outcome.PASS,
        Reason("the sender heads the agency"),
        (("requester_authority", ("chief_executive",)),),
        FACTS.evidence("requester_authority"),
    ),
    Finding(
        "agency_type",
        "An agency that the program serves",
        Outcome.PASS,
        Reason("local police"),
        (("agency_type", ("local",)),),
        FACTS.evidence("agency_type"),
    ),
    Finding(
        "pending_matters",
        "No open investigation and no lawsuit",
        Outcome.ASK,
        Reason("nothing is said of lawsuits"),
        (("investigation", ("none",)), ("litigation", ("unknown",))),
        FACTS.evidence("investigation"),
    ),
    Finding("non_grant_costs", "No money or goods", Outcome.PASS, Reason("none is asked for"), ()),
)

DECISION = Decision(
    kind=Kind.REQUEST,
    kind_reason=Reason("asks for assistance for an agency"),
    rules=RulesVersion("1", "0" * 64),
    disposition=Disposition.NEEDS_INFORMATION,
    queue=Queue.CRITICAL_RESPONSE,
    queue_reason=Reason("a service of Critical Response is named", "routing.yaml:12", "policy, Routing"),
    findings=FINDINGS,
    facts=FACTS,
    questions=(
        Question(
            "litigation", "Is any lawsuit, notice of claim or consent decree connected with this matter now?"
        ),
    ),
)

CASE = Case(
    number="CRI-2026-0042",
    revision=7,
    stage=Stage.RECEIVED,
    requester=Person("Ana Rivera, Chief of Police", "arivera@springfieldpd.example.gov"),
    conversation=Conversation(Channel.EMAIL, "arivera@springfieldpd.example.gov"),
    decision=DECISION,
    opened_at=OPENED,
    queue=Queue.CRITICAL_RESPONSE,
    subject="Request for assistance",
    asked=("litigation",),
)


def drawing(case: Case = CASE, body: str = BODY, **more: Any) -> Drawing:
    return Drawing(case, more.pop("place", place_of(case)), body, message_id=5, **more)


FLAGGED = replace(FINDINGS[2], outcome=Outcome.FLAG, because=Reason("a lawsuit is threatened"))
REVIEWED = replace(
    CASE,
    decision=replace(
        DECISION,
        disposition=Disposition.REVIEW,
        queue_reason=Reason("a service of CRI-TAC is named"),
        findings=(*FINDINGS[:2], FLAGGED, FINDINGS[3]),
        questions=(),
    ),
    asked=(),
    conversation=Conversation(Channel.SLACK, "D0RIVERA", "1795319400.000100", person=CASE.requester),
)

STATES: dict[str, Drawing] = {
    "unclaimed": drawing(replace(CASE, asked=())),
    "unclaimed, waiting for the agency": drawing(),
    "claimed": drawing(replace(CASE, owner="U0LEE")),
    "claimed from the terminal": drawing(replace(CASE, owner="Jordan Lee", asked=())),
    "in review": drawing(REVIEWED),
    "decline drafted by the assistant": drawing(
        replace(REVIEWED, draft=Draft(("pending_matters",), DRAFTED_BY_THE_BOT))
    ),
    "decline drafted by staff": drawing(
        replace(REVIEWED, draft=Draft(("pending_matters",), "U0LEE"), owner="U0LEE")
    ),
    "moved by staff": drawing(replace(CASE, queue=Queue.CRI_TAC)),
    "nothing known": drawing(
        replace(CASE, decision=replace(DECISION, facts=Facts(), findings=(), questions=()), asked=()), body=""
    ),
    "closed": drawing(replace(CASE, stage=Stage.CLOSED, outcome="Closed by Jordan Lee: served elsewhere")),
    "declined": drawing(
        replace(CASE, stage=Stage.DECLINED, outcome="drafted by Jordan Lee, released by Sam Ortiz")
    ),
    "withdrawn": drawing(replace(CASE, stage=Stage.WITHDRAWN)),
}
