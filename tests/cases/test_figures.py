"""Figures over many cases: counted once each, in the period they belong to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crbot import wiring
from crbot.cases.case import Case, Conversation, Stage
from crbot.cases.figures import Event, Figures, figures_of
from crbot.triage.decide import decide
from crbot.triage.decision import Queue
from crbot.triage.message import Channel, Message, Person

POLICY = wiring.load_policy()
MARCH, APRIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
CHIEF = Person("Chief Ada Bell", "abell@elm-ridge.example.gov")
ASKS = Message(
    Channel.EMAIL,
    CHIEF,
    "I am the chief of the Elm Ridge Police Department in Ohio. Could you review our pursuit policy with us?",
)


def case(counter: int, opened_at: datetime, stage: Stage = Stage.RECEIVED) -> Case:
    decision = decide(ASKS, POLICY)
    return Case(
        f"CRI-2026-{counter:04d}",
        1,
        stage,
        CHIEF,
        Conversation(Channel.EMAIL, "abell@elm-ridge.example.gov"),
        decision,
        opened_at,
        decision.queue or Queue.UNROUTED,
    )


def event(counter: int, at: datetime, what: str, by: str = "U1") -> Event:
    return Event(f"CRI-2026-{counter:04d}", at, by, what)


def of(cases: list[Case], events: list[Event]) -> Figures:
    return figures_of(cases, events, MARCH, APRIL, POLICY.label)


def test_only_the_cases_of_the_period_are_counted_each_in_its_week() -> None:
    days = [
        MARCH,
        MARCH + timedelta(days=1),
        MARCH + timedelta(days=9),
        APRIL - timedelta(seconds=1),
        APRIL,
        MARCH - timedelta(seconds=1),
    ]

    figures = of([case(index, day) for index, day in enumerate(days, 1)], [])

    assert figures.requests == 4
    assert figures.by_week.categories == (
        "23 Feb 2026",
        "02 Mar 2026",
        "09 Mar 2026",
        "16 Mar 2026",
        "23 Mar 2026",
        "30 Mar 2026",
    )
    assert figures.by_week.series == {"CRI-TAC": (1, 1, 1, 0, 0, 1)}


def test_the_time_to_first_contact_ends_with_the_first_thing_that_reached_the_agency() -> None:
    cases = [case(1, MARCH), case(2, MARCH), case(3, MARCH), case(4, MARCH, Stage.CLOSED)]
    events = [
        event(1, MARCH + timedelta(minutes=5), "claim"),
        event(1, MARCH + timedelta(hours=2), "ask"),
        event(1, MARCH + timedelta(hours=9), "write"),
        event(2, MARCH + timedelta(hours=4), "propose_call"),
    ]

    contact = of(cases, events).first_contact

    assert (contact.reached, contact.waiting) == (2, 1)
    assert contact.median == timedelta(hours=3)
    assert contact.slowest_tenth is not None
    assert contact.median < contact.slowest_tenth <= timedelta(hours=4)


def test_a_follow_up_is_answered_by_what_the_agency_writes_before_the_next_one() -> None:
    events = [
        event(1, MARCH + timedelta(days=1), "followed up", "crbot"),
        event(1, MARCH + timedelta(days=2), "followed up", "crbot"),
        event(1, MARCH + timedelta(days=3), "replied", CHIEF.key),
        event(1, MARCH + timedelta(days=4), "replied", CHIEF.key),
    ]

    figures = of([case(1, MARCH)], events)

    assert (figures.followed_up, figures.answered) == (2, 1)


def test_each_rule_shows_how_often_it_ended_in_which_way() -> None:
    figures = of([case(1, MARCH), case(2, MARCH)], [])

    assert {name: sum(counts) for name, counts in figures.by_rule.series.items()} == {
        "pass": 6,
        "ask": 2,
        "flag": 0,
        "fail": 0,
    }
    assert sum(figures.open_questions.series["Cases"]) == 4


def test_a_period_without_requests_has_figures_too() -> None:
    figures = of([], [])

    assert figures.requests == 0
    assert figures.first_contact.median is None
    assert figures.by_week.is_empty
    assert figures.by_rule.is_empty
