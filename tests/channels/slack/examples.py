"""One request in all its states, for the tests of what Slack shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings

from crbot.cases.case import (
    DRAFTED_BY_THE_BOT,
    Case,
    Conversation,
    Correction,
    Draft,
    Pause,
    Plan,
    PlanAnswer,
    PlanVersion,
    Site,
    Stage,
    place_of,
)
from crbot.cases.meetings import Call, CallState
from crbot.intake.ports import Drawing
from crbot.triage.approval import Reading
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

CHIEF = "arivera@springfieldpd.example.gov"
CLAIMED = replace(CASE, owner="U0LEE", asked=())
CALL = Call(
    round=1,
    uid="CRI-2026-0042-1@crbot",
    sequence=0,
    slots=tuple(OPENED + timedelta(days=days, hours=12) for days in (2, 3, 8)),
    minutes=30,
    where="+1 202 555 0100",
    zone="America/New_York",
)
SCOPING = replace(CLAIMED, stage=Stage.SCOPING, call=CALL)
SET = replace(SCOPING, call=CALL.at(CALL.slots[1]))
PLAN = Plan(
    (
        PlanVersion(
            "An after-action review of March 1.",
            "Two chiefs of cities of like size.",
            "Jordan Lee",
            "Draft in May, report in July.",
            "Policies on the use of force.",
            by="U0LEE",
            at=OPENED,
        ),
    )
)
SENT = replace(CLAIMED, stage=Stage.AGENCY_REVIEW, plan=replace(PLAN, sent=1))
TAKEN_BACK = replace(
    CLAIMED,
    decision=replace(
        DECISION,
        facts=FACTS.with_statements([_statement("withdrawn", ("yes",), "Please withdraw our request.")]),
        questions=(),
    ),
)


def answered(reads_as: Reading, words: str) -> Case:
    assert SENT.plan is not None
    answer = PlanAnswer(reads_as, words, CHIEF, OPENED + timedelta(days=9))
    return replace(SENT, plan=replace(SENT.plan, answer=answer))


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
    "duplicate": drawing(
        replace(
            CASE,
            stage=Stage.CLOSED,
            merged_into="CRI-2026-0041",
            outcome="Duplicate of CRI-2026-0041, says <@U0LEE>",
        )
    ),
    "unrouted": drawing(replace(CASE, queue=Queue.UNROUTED, asked=())),
    "the agency answered": drawing(
        replace(
            CLAIMED,
            participants=frozenset({CHIEF}),
            changed_by=CHIEF,
            changed_at=OPENED + timedelta(days=1),
            last_heard_at=OPENED + timedelta(days=1),
        )
    ),
    "the agency takes it back": drawing(TAKEN_BACK),
    "decline written by staff": drawing(
        replace(
            REVIEWED, draft=Draft(("pending_matters",), "U0LEE", "In our own words.", "Ask again in May.")
        )
    ),
    "corrected": drawing(
        replace(
            CLAIMED,
            corrections={
                "litigation": Correction(
                    "litigation", ("none",), "U0LEE", "The chief said so by telephone", OPENED
                )
            },
        )
    ),
    "call proposed": drawing(SCOPING),
    "call set": drawing(SET),
    "call declined": drawing(replace(SET, call=replace(CALL.at(CALL.slots[1]), state=CallState.DECLINED))),
    "work plan begun": drawing(replace(CLAIMED, stage=Stage.WORK_PLAN)),
    "work plan written": drawing(replace(CLAIMED, stage=Stage.WORK_PLAN, plan=PLAN)),
    "work plan to change": drawing(
        replace(
            CLAIMED,
            stage=Stage.WORK_PLAN,
            plan=replace(PLAN, versions=(replace(PLAN.newest, changes="Leave out the officers' names."),)),
        )
    ),
    "work plan with the agency": drawing(SENT),
    "work plan seems approved": drawing(answered(Reading.APPROVAL, "We approve the plan.")),
    "work plan seems to want changes": drawing(answered(Reading.CHANGES, "Please leave out the names.")),
    "approved": drawing(
        replace(
            CLAIMED,
            stage=Stage.APPROVED,
            plan=replace(PLAN, sent=1, approved=1, approved_words="We approve the plan."),
        )
    ),
    "in delivery": drawing(replace(CLAIMED, stage=Stage.DELIVERY, site=Site(True, ("Use of Force",)))),
    "follow-ups held": drawing(
        replace(
            CLAIMED, pause=Pause("U0LEE", "They asked for time", OPENED, until=OPENED + timedelta(days=40))
        )
    ),
}
