"""Which case a message belongs to when nothing in it says so: that of the same person by the other channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from crbot.cases.case import Case, Conversation, Stage
from crbot.cases.respond import Change
from crbot.intake.ports import Arrival, Proof, Received
from crbot.intake.threads import NO_THREAD, Trace, going_on, may_add, thread_of
from crbot.store.migrations import upgrade
from crbot.store.store import SqlStore, open_engine
from crbot.triage.message import Channel, Message, Person
from tests.store.test_store import NOW, SHERIFF, WHERE, case

DIRECT = Conversation(Channel.SLACK, "D0DIRECT", "17.1", person=SHERIFF)
BY_SLACK = Received(Message(Channel.SLACK, SHERIFF, "Hello"), "D0DIRECT:17.1", DIRECT)
BY_MAIL = Received(Message(Channel.EMAIL, SHERIFF, "Hello"), "<2@example.gov>", WHERE, proof=Proof.PROVEN)


@pytest.fixture
def store() -> Iterator[SqlStore]:
    engine = open_engine("sqlite://")
    upgrade(engine)
    yield SqlStore(engine)
    engine.dispose()


def keep(store: SqlStore, kept: Case, received: Received) -> None:
    store.keep([Arrival(received.message.channel, f"key:{kept.number}", b"raw" + kept.number.encode(), NOW)])
    arrival = store.take_up(NOW)
    assert arrival is not None
    store.save(arrival, Change(kept), NOW, received)


@pytest.mark.parametrize(("first", "then"), [(BY_MAIL, BY_SLACK), (BY_SLACK, BY_MAIL)])
def test_who_asked_by_one_channel_goes_on_by_the_other(
    first: Received, then: Received, store: SqlStore
) -> None:
    kept = replace(case(), conversation=first.conversation, participants=frozenset({SHERIFF.key}))
    keep(store, kept, first)

    thread = thread_of(store, then)

    assert (thread.case, thread.trace) == (kept, Trace.PERSON)
    assert may_add(kept, then, ())


@pytest.mark.parametrize(
    ("kept", "then"),
    [
        (replace(case(), stage=Stage.CLOSED), BY_SLACK),
        (case(), replace(BY_MAIL, proof=Proof.UNKNOWN)),
        (replace(case(), conversation=DIRECT), replace(BY_MAIL, proof=Proof.UNKNOWN)),
        (case(), BY_MAIL),
        (case(), replace(BY_SLACK, message=replace(BY_SLACK.message, sender=Person("Dale Harmon")))),
        (replace(case(), requester=Person("Pat", "pat@harmoncounty.example.gov")), BY_SLACK),
    ],
)
def test_whom_nobody_vouches_for_or_who_asks_anew_begins_anew(
    kept: Case, then: Received, store: SqlStore
) -> None:
    keep(store, kept, BY_MAIL)

    assert thread_of(store, then) == NO_THREAD


def test_what_was_merged_leads_on_to_the_case_that_goes_on(store: SqlStore) -> None:
    third = case("CRI-2026-0003")
    for each in (
        replace(case(), merged_into="CRI-2026-0002"),
        replace(case("CRI-2026-0002"), merged_into=third.number),
        third,
    ):
        keep(store, each, replace(BY_MAIL, identity=f"<{each.number}@example.gov>"))

    assert going_on(store, store.case("CRI-2026-0001")) == third
    answer = replace(BY_MAIL, identity="<9@example.gov>", refers_to=("<CRI-2026-0001@example.gov>",))
    assert thread_of(store, answer).case == third


def test_cases_that_were_merged_in_a_circle_end_somewhere(store: SqlStore) -> None:
    for number, into in (("CRI-2026-0001", "CRI-2026-0002"), ("CRI-2026-0002", "CRI-2026-0001")):
        keep(store, replace(case(number), merged_into=into), BY_MAIL)

    assert going_on(store, store.case("CRI-2026-0001")) is not None
