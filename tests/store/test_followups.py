"""What the store promises of follow-ups: open rows follow the case, each is taken by one and done once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text

from crbot.cases.case import Case, Stage
from crbot.cases.followups import FollowUp
from crbot.cases.ladders import Purpose
from crbot.cases.letters import Letter, LetterName
from crbot.cases.respond import Change, Entry, Notice
from crbot.intake.ports import Arrival, Brake, Due, Kept, Progress, Receipt, Stale
from crbot.store.followups import _DUE
from crbot.store.store import SqlStore
from crbot.store.tables import followups
from crbot.triage.message import Channel
from tests.store.test_store import NOW, WHERE, arrival, case, decision, received

LEASE = timedelta(minutes=5)
HOUR = timedelta(hours=1)


def plan(of: Case) -> tuple[FollowUp, ...]:
    """Three steps while a case is received; their event changes with its owner."""
    if of.stage is not Stage.RECEIVED:
        return ()
    event = of.owner or "nobody"
    return tuple(
        FollowUp(of.number, Purpose.MISSING_FACTS, step, event, NOW + step * HOUR, is_letter=step < 3)
        for step in (1, 2, 3)
    )


@pytest.fixture
def store(engine: Engine) -> SqlStore:
    return SqlStore(engine, plan)


def opened(store: SqlStore) -> Kept:
    store.keep([arrival()])
    kept = store.take_up(NOW)
    assert kept is not None
    store.save(kept, Change(case()), NOW, received(), decision())
    return kept


def changed(store: SqlStore, kept: Kept, **changes: object) -> Case:
    before = store.case("CRI-2026-0001")
    assert before is not None
    after = before.changed(**changes)
    store.save(kept, Change(after), NOW)
    return after


def states(engine: Engine) -> dict[tuple[int, str], str]:
    with engine.connect() as connection:
        rows = connection.execute(select(followups.c.step, followups.c.event, followups.c.state))
        return {(row.step, row.event): row.state for row in rows}


def claim(store: SqlStore, hours: float = 1, *, letters: bool = True) -> tuple[Due, ...]:
    return store.claim_follow_ups(letters=letters, now=NOW + hours * HOUR, lease=LEASE, limit=10)


def done(case_: Case) -> Change:
    letter = Letter(LetterName.REMINDER_QUESTIONS, WHERE, case_.number, {"questions": [], "step": 1})
    return Change(case_.changed(), letters=(letter,), entries=(Entry("followed up", "crbot"),))


def settled(store: SqlStore, due: Due, now_hours: float = 1) -> None:
    assert due.case is not None
    store.settle(due, done(due.case), NOW + now_hours * HOUR, NOW + 8 * HOUR)


def test_a_saved_case_has_its_follow_ups(store: SqlStore, engine: Engine) -> None:
    opened(store)

    assert states(engine) == {(step, "nobody"): "open" for step in (1, 2, 3)}


def test_a_changed_case_no_longer_waits_for_what_was(store: SqlStore, engine: Engine) -> None:
    kept = opened(store)

    changed(store, kept, owner="U1")

    assert states(engine) == {
        (step, event): state for step in (1, 2, 3) for event, state in (("nobody", "dropped"), ("U1", "open"))
    }


def test_what_a_case_waits_for_again_is_open_again_unless_it_was_done(
    store: SqlStore, engine: Engine
) -> None:
    kept = opened(store)
    settled(store, claim(store)[0])
    (letter,) = store.claim(Channel.EMAIL, NOW + HOUR, LEASE, 10)
    store.mark_sent(letter, Receipt("<reminder@desk>"), NOW + HOUR)
    changed(store, kept, owner="U1")

    changed(store, kept, owner=None)

    of_nobody = {step: state for (step, event), state in states(engine).items() if event == "nobody"}
    assert of_nobody == {1: "done", 2: "open", 3: "open"}


def test_a_closed_case_waits_for_nothing(store: SqlStore, engine: Engine) -> None:
    kept = opened(store)

    changed(store, kept, stage=Stage.CLOSED)

    assert set(states(engine).values()) == {"dropped"}
    assert claim(store, 10) == ()


def test_due_follow_ups_come_with_their_case_and_all_that_stands_of_it(store: SqlStore) -> None:
    opened(store)

    (due,) = claim(store)

    assert due.follow_up.step == 1
    assert due.case == case()
    assert [each.progress for each in due.standing] == [Progress.OPEN] * 3


def test_letters_and_words_to_staff_are_claimed_apart(store: SqlStore) -> None:
    opened(store)

    assert [due.follow_up.step for due in claim(store, 10, letters=True)] == [1, 2]
    assert [due.follow_up.step for due in claim(store, 10, letters=False)] == [3]


def test_a_claimed_follow_up_is_nobody_elses_until_the_lease_ends(store: SqlStore) -> None:
    opened(store)

    assert len(claim(store)) == 1
    assert claim(store) == ()
    assert len(claim(store, 1.1)) == 1


def test_a_follow_up_is_settled_once(store: SqlStore) -> None:
    opened(store)
    (slow,) = claim(store)
    (fast,) = claim(store, 1.1)

    settled(store, fast)
    with pytest.raises(Stale):
        settled(store, slow)

    assert len(store.record_of("CRI-2026-0001")) == 1


def test_a_follow_up_of_a_case_that_changed_meanwhile_is_not_settled(store: SqlStore, engine: Engine) -> None:
    kept = opened(store)
    (due,) = claim(store)
    changed(store, kept, subject="something else")

    with pytest.raises(Stale):
        settled(store, due)

    assert states(engine)[1, "nobody"] == "open"
    assert store.record_of("CRI-2026-0001") == ()


def test_a_letter_is_not_settled_while_a_message_waits_to_be_read(store: SqlStore) -> None:
    opened(store)
    (due,) = claim(store)
    store.keep([Arrival(Channel.EMAIL, "imap:desk:1:2", b"the answer", NOW)])

    with pytest.raises(Stale):
        settled(store, due)

    store.put_off(due, NOW + 2 * HOUR, "looked at again")
    assert claim(store, 1.5) == ()


def test_what_is_passed_over_is_not_waited_for_again(store: SqlStore, engine: Engine) -> None:
    kept = opened(store)
    (due,) = claim(store)

    store.end(due, Progress.PASSED, "melted into step 2", NOW + HOUR)
    changed(store, kept, subject="something else")

    assert states(engine)[1, "nobody"] == "passed"


def test_a_letter_that_has_not_left_is_called_back_when_its_case_changes(
    store: SqlStore, engine: Engine
) -> None:
    kept = opened(store)
    settled(store, claim(store)[0])
    changed(store, kept, stage=Stage.CLOSED)

    assert store.claim(Channel.EMAIL, NOW + 2 * HOUR, LEASE, 10) == ()
    assert states(engine)[1, "nobody"] == "dropped"
    assert [line["what"] for line in store.record_of("CRI-2026-0001")] == ["followed up", "called back"]


def test_a_letter_that_is_being_sent_is_not_called_back(store: SqlStore, engine: Engine) -> None:
    kept = opened(store)
    settled(store, claim(store)[0])
    (letter,) = store.claim(Channel.EMAIL, NOW + HOUR, LEASE, 10)
    assert store.begin(letter, NOW + HOUR)

    changed(store, kept, stage=Stage.CLOSED)

    assert states(engine)[1, "nobody"] == "done"


def test_a_letter_past_its_hour_is_due_again_as_a_follow_up(store: SqlStore) -> None:
    opened(store)
    settled(store, claim(store)[0])

    assert store.claim(Channel.EMAIL, NOW + 9 * HOUR, LEASE, 10) == ()
    assert [due.follow_up.step for due in claim(store, 9)] == [2, 1]


def test_other_rules_plan_all_cases_anew_and_the_same_rules_do_not(store: SqlStore, engine: Engine) -> None:
    opened(store)

    def otherwise(of: Case) -> tuple[FollowUp, ...]:
        return tuple(replace(each, due_at=each.due_at + HOUR) for each in plan(of) if each.step < 3)

    other = SqlStore(engine, otherwise)

    assert store.replan("rules 1", NOW) == 1
    assert store.replan("rules 1", NOW) == 0
    assert other.replan("rules 2", NOW) == 1
    assert states(engine) == {(1, "nobody"): "open", (2, "nobody"): "open", (3, "nobody"): "dropped"}
    assert claim(store) == ()
    assert len(claim(store, 2)) == 1


def test_while_the_brake_is_pulled_nothing_is_claimed_but_what_is_for_staff_to_see(store: SqlStore) -> None:
    kept = opened(store)
    store.save(kept, Change(letters=(Letter(LetterName.ENQUIRY, WHERE),)), NOW)
    store.pull_brake(Brake("Jordan Lee", "a test", NOW), Notice("Paused", "a test"))

    assert claim(store, 10) == ()
    assert claim(store, 10, letters=False) == ()
    assert store.claim(Channel.EMAIL, NOW, LEASE, 10) == ()
    assert len(store.claim(Channel.SLACK, NOW, LEASE, 10)) == 1

    store.release_brake("Jordan Lee", NOW, Notice("Going on", "a test"))
    assert len(claim(store, 10)) == 2
    assert len(store.claim(Channel.EMAIL, NOW, LEASE, 10)) == 1


def test_what_is_due_is_found_by_the_index_of_what_is_open(engine: Engine) -> None:
    is_postgres = engine.dialect.name == "postgresql"
    values = {"is_letter": True, "now": int(NOW.timestamp()), "limit": 20}
    with engine.connect() as connection:
        if is_postgres:  # which reads a table of few rows as a whole, whatever indexes it has
            connection.exec_driver_sql("SET enable_seqscan = off")
        steps = connection.execute(
            text(f"EXPLAIN {'' if is_postgres else 'QUERY PLAN'} {_DUE}"), values
        ).all()

    assert any("ix_followups_due" in str(step[-1]) for step in steps)
