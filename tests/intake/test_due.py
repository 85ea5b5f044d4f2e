"""What is due is sent once, tried again when that can help, and given to a person when it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from crbot.cases.case import Conversation
from crbot.cases.letters import Letter, LetterName
from crbot.cases.respond import Change, Notice
from crbot.intake.due import LEASE, send_due
from crbot.intake.ports import Arrival, DeliveryFailed, NotYet, Receipt
from crbot.store.migrations import upgrade
from crbot.store.rows import origin_of
from crbot.store.store import SqlStore, open_engine
from crbot.triage.message import Channel
from tests.fakes import Clock, Outlet

WHERE = Conversation(Channel.EMAIL, "chief@mill-creek.example.gov", "<1@example.gov>")


@pytest.fixture
def store() -> Iterator[SqlStore]:
    engine = open_engine("sqlite://")
    upgrade(engine)
    yield SqlStore(engine)
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def with_a_letter(store: SqlStore, clock: Clock) -> None:
    store.keep([Arrival(Channel.EMAIL, "imap:1", b"mail", clock())])
    kept = store.take_up(clock())
    assert kept is not None
    store.save(kept, Change(letters=(Letter(LetterName.ENQUIRY, WHERE),)), clock())


def test_a_due_letter_is_sent_once(store: SqlStore, clock: Clock) -> None:
    with_a_letter(store, clock)
    outlet = Outlet()

    send_due(store, Channel.EMAIL, outlet, clock)
    clock.pass_(2 * LEASE)
    send_due(store, Channel.EMAIL, outlet, clock)

    assert len(outlet.delivered) == 1


def test_a_server_that_is_away_is_tried_again_after_a_pause(store: SqlStore, clock: Clock) -> None:
    with_a_letter(store, clock)
    outlet = Outlet(failures=[DeliveryFailed("no connection", permanent=False)])

    assert [each.did for each in send_due(store, Channel.EMAIL, outlet, clock)] == ["postponed"]
    assert send_due(store, Channel.EMAIL, outlet, clock) == ()
    clock.pass_(timedelta(minutes=1))
    assert [each.did for each in send_due(store, Channel.EMAIL, outlet, clock)] == ["sent"]


def test_the_other_side_names_its_own_pause(store: SqlStore, clock: Clock) -> None:
    with_a_letter(store, clock)
    outlet = Outlet(failures=[DeliveryFailed("slow down", permanent=False, wait=timedelta(hours=2))])

    send_due(store, Channel.EMAIL, outlet, clock)
    clock.pass_(timedelta(minutes=119))
    assert send_due(store, Channel.EMAIL, outlet, clock) == ()
    clock.pass_(timedelta(minutes=1))
    assert [each.did for each in send_due(store, Channel.EMAIL, outlet, clock)] == ["sent"]


def test_a_refused_letter_goes_to_a_person_at_once(store: SqlStore, clock: Clock) -> None:
    with_a_letter(store, clock)
    mail = Outlet(failures=[DeliveryFailed("No such address.", permanent=True)])
    slack = Outlet()

    send_due(store, Channel.EMAIL, mail, clock)
    send_due(store, Channel.SLACK, slack, clock)

    (shown,) = [each.what for each in slack.delivered]
    assert isinstance(shown, Notice)
    assert "No such address." in shown.text


def test_a_letter_that_breaks_the_code_goes_to_a_person_and_the_next_is_sent(
    store: SqlStore, clock: Clock
) -> None:
    with_a_letter(store, clock)
    store.keep([Arrival(Channel.EMAIL, "imap:2", b"another", clock())])
    kept = store.take_up(clock())
    assert kept is not None
    store.save(kept, Change(letters=(Letter(LetterName.ENQUIRY, WHERE),)), clock())
    outlet = Outlet(failures=[ZeroDivisionError()])

    assert [each.did for each in send_due(store, Channel.EMAIL, outlet, clock)] == ["given up", "sent"]


def test_after_five_days_of_silence_a_person_is_told(store: SqlStore, clock: Clock) -> None:
    with_a_letter(store, clock)
    outlet = Outlet(failures=[DeliveryFailed("no connection", permanent=False)] * 1000)
    began = clock()

    while clock() - began < timedelta(days=7):
        did = [each.did for each in send_due(store, Channel.EMAIL, outlet, clock)]
        if did == ["given up"]:
            break
        clock.pass_(timedelta(minutes=30))

    assert timedelta(days=4) < clock() - began < timedelta(days=6)


def test_a_send_that_was_cut_off_is_looked_up_before_it_is_repeated(store: SqlStore, clock: Clock) -> None:
    with_a_letter(store, clock)
    (claimed,) = store.claim(Channel.EMAIL, clock(), LEASE, 1)
    store.begin(claimed, clock())  # and here the program died
    clock.pass_(LEASE)
    outlet = Outlet(there_already={claimed.key: Receipt("<ack@desk>")})

    assert [each.did for each in send_due(store, Channel.EMAIL, outlet, clock)] == ["found"]
    assert outlet.delivered == []


def test_a_send_that_was_cut_off_and_is_not_there_is_sent(store: SqlStore, clock: Clock) -> None:
    with_a_letter(store, clock)
    (claimed,) = store.claim(Channel.EMAIL, clock(), LEASE, 1)
    store.begin(claimed, clock())
    clock.pass_(LEASE)
    outlet = Outlet()

    assert [each.did for each in send_due(store, Channel.EMAIL, outlet, clock)] == ["sent"]


def test_a_letter_that_ends_the_program_each_time_goes_to_a_person_in_the_end(
    store: SqlStore, clock: Clock
) -> None:
    with_a_letter(store, clock)
    for _ in range(5):
        (letter,) = store.claim(Channel.EMAIL, clock(), LEASE, 10)
        assert store.begin(letter, clock())  # and here the program ends
        clock.pass_(LEASE)
    outlet = Outlet()

    (given_up,) = send_due(store, Channel.EMAIL, outlet, clock)

    assert given_up.did == "given up"
    assert "ended the program 5 times" in given_up.trouble
    assert outlet.delivered == []
    (shown,) = store.claim(Channel.SLACK, clock(), LEASE, 10)
    assert isinstance(shown.what, Notice)
    assert store.retry(shown.what.again, clock())


def uncertain() -> DeliveryFailed:
    return DeliveryFailed(
        "the line broke after the whole letter was handed over", permanent=False, uncertain=True
    )


def test_a_letter_that_may_have_gone_out_is_looked_up_before_it_is_repeated(
    store: SqlStore, clock: Clock
) -> None:
    with_a_letter(store, clock)
    outlet = Outlet(
        failures=[uncertain()], there_already={f"enquiry:{origin_of('imap:1', '')}": Receipt("<ack@desk>")}
    )

    did = [each.did for each in send_due(store, Channel.EMAIL, outlet, clock)]
    clock.pass_(timedelta(minutes=1))
    did += [each.did for each in send_due(store, Channel.EMAIL, outlet, clock)]

    assert did == ["postponed", "found"]
    assert outlet.delivered == []


def test_a_letter_that_may_have_gone_out_twice_goes_to_a_person(store: SqlStore, clock: Clock) -> None:
    with_a_letter(store, clock)
    mail, slack = Outlet(failures=[uncertain(), uncertain()]), Outlet()

    send_due(store, Channel.EMAIL, mail, clock)
    clock.pass_(timedelta(minutes=1))
    assert [each.did for each in send_due(store, Channel.EMAIL, mail, clock)] == ["given up"]

    send_due(store, Channel.SLACK, slack, clock)
    (shown,) = [each.what for each in slack.delivered]
    assert isinstance(shown, Notice)
    assert "may have arrived all the same" in shown.text


def test_a_letter_that_has_to_wait_for_the_pace_is_no_failure(store: SqlStore, clock: Clock) -> None:
    with_a_letter(store, clock)
    outlet = Outlet(failures=[NotYet(timedelta(seconds=20))])

    assert send_due(store, Channel.EMAIL, outlet, clock) == ()
    clock.pass_(timedelta(seconds=20))
    (claimed,) = store.claim(Channel.EMAIL, clock(), LEASE, 1)

    assert claimed.attempts == 1
    assert not claimed.is_repeat
