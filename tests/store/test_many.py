"""What the store promises to many programs over one database: none takes what another has, and none waits for the dead."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from crbot.cases.respond import Change, Entry, Notice
from crbot.intake.ports import Arrival, Receipt, Stale
from crbot.store.apart import InUse, Lead, Sole
from crbot.store.engine import open_engine
from crbot.store.store import SqlStore
from crbot.store.thinking import LEASE as THINKING
from crbot.triage.message import Channel
from tests.store.test_followups import HOUR, claim, plan
from tests.store.test_followups import opened as opened_with_plan
from tests.store.test_store import LEASE, NOW, arrival, case, decision, opened, received

SOON = NOW + timedelta(minutes=1)
LATER = NOW + THINKING


@pytest.fixture
def one(engine: Engine) -> SqlStore:
    return SqlStore(engine)


@pytest.fixture
def another(engine: Engine) -> SqlStore:
    return SqlStore(engine)


def keep_two(store: SqlStore) -> None:
    for number in (1, 2):
        store.keep([arrival(f"imap:desk:1:{number}", b"Subject: %d" % number)])


# thinking


def test_two_programs_never_think_about_the_same_message(one: SqlStore, another: SqlStore) -> None:
    keep_two(one)

    taken = [store.take_up(NOW) for store in (one, another, SqlStore(one._engine))]

    assert [each and each.arrival.raw for each in taken] == [b"Subject: 1", b"Subject: 2", None]


def test_what_a_dead_program_had_taken_up_is_anothers_after_its_lease(
    one: SqlStore, another: SqlStore
) -> None:
    one.keep([arrival()])
    assert one.take_up(NOW) is not None

    assert another.take_up(SOON) is None
    again = another.take_up(LATER)
    assert again is not None
    assert again.attempts == 2


def test_who_is_late_saves_nothing_of_what_another_has_by_now(one: SqlStore, another: SqlStore) -> None:
    one.keep([arrival()])
    slow, fast = one.take_up(NOW), another.take_up(LATER)
    assert slow is not None
    assert fast is not None

    with pytest.raises(Stale):
        one.save(slow, Change(case(), entries=(Entry("opened", "one"),)), LATER, received(), decision())
    with pytest.raises(Stale):
        one.set_aside(slow, "broken", Notice("Broken", "broken"), LATER)
    another.save(fast, Change(case(), entries=(Entry("opened", "another"),)), LATER, received(), decision())

    assert [line["by"] for line in one.record_of("CRI-2026-0001")] == ["another"]


def test_what_is_let_go_is_anothers_at_once_and_counts_no_attempt(one: SqlStore, another: SqlStore) -> None:
    one.keep([arrival()])
    kept = one.take_up(NOW)
    assert kept is not None

    one.let_go(kept)

    again = another.take_up(NOW)
    assert again is not None
    assert again.attempts == 1


@pytest.mark.live
def test_what_follows_from_messages_follows_in_their_order(postgres_engine: Engine) -> None:
    one, another = SqlStore(postgres_engine), SqlStore(postgres_engine)
    keep_two(one)
    first, second = one.take_up(NOW), another.take_up(NOW)
    assert first is not None
    assert second is not None
    came: list[str] = []
    is_asked = threading.Event()

    def later() -> None:
        is_asked.set()
        with another.in_turn(second):
            came.append("second")
            another.save(second, Change(), NOW)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(later)
        assert is_asked.wait(5)
        with one.in_turn(first):
            came.append("first")
            one.save(first, Change(), NOW)
        waiting.result(10)

    assert came == ["first", "second"]


def test_a_message_that_has_failed_before_holds_nobody_up(one: SqlStore, another: SqlStore) -> None:
    keep_two(one)
    one.take_up(NOW)
    failed = another.take_up(LATER)
    assert failed is not None
    second = one.take_up(LATER)
    assert second is not None
    assert second.id > failed.id

    with one.in_turn(second):
        one.save(second, Change(), LATER)

    assert one.waiting()[0] == 1


# sending


def test_a_card_is_drawn_by_one_program_at_a_time(one: SqlStore, another: SqlStore) -> None:
    kept = opened(one)
    (first,) = one.claim(Channel.SLACK, NOW, LEASE, 1)
    one.save(kept, Change(case().changed(owner="U1"), redraws_card=True), NOW)

    assert another.claim(Channel.SLACK, NOW, LEASE, 10) == ()
    one.mark_sent(first, Receipt("C1:17.2"), NOW)
    assert len(another.claim(Channel.SLACK, NOW, LEASE, 10)) == 1


def test_a_card_that_waits_to_be_mended_holds_up_no_later_one(one: SqlStore, another: SqlStore) -> None:
    kept = opened(one)
    (first,) = one.claim(Channel.SLACK, NOW, LEASE, 1)
    one.save(kept, Change(case().changed(owner="U1"), redraws_card=True), NOW)
    one.postpone(first, "the channel is archived", NOW + HOUR)

    assert len(another.claim(Channel.SLACK, NOW, LEASE, 10)) == 1


def test_who_has_lost_the_claim_gives_nothing_up(one: SqlStore, another: SqlStore) -> None:
    opened(one)
    (slow,) = one.claim(Channel.EMAIL, NOW, LEASE, 10)
    (fast,) = another.claim(Channel.EMAIL, NOW + LEASE, LEASE, 10)
    another.mark_sent(fast, Receipt("<ack@desk>"), NOW + LEASE)

    one.give_up(slow, "no such address", Notice("Not sent", "no such address"), NOW + LEASE)

    assert one.retry(slow.key, NOW) is False
    assert one.letters_waiting() == 0


def test_only_what_was_on_its_way_counts_as_lost(one: SqlStore) -> None:
    opened(one)
    (first,) = one.claim(Channel.EMAIL, NOW, LEASE, 10)
    (second,) = one.claim(Channel.EMAIL, NOW + LEASE, LEASE, 10)
    assert (first.lost, second.lost) == (0, 0)
    assert one.begin(second, NOW + LEASE)

    (third,) = one.claim(Channel.EMAIL, NOW + 2 * LEASE, LEASE, 10)

    assert third.lost == 1


# follow-ups


def test_follow_ups_that_were_lost_twice_are_taken_one_at_a_time(engine: Engine) -> None:
    store = SqlStore(engine, plan)
    opened_with_plan(store)
    assert [due.lost for due in claim(store, 3)] == [0, 0]
    assert [due.lost for due in claim(store, 4)] == [1, 1]

    assert [due.lost for due in claim(store, 5)] == [2]
    assert [due.lost for due in claim(store, 5)] == [2]


def test_a_follow_up_that_was_set_aside_is_shown_and_can_be_tried_again(engine: Engine) -> None:
    store = SqlStore(engine, plan)
    opened_with_plan(store)
    (due,) = claim(store)

    store.set_follow_up_aside(due, "it broke the program", Notice("Broken", "It broke."), NOW + HOUR)

    assert claim(store) == ()
    (shown,) = store.claim(Channel.SLACK, NOW + HOUR, LEASE, 10)
    assert isinstance(shown.what, Notice)
    assert store.retry(shown.what.again, NOW + HOUR)
    assert [each.id for each in claim(store)] == [due.id]


# all at once


@pytest.mark.live
def test_what_many_claim_at_once_is_claimed_once(postgres_engine: Engine) -> None:
    """Four programs, and two hundred letters."""
    first = SqlStore(postgres_engine)
    kept = opened(first)
    with postgres_engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET state = 'sent'"))
        connection.execute(
            text(
                "INSERT INTO outbox (key, via, kind, recipient, body, state, next_at, token, attempts, identity, reason) "
                "SELECT 'notice:' || n, 'slack', 'notice', '', '{\"title\": \"t\", \"text\": \"t\"}', 'ready', 0, '', 0, '', '' "
                "FROM generate_series(1, 200) AS n"
            )
        )
    assert kept is not None

    def work(store: SqlStore) -> list[str]:
        keys: list[str] = []
        while came := store.claim(Channel.SLACK, NOW, LEASE, 5):
            for each in came:
                assert store.begin(each, NOW)
                store.mark_sent(each, Receipt("C1:1"), NOW)
                keys.append(each.key)
        return keys

    with ThreadPoolExecutor(4) as pool:
        all_keys = [
            key for keys in pool.map(work, [SqlStore(postgres_engine) for _ in range(4)]) for key in keys
        ]

    assert len(all_keys) == 200
    assert len(set(all_keys)) == 200


@pytest.mark.live
def test_what_many_note_at_once_is_noted_once_and_in_one_chain(postgres_engine: Engine) -> None:
    stores = [SqlStore(postgres_engine) for _ in range(4)]
    mail = Arrival(Channel.SLACK, "slack:Ev1", b"{}", NOW)

    def work(store: SqlStore) -> tuple[int, bool]:
        store.heartbeat(NOW)
        return store.keep([mail]), store.post(Notice("Alarm", "broken"), "alarm:1", NOW)

    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(work, stores))

    assert sum(new for new, _ in came) == 1
    assert sum(posted for _, posted in came) == 1


# who leads


@pytest.mark.live
def test_one_program_leads_and_the_next_does_when_it_ends(postgres_engine: Engine) -> None:
    one, another = Lead(postgres_engine, "mailbox"), Lead(postgres_engine, "mailbox")

    assert one.is_ours()
    assert not another.is_ours()
    assert one.is_ours()
    one.close()
    assert another.is_ours()
    another.close()


@pytest.mark.live
def test_who_says_nothing_loses_the_lead_and_knows_it(postgres_engine: Engine) -> None:
    """As one does that hangs, or whose computer is gone: the server waits no more than some seconds."""
    one, another = Lead(postgres_engine, "mailbox"), Lead(postgres_engine, "mailbox")
    assert one.is_ours()

    deadline = threading.Event()
    for _ in range(60):
        if another.is_ours():
            break
        deadline.wait(0.25)

    assert another.is_ours()
    assert not one.is_ours()
    one.close()
    another.close()


# one program on a file


def test_a_second_program_on_one_file_is_told_whose_it_is(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'desk.db'}")
    holder = Sole(engine, NOW)

    with pytest.raises(InUse, match=r"process \d+ on \S+, since 2026-03-02 15:00 UTC"):
        Sole(engine, NOW)
    holder.release()
    Sole(engine, NOW).release()
    engine.dispose()


def test_who_has_a_file_alone_goes_on_at_once_with_what_a_dead_program_had(
    tmp_path: Path, engine: Engine
) -> None:
    before = SqlStore(engine)
    opened(before)
    before.keep([arrival("imap:desk:1:2", b"Subject: 2")])
    assert before.take_up(NOW) is not None
    (letter,) = before.claim(Channel.EMAIL, NOW, LEASE, 10)
    (card,) = before.claim(Channel.SLACK, NOW, LEASE, 10)
    assert before.begin(letter, NOW)
    after = SqlStore(engine)

    after.take_over(SOON)

    assert after.take_up(SOON) is not None
    assert [each.key for each in after.claim(Channel.SLACK, SOON, LEASE, 10)] == [card.key]
    # What may be on its way is looked for, when a copy of it would be there.
    assert after.claim(Channel.EMAIL, SOON, LEASE, 10) == ()
    assert len(after.claim(Channel.EMAIL, SOON + timedelta(minutes=2), LEASE, 10)) == 1


def test_what_was_heard_is_known_to_all(one: SqlStore, another: SqlStore) -> None:
    assert another.heard(Channel.EMAIL) is None

    one.hear(Channel.EMAIL, NOW)

    assert another.heard(Channel.EMAIL) == NOW
