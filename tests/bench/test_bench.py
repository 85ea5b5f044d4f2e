"""The benchmark measures what it says."""

from __future__ import annotations

import time
from email import message_from_bytes, policy

import pytest

from crbot.config import rules_folder
from tests.bench.measure import Row, cpu_of, cpu_of_all
from tests.bench.messages import as_mail, body_of, samples
from tests.bench.triage import phrases_of


def test_its_messages_are_the_same_in_every_run_and_no_two_are_alike() -> None:
    made = samples(300)

    assert made == samples(300)
    assert len({each.body for each in made}) == 300
    assert 150 <= sum(len(each.body.split()) for each in made) / 300 <= 250


def test_a_mail_of_it_holds_the_body() -> None:
    (sample,) = samples(1)

    mail = message_from_bytes(as_mail(sample), policy=policy.default)
    plain = mail.get_body(("plain",))

    assert plain is not None
    assert plain.get_content().split() == sample.body.split()


def test_a_body_has_the_size_that_is_wanted() -> None:
    assert len(body_of(10_000)) == 10_000


def test_the_floor_looks_for_the_phrases_of_the_rules() -> None:
    phrases = phrases_of(rules_folder(None))

    assert "chief of police" in phrases
    assert len(phrases) > 500


def test_waiting_costs_no_cpu_time() -> None:
    assert cpu_of(lambda: time.sleep(0.05)) < 0.04


def test_the_cpu_time_of_all_counts_what_this_process_burns() -> None:
    before = cpu_of_all()
    sum(range(3_000_000))

    assert cpu_of_all() > before


@pytest.mark.parametrize(
    ("figure", "is_well"),
    [(1e-3, True), (2.1e-3, False)],
)
def test_a_row_is_well_below_its_bar(figure: float, is_well: bool) -> None:
    row = Row("work", "least work", figure, floor=1e-3, bar=2)

    assert row.is_well is is_well


def test_a_row_is_not_well_above_the_most_that_it_may_cost() -> None:
    row = Row("work", "least work", figure=1.5e-3, floor=1e-3, bar=2, most=1e-3)

    assert not row.is_well
