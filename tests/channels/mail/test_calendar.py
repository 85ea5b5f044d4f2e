"""Invitations: what a calendar makes of ours, and what we make of its answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from crbot.cases.meetings import CalendarAnswer, Invitation, Participation
from crbot.channels.mail.calendar import read_answer, written

NOW = datetime(2026, 3, 5, 17, 0, tzinfo=UTC)
STARTS = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)  # 2 pm in Denver, two days after the clocks changed
DESK, CHIEF = "desk+cri-2026-0042.k7@cops.example.gov", "abell@elm-ridge.example.gov"
INVITATION = Invitation(
    uid="CRI-2026-0042-1@cops.example.gov",
    sequence=0,
    starts=STARTS,
    minutes=30,
    where="800-421-6770, code 1234",
    zone="America/Denver",
    summary="Scoping call, CRI-2026-0042",
    organizer_name="Response Center",
    description="We call you.\nReply to this mail to change it.",
)


def test_an_invitation_reads_back_as_it_was_meant() -> None:
    calendar = Calendar.from_ical(written(INVITATION, DESK, [CHIEF], NOW))
    (event,) = calendar.walk("VEVENT")

    assert calendar["METHOD"] == "REQUEST"
    assert event["UID"] == INVITATION.uid
    assert event["DTSTART"].dt == STARTS
    assert event["DTSTART"].dt.tzinfo == ZoneInfo("America/Denver")
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(minutes=30)
    assert event["LOCATION"] == "800-421-6770, code 1234"
    assert str(event["ORGANIZER"]) == f"mailto:{DESK}"
    assert str(event["ATTENDEE"]) == f"mailto:{CHIEF}"
    assert event["ATTENDEE"].params["RSVP"] == "TRUE"
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["America/Denver"]


def test_a_change_and_a_cancellation_keep_the_name_of_the_call() -> None:
    changed = replace(INVITATION, sequence=1, starts=STARTS + timedelta(days=1))
    cancelled = replace(changed, sequence=2, is_cancelled=True)

    (event,) = Calendar.from_ical(written(changed, DESK, [CHIEF], NOW)).walk("VEVENT")
    off = Calendar.from_ical(written(cancelled, DESK, [CHIEF], NOW))

    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (INVITATION.uid, 1, "CONFIRMED")
    assert off["METHOD"] == "CANCEL"
    assert off.walk("VEVENT")[0]["STATUS"] == "CANCELLED"


@given(words=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_nothing_in_a_word_of_ours_can_add_a_line_to_the_calendar(words: str) -> None:
    invitation = replace(INVITATION, summary=words, where=words, description=words)

    calendar = Calendar.from_ical(written(invitation, DESK, [CHIEF], NOW))

    (event,) = calendar.walk("VEVENT")
    assert set(event) <= {
        "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "DESCRIPTION", "ORGANIZER",
        "ATTENDEE", "STATUS",
    }  # fmt: skip
    assert event["UID"] == INVITATION.uid


def answer(method: str, *lines: str) -> str:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT", f"UID:{INVITATION.uid}"]
    return "\r\n".join([*head, "DTSTAMP:20260306T100000Z", *lines, "END:VEVENT", "END:VCALENDAR", ""])


STARTS_AT = "DTSTART:20260310T200000Z"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            answer("REPLY", STARTS_AT, "SEQUENCE:1", f"ATTENDEE;PARTSTAT=ACCEPTED;CN=Bell:mailto:{CHIEF}"),
            CalendarAnswer(INVITATION.uid, 1, CHIEF, Participation.ACCEPTED),
        ),
        (
            answer("REPLY", STARTS_AT, f"ATTENDEE;PARTSTAT=DECLINED:MAILTO:{CHIEF}"),
            CalendarAnswer(INVITATION.uid, 0, CHIEF, Participation.DECLINED),
        ),
        (
            answer("REPLY", STARTS_AT, f"ATTENDEE;PARTSTAT=TENTATIVE:mailto:{CHIEF}"),
            CalendarAnswer(INVITATION.uid, 0, CHIEF, Participation.TENTATIVE),
        ),
        (
            answer(
                "REPLY",
                STARTS_AT,
                "ATTENDEE;PARTSTAT=DECLINED:mailto:lpike@elm-ridge.example.gov",
                f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{CHIEF.upper()}",
            ),
            CalendarAnswer(INVITATION.uid, 0, CHIEF.upper(), Participation.ACCEPTED),
        ),
        (
            answer(
                "COUNTER",
                "DTSTART;TZID=Mountain Standard Time:20260311T140000",
                f"ATTENDEE;PARTSTAT=TENTATIVE:mailto:{CHIEF}",
            ),
            CalendarAnswer(
                INVITATION.uid, 0, CHIEF, Participation.COUNTERED, datetime(2026, 3, 11, 20, 0, tzinfo=UTC)
            ),
        ),
        (
            answer("COUNTER", "DTSTART;VALUE=DATE:20260311", f"ATTENDEE:mailto:{CHIEF}"),
            CalendarAnswer(INVITATION.uid, 0, CHIEF, Participation.COUNTERED, None),
        ),
        (answer("REPLY", STARTS_AT), CalendarAnswer(INVITATION.uid, 0, CHIEF, Participation.UNKNOWN)),
    ],
)
def test_an_answer_tells_who_says_what(text: str, wanted: CalendarAnswer) -> None:
    assert read_answer(text, CHIEF) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no calendar at all",
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n",
        answer("REQUEST", STARTS_AT),
        answer("PUBLISH", STARTS_AT),
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n",
    ],
)
def test_what_is_no_answer_is_none(text: str) -> None:
    assert read_answer(text, CHIEF) is None


@given(
    noise=st.text(max_size=200),
    lines=st.lists(st.sampled_from(answer("REPLY", STARTS_AT, "ATTENDEE:x", "SEQUENCE:x").split("\r\n"))),
)
def test_a_broken_calendar_harms_nobody(noise: str, lines: list[str]) -> None:
    read_answer("\r\n".join([*lines, noise]), CHIEF)
