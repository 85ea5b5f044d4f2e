"""What staff look up: open cases, cases by words, what was written, where the card stands; and what fails twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crbot.cases.case import Place, Stage
from crbot.cases.respond import Change, Notice
from crbot.intake.ports import Drawing, Receipt
from crbot.store.store import SqlStore
from crbot.triage.message import Channel
from tests.store.test_store import LEASE, NOW, arrival, case, opened, received, store

__all__ = ["store"]  # a fixture


def test_open_cases_are_those_that_have_not_ended(store: SqlStore) -> None:
    kept = opened(store)
    store.save(kept, Change(replace(case("CRI-2026-0002"), stage=Stage.CLOSED)), NOW)

    assert [each.number for each in store.open_cases()] == ["CRI-2026-0001"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["cri-2026-0002"], ["CRI-2026-0002"]),
        (["100%", "sure"], ["CRI-2026-0002"]),
        (["100_"], []),
        (["nowhere"], []),
        ([], ["CRI-2026-0002", "CRI-2026-0001"]),
        (['"quoted"', "\\", "éclair"], ["CRI-2026-0002", "CRI-2026-0001"]),
    ],
)
def test_cases_are_found_by_all_of_the_words(words: list[str], found: list[str], store: SqlStore) -> None:
    kept = opened(store)
    store.save(kept, Change(replace(case("CRI-2026-0002"), subject="100% Sure")), NOW)

    assert [each.number for each in store.search(words, 10)] == found


def test_what_was_written_and_where_the_card_stands_is_looked_up(store: SqlStore) -> None:
    store.keep([arrival()])
    kept = store.take_up(NOW)
    assert kept is not None
    store.save(kept, Change(case(), redraws_card=True), NOW, received())
    assert store.card_of("CRI-2026-0001", Place.CRI_TAC) == ""
    (outgoing,) = store.claim(Channel.SLACK, NOW, LEASE, 10)
    assert isinstance(outgoing.what, Drawing)

    store.mark_sent(outgoing, Receipt("C0TAC:17.1"), NOW)

    assert store.card_of("CRI-2026-0001", outgoing.what.place) == "C0TAC:17.1"
    assert store.words_of("CRI-2026-0001") == (received().message.body,)
    assert store.words_of("CRI-2026-0002") == ()


def test_what_fails_again_after_a_person_had_it_tried_again_is_told_again(store: SqlStore) -> None:
    notice = Notice("A message", "It broke")
    store.keep([arrival()])
    for _ in range(3):
        kept = store.take_up(NOW)
        assert kept is not None
        store.set_aside(kept, "It broke", notice, NOW)
        assert store.retry(str(kept.id), NOW)

    assert len(store.claim(Channel.SLACK, NOW, LEASE, 10)) == 3


def test_a_letter_that_fails_again_is_told_again(store: SqlStore) -> None:
    opened(store)
    for _ in range(3):
        (outgoing,) = store.claim(Channel.EMAIL, NOW, LEASE, 10)
        store.give_up(outgoing, "The address is refused", Notice("Not sent", "refused"), NOW)
        assert store.retry(outgoing.key, NOW)

    told = store.claim(Channel.SLACK, NOW, LEASE, 10)
    assert len([each for each in told if isinstance(each.what, Notice)]) == 3
