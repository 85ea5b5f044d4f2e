"""What the store promises: each arrival once, each letter once, no change lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from crbot.cases.case import Case, Conversation, Place, Stage
from crbot.cases.letters import Letter, LetterName
from crbot.cases.respond import Change, Entry, Notice
from crbot.intake.ports import Arrival, Drawing, Kept, Receipt, Received, Stale
from crbot.store.migrations import upgrade
from crbot.store.store import SqlStore, open_engine
from crbot.store.tables import outbox
from crbot.triage.decision import Decision, Disposition, Kind, Queue, Reason, RulesVersion
from crbot.triage.message import Channel, Message, Person

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LEASE = timedelta(minutes=15)
SHERIFF = Person("Dale Harmon", "dharmon@harmoncounty.example.gov")
WHERE = Conversation(Channel.EMAIL, "dharmon@harmoncounty.example.gov", "<1@example.gov>", subject="Training")


@pytest.fixture
def store(engine: Engine) -> SqlStore:
    return SqlStore(engine)


def arrival(key: str = "imap:desk:1:1", raw: bytes = b"Subject: help\r\n\r\nPlease.") -> Arrival:
    return Arrival(Channel.EMAIL, key, raw, NOW)


def decision(disposition: Disposition = Disposition.ELIGIBLE) -> Decision:
    return Decision(
        Kind.REQUEST, Reason("asks for help"), RulesVersion("1", "0" * 64), disposition, Queue.CRI_TAC
    )


def case(number: str = "CRI-2026-0001", revision: int = 1) -> Case:
    return Case(number, revision, Stage.RECEIVED, SHERIFF, WHERE, decision(), NOW, Queue.CRI_TAC)


def received() -> Received:
    return Received(Message(Channel.EMAIL, SHERIFF, "Please."), "<1@example.gov>", WHERE)


def opened(store: SqlStore) -> Kept:
    """A store in which one mail has opened a case, with its acknowledgement."""
    store.keep([arrival()])
    kept = store.take_up(NOW)
    assert kept is not None
    letter = Letter(LetterName.ACKNOWLEDGEMENT, WHERE, "CRI-2026-0001", {"questions": []})
    change = Change(case(), letters=(letter,), redraws_card=True, entries=(Entry("opened", SHERIFF.key),))
    store.save(kept, change, NOW, received(), decision())
    return kept


def test_the_same_key_is_kept_once(store: SqlStore) -> None:
    assert store.keep([arrival()]) == 1
    assert store.keep([arrival()]) == 0


def test_the_same_bytes_under_another_key_are_kept_and_not_worked_on_again(store: SqlStore) -> None:
    store.keep([arrival("imap:desk:1:1")])
    store.keep([arrival("imap:desk:1:2")])

    first = store.take_up(NOW)
    assert first is not None
    store.save(first, Change(), NOW)

    assert store.take_up(NOW) is None
    assert {each.key for each in store.settled(Channel.EMAIL)} == {"imap:desk:1:1", "imap:desk:1:2"}


def test_what_was_never_kept_is_told_from_what_was(store: SqlStore) -> None:
    store.keep([arrival("imap:desk:1:1")])

    assert store.unknown(["imap:desk:1:1", "imap:desk:1:2"]) == {"imap:desk:1:2"}


def test_an_attempt_is_counted_before_the_work(store: SqlStore) -> None:
    store.keep([arrival()])

    attempts = [kept.attempts for kept in (store.take_up(NOW), store.take_up(NOW)) if kept]

    assert attempts == [1, 2]


def test_a_saved_case_is_found_by_what_answers_refer_to(store: SqlStore) -> None:
    opened(store)

    assert store.case_of(["<unknown@example>", "<1@example.gov>"]) == case()
    assert store.case_of(["<unknown@example>"]) is None


def test_a_reply_to_a_letter_finds_its_case(store: SqlStore) -> None:
    opened(store)
    (letter,) = store.claim(Channel.EMAIL, NOW, LEASE, 10)

    store.mark_sent(letter, Receipt("<ack@desk>"), NOW)

    assert store.case_of(["<ack@desk>"]) == case()


def test_numbers_count_up_within_a_year(store: SqlStore) -> None:
    assert store.new_number(NOW) == "CRI-2026-0001"
    opened(store)
    assert store.new_number(NOW) == "CRI-2026-0002"
    assert store.new_number(datetime(2027, 1, 1, tzinfo=UTC)) == "CRI-2027-0001"


def test_two_changes_of_one_revision_have_one_winner(store: SqlStore) -> None:
    kept = opened(store)
    store.save(kept, Change(case().changed(owner="U1")), NOW)

    with pytest.raises(Stale):
        store.save(kept, Change(case().changed(owner="U2")), NOW)

    winner = store.case("CRI-2026-0001")
    assert winner is not None
    assert winner.owner == "U1"


def test_two_cases_cannot_have_one_number(store: SqlStore) -> None:
    kept = opened(store)

    with pytest.raises(Stale):
        store.save(kept, Change(replace(case(), subject="another")), NOW)


def test_a_claimed_letter_is_nobody_elses_until_the_lease_ends(store: SqlStore) -> None:
    opened(store)

    assert len(store.claim(Channel.EMAIL, NOW, LEASE, 10)) == 1
    assert store.claim(Channel.EMAIL, NOW, LEASE, 10) == ()
    assert len(store.claim(Channel.EMAIL, NOW + LEASE, LEASE, 10)) == 1


def test_a_letter_whose_sending_began_is_a_repeat_after_a_crash(store: SqlStore) -> None:
    opened(store)
    (first,) = store.claim(Channel.EMAIL, NOW, LEASE, 10)
    assert not first.is_repeat
    assert store.begin(first, NOW)

    (second,) = store.claim(Channel.EMAIL, NOW + LEASE, LEASE, 10)

    assert second.is_repeat
    assert second.key == first.key


def test_a_claim_that_was_lost_cannot_begin(store: SqlStore) -> None:
    opened(store)
    (slow,) = store.claim(Channel.EMAIL, NOW, LEASE, 10)
    store.claim(Channel.EMAIL, NOW + LEASE, LEASE, 10)

    assert not store.begin(slow, NOW + LEASE)


def test_a_sent_letter_is_not_claimed_again(store: SqlStore) -> None:
    opened(store)
    (letter,) = store.claim(Channel.EMAIL, NOW, LEASE, 10)
    store.mark_sent(letter, Receipt("<ack@desk>"), NOW)

    assert store.claim(Channel.EMAIL, NOW + 2 * LEASE, LEASE, 10) == ()


def test_a_postponed_letter_comes_due_at_its_time(store: SqlStore) -> None:
    opened(store)
    (letter,) = store.claim(Channel.EMAIL, NOW, LEASE, 10)
    store.postpone(letter, "the server is away", NOW + timedelta(hours=1))

    assert store.claim(Channel.EMAIL, NOW + timedelta(minutes=59), LEASE, 10) == ()
    assert len(store.claim(Channel.EMAIL, NOW + timedelta(hours=1), LEASE, 10)) == 1


def test_a_letter_that_is_given_up_shows_in_the_review_channel(store: SqlStore) -> None:
    opened(store)
    (letter,) = store.claim(Channel.EMAIL, NOW, LEASE, 10)

    store.give_up(letter, "no such address", Notice("Not sent", "no such address"), NOW)

    shown = [each.what for each in store.claim(Channel.SLACK, NOW, LEASE, 10)]
    assert Notice("Not sent", "no such address") in shown
    assert store.claim(Channel.EMAIL, NOW + 2 * LEASE, LEASE, 10) == ()


def test_a_card_is_drawn_from_the_case_as_it_stands(store: SqlStore) -> None:
    kept = opened(store)
    store.save(kept, Change(case().changed(owner="U1")), NOW)

    (card,) = store.claim(Channel.SLACK, NOW, LEASE, 10)

    assert isinstance(card.what, Drawing)
    assert card.what.case.owner == "U1"
    assert card.what.body == "Please."


def test_the_place_of_a_posted_card_is_remembered(store: SqlStore) -> None:
    kept = opened(store)
    (card,) = store.claim(Channel.SLACK, NOW, LEASE, 10)
    store.mark_sent(card, Receipt("C1:17.2"), NOW)
    store.save(kept, Change(case().changed(owner="U1"), redraws_card=True), NOW)

    (again,) = store.claim(Channel.SLACK, NOW, LEASE, 10)

    assert isinstance(again.what, Drawing)
    assert again.what.posted == {Place.CRI_TAC: "C1:17.2"}


def test_a_row_that_cannot_be_read_does_not_stop_the_others(store: SqlStore, engine: Engine) -> None:
    opened(store)
    with engine.begin() as connection:
        connection.execute(
            update(outbox).where(outbox.c.kind == "letter").values(body='{"name": "no letter"}')
        )

    assert store.claim(Channel.EMAIL, NOW, LEASE, 10) == ()
    assert len(store.claim(Channel.SLACK, NOW, LEASE, 10)) == 1


def test_what_is_set_aside_is_kept_and_shown(store: SqlStore) -> None:
    store.keep([arrival()])
    kept = store.take_up(NOW)
    assert kept is not None

    store.set_aside(kept, "cannot be read", Notice("Cannot be read", "as it came"), NOW)

    assert store.take_up(NOW) is None
    assert [each.is_in_trouble for each in store.settled(Channel.EMAIL)] == [True]
    assert len(store.claim(Channel.SLACK, NOW, LEASE, 10)) == 1


def test_what_is_acknowledged_is_settled_no_more(store: SqlStore) -> None:
    opened(store)
    store.acknowledge([each.key for each in store.settled(Channel.EMAIL)])

    assert store.settled(Channel.EMAIL) == ()


def test_the_record_is_chained_line_by_line(store: SqlStore) -> None:
    kept = opened(store)
    store.save(kept, Change(case().changed(owner="U1"), entries=(Entry("claim", "U1"),)), NOW)

    lines = store.record_of("CRI-2026-0001")

    assert [line["what"] for line in lines] == ["opened", "claim"]
    assert len({line["hash"] for line in lines}) == 2


def test_what_is_kept_survives_the_end_of_the_program(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    first = open_engine(url)
    upgrade(first)
    SqlStore(first).keep([arrival()])
    first.dispose()

    again = SqlStore(open_engine(url))

    assert again.take_up(NOW) is not None
    again.close()


def test_all_cases_come_in_the_order_of_their_numbers_and_so_does_what_happened(store: SqlStore) -> None:
    opened(store)
    store.keep([arrival("imap:desk:1:2", b"Subject: more\r\n\r\nPlease.")])
    kept = store.take_up(NOW)
    assert kept is not None
    store.save(kept, Change(case("CRI-2026-0002"), entries=(Entry("opened", SHERIFF.key),)), NOW)

    assert [each.number for each in store.all_cases()] == ["CRI-2026-0001", "CRI-2026-0002"]
    assert [(each.case, each.what) for each in store.events(NOW)] == [
        ("CRI-2026-0001", "opened"),
        ("CRI-2026-0002", "opened"),
    ]
    assert store.events(NOW + timedelta(seconds=1)) == ()


def test_what_asks_for_no_decision_is_not_among_the_decisions(store: SqlStore) -> None:
    kept = opened(store)
    store.save(kept, Change(case().changed(owner="U1")), NOW)

    assert store.decisions() == ()
