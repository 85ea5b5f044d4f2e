"""The scoping call: times that suit are proposed, and what people answer is understood, or given to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot import config, wiring
from crbot.cases.hours import parse_hours
from crbot.cases.meetings import Answer, Call, read_choice, suggest_slots
from crbot.triage.message import Channel, Message, Person

WORDS = wiring.load_policy().words
HOURS = parse_hours(config.read_texts(config.rules_folder(None), ".yaml"))
DENVER = ZoneInfo("America/Denver")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=DENVER).astimezone(UTC)


TUESDAY, WEDNESDAY, FRIDAY = at("2026-03-10 14:00"), at("2026-03-11 09:30"), at("2026-03-13 10:00")
CALL = Call(
    1, "call-1@cops.example.gov", 0, (TUESDAY, WEDNESDAY, FRIDAY), 30, "800-421-6770", "America/Denver"
)


def answered(body: str, call: Call = CALL, **answers: str) -> tuple[Answer, datetime | None] | None:
    message = Message(Channel.EMAIL, Person("Chief Ada Bell"), body, answers=answers)
    choice = read_choice(message, call, WORDS)
    return (choice.answer, choice.slot) if choice else None


@pytest.mark.parametrize(
    ("body", "slot"),
    [
        ("The second one works for me.", WEDNESDAY),
        ("2", WEDNESDAY),
        ("2.", WEDNESDAY),
        ("#3 please", FRIDAY),
        ("Option 1 is good", TUESDAY),
        ("option two", WEDNESDAY),
        ("Let's take the last one.", FRIDAY),
        ("Tuesday at 2 works.", TUESDAY),
        ("Tuesday the 10th, 2 pm, is fine.", TUESDAY),
        ("Wed. morning please", WEDNESDAY),
        ("March 13 at 10", FRIDAY),
        ("13 March suits me", FRIDAY),
        ("3/11 is good for the captain and me", WEDNESDAY),
        ("I can do the 13th.", FRIDAY),
        ("9:30 on Wednesday", WEDNESDAY),
        ("How about the afternoon one", TUESDAY),
        ("Any of them is fine with us.", TUESDAY),
        ("Either Wednesday or Friday works.", WEDNESDAY),
        ("I can't do Tuesday, but Friday at 10 works.", FRIDAY),
        ("Not the first one. The second is fine.", WEDNESDAY),
        ("1 and 3 are out, 2 works", WEDNESDAY),
        ("Chief says Friday.\n\nSgt. Lou Pike\nElm Ridge PD\n555-0142", FRIDAY),
        ("Tuesday and Wednesday don't work. Anything else is fine, I am flexible. Friday!", FRIDAY),
        ("Good morning,\n\nThe Friday time works well.\n\nThank you,\nChief Bell", FRIDAY),
        ("10 am works", FRIDAY),
        ("All three work, your pick", TUESDAY),
    ],
)
def test_a_slot_is_chosen_in_peoples_own_words(body: str, slot: datetime) -> None:
    assert answered(body) == (Answer.CHOSEN, slot)


@pytest.mark.parametrize(
    "body",
    [
        "None of these work for me, next week please.",
        "Neither I nor the captain can make it; could we find another day.",
        "I can't do any of them.",
        "Tuesday, Wednesday and Friday are all bad for us.",
        "I am out of town. We need to reschedule for next month.",
    ],
)
def test_a_refusal_of_all_is_understood(body: str) -> None:
    assert answered(body) == (Answer.NONE, None)


@pytest.mark.parametrize(
    "body",
    [
        "Could you do Thursday at 2 instead.",
        "Tuesday at 4 would be better.",
        "I can't do Tuesday.",
        "March 17 works.",
        "Would Thursday be possible?",
        "Is Friday the only day you have?",
        "The shooting was on Tuesday, March 3, at 2 in the afternoon.",
    ],
)
def test_a_time_that_was_not_proposed_goes_to_a_person(body: str) -> None:
    assert answered(body) == (Answer.UNCLEAR, None)


@pytest.mark.parametrize(
    "body",
    [
        "Thank you for your help.",
        "Here is our policy manual, as promised.",
        "We have 14 officers and 2 sergeants.",
        "Our use of force policy was last changed in 2014.",
        "",
    ],
)
def test_what_says_nothing_of_times_is_no_answer(body: str) -> None:
    assert answered(body) is None


@pytest.mark.parametrize("body", ["Yes, that works.", "ok", "Confirmed, talk to you then."])
def test_a_yes_is_enough_where_one_time_was_proposed(body: str) -> None:
    assert answered(body, replace(CALL, slots=(FRIDAY,))) == (Answer.CHOSEN, FRIDAY)


def test_a_yes_to_three_times_chooses_none_of_them() -> None:
    assert answered("Yes.") in (None, (Answer.UNCLEAR, None))


def test_words_that_are_quoted_choose_nothing() -> None:
    assert (
        answered("Thanks.\n\n> 1. Tuesday, March 10 at 2:00 pm\n> 2. Wednesday, March 11 at 9:30 am") is None
    )


@pytest.mark.parametrize(
    ("pressed", "wanted"),
    [("2", (Answer.CHOSEN, WEDNESDAY)), ("none", (Answer.NONE, None)), ("7", (Answer.UNCLEAR, None))],
)
def test_a_button_says_which(pressed: str, wanted: tuple[Answer, datetime | None]) -> None:
    assert answered("The first one.", call_slot=pressed) == wanted


@given(body=st.text(max_size=300))
def test_whatever_is_answered_is_read_without_harm(body: str) -> None:
    choice = answered(body)

    assert choice is None or (choice[1] in CALL.slots) == (choice[0] is Answer.CHOSEN)


# What to propose


@given(
    now=st.integers(0, 2 * 365 * 24 * 60).map(
        lambda minutes: at("2026-01-01 00:00") + timedelta(minutes=minutes)
    ),
    state=st.sampled_from(sorted(HOURS.by_state)),
    count=st.integers(2, 5),
)
def test_proposed_times_suit_the_agency(now: datetime, state: str, count: int) -> None:
    zones = HOURS.zones_of(state)
    length = timedelta(minutes=30)

    slots = suggest_slots(HOURS, zones, (), now, count=count)

    assert len(slots) >= 2
    assert len({slot.astimezone(zones[0]).date() for slot in slots}) == len(slots)
    assert all(before < after for before, after in pairwise(slots))
    for slot in slots:
        assert slot > now + timedelta(days=1)
        for zone in zones:
            begins, ends = slot.astimezone(zone), (slot + length).astimezone(zone)
            assert HOURS.is_business_day(begins.date())
            assert not HOURS.is_closed(begins.date() + timedelta(days=1))
            assert (begins.hour, begins.minute) >= (9, 0)
            assert (ends.hour, ends.minute) <= (15, 0)


def test_mornings_and_afternoons_take_turns() -> None:
    slots = suggest_slots(HOURS, (DENVER,), (), at("2026-03-06 12:00"))

    assert [slot.astimezone(DENVER).strftime("%a %H:%M") for slot in slots] == [
        "Tue 09:00",
        "Wed 13:00",
        "Thu 09:00",
    ]


def test_what_is_promised_to_others_is_not_proposed_again() -> None:
    taken = [
        (at("2026-03-10 08:00"), at("2026-03-10 18:00")),
        (at("2026-03-11 09:00"), at("2026-03-11 09:40")),
    ]

    slots = suggest_slots(HOURS, (DENVER,), taken, at("2026-03-06 12:00"))

    assert slots[0] == at("2026-03-11 10:00")
    assert date(2026, 3, 10) not in {slot.astimezone(DENVER).date() for slot in slots}
