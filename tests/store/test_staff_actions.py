"""What a person of staff does, as the store keeps it: two cases at once, a second try, and nothing adverse by accident."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select, update

from crbot.cases.letters import NEEDS_RELEASE, Letter, LetterName, Release
from crbot.cases.respond import Beside, Change, Notice
from crbot.intake.ports import Drawing, Receipt, Stale
from crbot.store.rows import origin_of
from crbot.store.store import SqlStore
from crbot.store.tables import outbox
from crbot.triage.message import Channel
from tests.store.test_store import LEASE, NOW, WHERE, arrival, case, opened, store

__all__ = ["store"]  # a fixture


def send_all(store: SqlStore) -> None:
    for outgoing in store.claim(Channel.EMAIL, NOW, LEASE, 10):
        store.mark_sent(outgoing, Receipt("<sent@desk.example.gov>"), NOW)


def released(name: LetterName) -> Letter:
    return Letter(name, WHERE, "CRI-2026-0001", {}, Release(by="U0LEE", drafted_by="U0ORTIZ"))


@pytest.mark.parametrize("name", sorted(NEEDS_RELEASE))
@pytest.mark.parametrize(
    "release", [None, {"by": "", "drafted_by": "x"}, {"by": "crbot", "drafted_by": "crbot"}]
)
def test_a_stored_adverse_letter_without_a_persons_release_is_never_handed_out(
    name: LetterName, release: dict[str, str] | None, store: SqlStore, engine: Engine
) -> None:
    kept = opened(store)
    send_all(store)
    store.save(kept, Change(letters=(released(name),)), NOW)
    row = outbox.c.key == f"{name.value}:{origin_of(kept.arrival.key, kept.arrival.content)}"
    with engine.begin() as connection:
        body = json.loads(connection.scalar(select(outbox.c.body).where(row)) or "")
        connection.execute(update(outbox).where(row).values(body=json.dumps(body | {"release": release})))

    assert store.claim(Channel.EMAIL, NOW, LEASE, 10) == ()
    with engine.begin() as connection:
        assert connection.scalar(select(outbox.c.state).where(row)) == "failed"


def test_a_stored_adverse_letter_with_its_release_is_handed_out(store: SqlStore) -> None:
    kept = opened(store)
    send_all(store)
    store.save(kept, Change(letters=(released(LetterName.DECLINE),)), NOW)

    (outgoing,) = store.claim(Channel.EMAIL, NOW, LEASE, 10)

    assert outgoing.what == released(LetterName.DECLINE)


def test_two_cases_that_are_merged_change_together(store: SqlStore) -> None:
    kept = opened(store)
    store.save(kept, Change(case("CRI-2026-0002")), NOW)
    merged = replace(case(revision=2), merged_into="CRI-2026-0002")
    grown = case("CRI-2026-0002", revision=2)

    store.save(kept, Change(merged, redraws_card=True, log="Duplicate", beside=Beside(grown, "Merged")), NOW)

    assert [store.case(number) for number in ("CRI-2026-0001", "CRI-2026-0002")] == [merged, grown]
    drawn = [
        each.what for each in store.claim(Channel.SLACK, NOW, LEASE, 10) if isinstance(each.what, Drawing)
    ]
    assert [(each.case.number, each.log) for each in drawn][1:] == [
        ("CRI-2026-0001", "Duplicate"),
        ("CRI-2026-0002", "Merged"),
    ]


def test_of_two_cases_that_are_merged_none_changes_where_the_other_has_changed_meanwhile(
    store: SqlStore,
) -> None:
    kept = opened(store)
    store.save(kept, Change(case("CRI-2026-0002")), NOW)
    merged = replace(case(revision=2), merged_into="CRI-2026-0002")

    with pytest.raises(Stale):
        store.save(kept, Change(merged, beside=Beside(case("CRI-2026-0002", revision=3), "")), NOW)

    assert store.case("CRI-2026-0001") == case()


def test_what_was_set_aside_is_tried_again_when_a_person_says_so(store: SqlStore) -> None:
    store.keep([arrival()])
    kept = store.take_up(NOW)
    assert kept is not None
    store.set_aside(kept, "It broke", Notice("A message", "It broke"), NOW)
    assert store.take_up(NOW) is None

    assert store.retry(str(kept.id), NOW)

    again = store.take_up(NOW)
    assert again is not None
    assert (again.id, again.attempts) == (kept.id, 1)


def test_a_letter_that_could_not_be_sent_is_looked_for_and_tried_again(store: SqlStore) -> None:
    opened(store)
    (outgoing,) = store.claim(Channel.EMAIL, NOW, LEASE, 10)
    store.give_up(outgoing, "The address is refused", None, NOW)

    assert store.retry(outgoing.key, NOW)

    (again,) = store.claim(Channel.EMAIL, NOW, LEASE, 10)
    assert (again.key, again.is_repeat) == (outgoing.key, True)


@pytest.mark.parametrize("what", ["1", "acknowledgement:1", "7", "9" * 40, "nothing", ""])
def test_what_is_neither_set_aside_nor_unsent_is_not_tried_again(what: str, store: SqlStore) -> None:
    opened(store)

    assert not store.retry(what, NOW)


def test_a_persons_own_cases_are_those_that_they_wrote_to(store: SqlStore) -> None:
    opened(store)
    (found,) = store.cases_of(case().requester.key, 10)

    assert found.number == "CRI-2026-0001"
    assert store.cases_of("somebody@else.example", 10) == ()
