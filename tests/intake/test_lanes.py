"""What is due goes out side by side, each lane in order; what our side must mend waits, and staff are told once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from crbot.cases.case import Conversation
from crbot.cases.letters import Letter, LetterName
from crbot.cases.respond import Change, Notice
from crbot.intake.alarms import LINE, alarm, over
from crbot.intake.due import send_due
from crbot.intake.ports import Arrival, DeliveryFailed, Outgoing, Receipt
from crbot.store.migrations import upgrade
from crbot.store.store import SqlStore, open_engine
from crbot.triage.message import Channel
from tests.fakes import Clock, Outlet
from tests.store.test_store import case

ACKNOWLEDGEMENT = Letter(
    LetterName.ACKNOWLEDGEMENT, Conversation(Channel.SLACK, "D0RIVERA"), case="CRI-2026-0001"
)
NOTED = replace(ACKNOWLEDGEMENT, name=LetterName.ANSWERS_NOTED)
REVOKED = "Slack no longer takes the token; make a new one"


class Lanes(Outlet):
    """A lane for each channel."""

    def lane(self, outgoing: Outgoing) -> str:
        return outgoing.what.to.address if isinstance(outgoing.what, Letter) else "staff"

    def names(self) -> list[str]:
        return [outgoing.what.name for outgoing in self.delivered if isinstance(outgoing.what, Letter)]


class Meeting(Lanes):
    """Sends only when two lanes send at the same moment."""

    def __init__(self) -> None:
        super().__init__()
        self.together = threading.Barrier(2, timeout=10)

    def deliver(self, outgoing: Outgoing) -> Receipt:
        self.together.wait()
        return super().deliver(outgoing)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> Iterator[SqlStore]:
    engine = open_engine("sqlite://")
    upgrade(engine)
    yield SqlStore(engine)
    engine.dispose()


def put_out(store: SqlStore, clock: Clock, *changes: Change) -> None:
    """What each of these changes leaves to be sent, in this order."""
    for change in changes:
        key = f"key {clock.now.timestamp()} {id(change)}"
        store.keep([Arrival(Channel.SLACK, key, b"{}", clock.now)])
        kept = store.take_up(clock.now)
        assert kept is not None
        store.save(kept, change, clock.now)


def of_case(*letters: Letter, revision: int = 1) -> Change:
    return Change(case=replace(case("CRI-2026-0001"), revision=revision), letters=letters)


def test_one_lane_does_not_wait_for_another(store: SqlStore, clock: Clock) -> None:
    elsewhere = replace(ACKNOWLEDGEMENT, to=Conversation(Channel.SLACK, "D0LEE"), case=None)
    put_out(store, clock, of_case(ACKNOWLEDGEMENT), Change(letters=(elsewhere,)))
    outlet = Meeting()

    assert [sent.did for sent in send_due(store, Channel.SLACK, outlet, clock)] == ["sent", "sent"]


def test_letters_of_a_case_keep_their_order_when_the_first_must_be_tried_again(
    store: SqlStore, clock: Clock
) -> None:
    put_out(store, clock, of_case(ACKNOWLEDGEMENT), of_case(NOTED, revision=2))
    outlet = Lanes(failures=[DeliveryFailed("down", permanent=False)])

    assert [sent.did for sent in send_due(store, Channel.SLACK, outlet, clock)] == ["postponed"]
    assert send_due(store, Channel.SLACK, outlet, clock) == ()
    clock.pass_(timedelta(minutes=2))
    while send_due(store, Channel.SLACK, outlet, clock):
        pass

    assert outlet.names() == ["acknowledgement", "answers_noted"]


def test_another_case_does_not_wait_for_it(store: SqlStore, clock: Clock) -> None:
    other = Change(case=case("CRI-2026-0002"), letters=(replace(NOTED, case="CRI-2026-0002"),))
    put_out(store, clock, of_case(ACKNOWLEDGEMENT), other)
    outlet = Lanes(failures=[DeliveryFailed("down", permanent=False)])

    assert [sent.did for sent in send_due(store, Channel.SLACK, outlet, clock)] == ["postponed", "sent"]


def test_what_our_side_must_mend_goes_out_when_it_is_mended_and_staff_are_told_once_a_day(
    store: SqlStore, clock: Clock
) -> None:
    put_out(store, clock, of_case(ACKNOWLEDGEMENT))
    broken = DeliveryFailed(REVOKED, permanent=True, is_ours=True)
    outlet = Lanes(failures=[broken] * 6)

    did = []
    for _ in range(300):  # a day of five minutes
        did += [sent.did for sent in send_due(store, Channel.SLACK, outlet, clock)]
        clock.pass_(timedelta(minutes=5))

    notices = [each.what for each in outlet.delivered if isinstance(each.what, Notice)]
    assert [notice.text for notice in notices] == [f"{REVOKED}."]
    assert did.count("alarm") == 1
    assert outlet.names() == ["acknowledgement"]
    assert store.waiting() == (0, 0)


STAFF = "duty@cops.example.gov"


def test_staff_have_one_mail_when_it_is_broken_and_one_when_it_is_over(store: SqlStore, clock: Clock) -> None:
    other = Change(case=case("CRI-2026-0002"), letters=(replace(NOTED, case="CRI-2026-0002"),))
    elsewhere = replace(ACKNOWLEDGEMENT, to=Conversation(Channel.SLACK, "D0LEE"), case=None)
    put_out(store, clock, of_case(ACKNOWLEDGEMENT), other, Change(letters=(elsewhere,)))
    broken = DeliveryFailed(REVOKED, permanent=True, is_ours=True)
    slack, mail = Lanes(failures=[broken] * 8), Outlet()

    told = []
    for _ in range(600):  # two days of five minutes
        send_due(store, Channel.SLACK, slack, clock, STAFF)
        send_due(store, Channel.EMAIL, mail, clock, STAFF)
        letters = [each.what for each in mail.delivered[len(told) :] if isinstance(each.what, Letter)]
        told += [(letter.to.address, letter.to.subject, letter.fields["is_over"]) for letter in letters]
        clock.pass_(timedelta(minutes=5))

    title = "Nothing goes out before this is mended"
    assert told == [(STAFF, title, False), (STAFF, f"over: {title}", True)]


def test_a_failure_that_is_told_late_begins_no_new_trouble(store: SqlStore, clock: Clock) -> None:
    notice = Notice("Nothing goes out", "Slack no longer takes the token.")
    alarm(store, notice, clock(), LINE, STAFF)
    over(store, LINE, clock(), STAFF)

    alarm(store, notice, clock(), LINE, STAFF)
    over(store, LINE, clock(), STAFF)
    mail = Outlet()
    send_due(store, Channel.EMAIL, mail, clock)

    assert len(mail.delivered) == 2


def test_what_breaks_again_is_told_again(store: SqlStore, clock: Clock) -> None:
    notice = Notice("Nothing is heard from Slack", "It tries again by itself.")
    mail = Outlet()

    for _ in range(2):
        for _ in range(3):
            alarm(store, notice, clock(), LINE, STAFF)
        over(store, "C0TAC", clock(), STAFF)
        over(store, LINE, clock(), STAFF)
        over(store, LINE, clock(), STAFF)
        clock.pass_(timedelta(hours=1))
    send_due(store, Channel.EMAIL, mail, clock)

    letters = [each.what for each in mail.delivered if isinstance(each.what, Letter)]
    assert [letter.fields["is_over"] for letter in letters] == [False, True] * 2
    assert {letter.name for letter in letters} == {LetterName.ALARM}
