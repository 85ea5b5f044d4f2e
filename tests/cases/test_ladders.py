"""The ladders as staff write them: what cannot be meant is refused with its place and its mend."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crbot import config
from crbot.cases.hours import Wait
from crbot.cases.ladders import Purpose, To, parse_ladders
from crbot.cases.letters import NEEDS_RELEASE, LetterName
from crbot.triage.notation import PolicyError

FILES = config.read_texts(config.rules_folder(None), ".yaml")
LADDERS, _ = parse_ladders(FILES)


def spoilt(old: str, new: str) -> dict[str, str]:
    assert old in FILES["followups.yaml"]
    return {**FILES, "followups.yaml": FILES["followups.yaml"].replace(old, new, 1)}


def test_every_wait_has_its_ladder() -> None:
    assert set(LADDERS.of) == set(Purpose)
    assert LADDERS.limits.fresh_ears == timedelta(minutes=15)


def test_every_ladder_ends_with_a_person_and_never_with_a_letter() -> None:
    assert {ladder.steps[-1].to for ladder in LADDERS.of.values()} == {To.LEAD}


def test_no_step_can_send_an_adverse_letter() -> None:
    sent = {step.letter for ladder in LADDERS.of.values() for step in ladder.steps}

    assert not sent & NEEDS_RELEASE


def test_questions_are_reminded_of_three_times_in_the_agencys_business_days() -> None:
    waits = [step.after for step in LADDERS.of[Purpose.MISSING_FACTS].steps if step.letter]

    assert waits == [Wait(business_days=2), Wait(business_days=5), Wait(business_days=10)]


def test_a_ladder_without_rows_is_off() -> None:
    header = "| after   | to   | letter | words |\n"
    text = FILES["followups.yaml"]
    start = text.index(header, text.index("  dormant:")) + len(header)

    ladders, _ = parse_ladders({**FILES, "followups.yaml": text[:start]})

    assert ladders.of[Purpose.DORMANT].steps == ()


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"hours.yaml": FILES["hours.yaml"]}, "followups.yaml: is missing"),
        (spoilt("  missing_facts:", "  mising_facts:"), "did you mean 'missing_facts'?"),
        (spoilt("  missing_facts:", "  mising_facts:"), "`missing_facts:` is missing"),
        (spoilt("| 2 business days  | agency", "| soon  | agency"), "'soon' is no wait; write “at once” or"),
        (spoilt("| agency | reminder_questions", "| agenci | reminder_questions"), "did you mean 'agency'?"),
        (
            spoilt("| agency | reminder_questions", "| agency | remind_questions"),
            "did you mean 'reminder_questions'?",
        ),
        (spoilt("| agency | reminder_questions", "| agency | decline"), "'decline' is no letter of missing_facts"),
        (spoilt("| lead   | -                  | No", "| lead   | check_in | No"), "letters go to the agency"),
        (
            spoilt("| agency | reminder_questions | -     |", "| agency | reminder_questions | Hello |"),
            "the letter's words stand in templates/",
        ),
        (spoilt("| 2 business days  | agency", "| 20 business days  | agency"), "in the order of their waits"),
        (spoilt("| 2 business days  | agency", "| 2 business days before | agency"), "before a call that is set"),
        (spoilt("letters_a_day: 1 ", "letters_a_day: one "), "'one' is no number"),
        (spoilt("letters_a_ladder: 3 ", "letters_a_ladder: 2 "), "has 3 letters where letters_a_ladder is 2"),
        (spoilt("America/New_York", "America/New_Yok"), "'America/New_Yok' is no time zone"),
        (spoilt("limits:", "limit:"), "did you mean 'limits'?"),
    ],
)  # fmt: skip
def test_ladders_that_cannot_be_used_are_refused_with_their_place(files: dict[str, str], wanted: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_ladders(files)

    assert wanted in str(refused.value)
    assert str(refused.value).startswith("followups.yaml")


def test_the_how_manieth_letter_a_step_sends_is_counted_by_its_name() -> None:
    check_in = LADDERS.of[Purpose.CHECK_IN]
    letters = [(check_in.step(number).letter, check_in.ordinal(number)) for number in (1, 2, 4)]

    assert letters == [
        (LetterName.CHECK_IN, 1),
        (LetterName.CHECK_IN_REMINDER, 1),
        (LetterName.CHECK_IN, 2),
    ]
