"""Invitations as calendars write them (iCalendar, RFC 5545 and 5546): ours go out, what is answered comes in.

Which call is meant and what follows from an answer is `crbot.cases`'; how a mail carries an invitation, `outlet`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import CUTYPE, PARTSTAT, ROLE, STATUS, Calendar, Component, Event, vCalAddress

from crbot.cases.meetings import CalendarAnswer, Invitation, Participation
from crbot.channels.mail.charsets import clean_line

_PRODUCT = "-//crbot//Collaborative Reform intake//EN"
_LONGEST = 64 * 1024  # characters; an answer to an invitation has about 3,000
_TIMEZONES_ABOUT = timedelta(days=400)  # how far about the call its zone's rules are told


def written(invitation: Invitation, organizer: str, attendees: Iterable[str], now: datetime) -> bytes:
    """The invitation, or its cancellation, as a calendar file.

    `organizer`: the address that answers go to; `attendees`: mail addresses.
    """
    zone = ZoneInfo(invitation.zone)
    starts = invitation.starts.astimezone(zone)
    event = Event.new(
        uid=invitation.uid,
        sequence=invitation.sequence,
        stamp=now.astimezone(UTC),
        start=starts,
        end=(invitation.starts + timedelta(minutes=invitation.minutes)).astimezone(zone),
        summary=clean_line(invitation.summary),
        location=clean_line(invitation.where) or None,
        description=invitation.description or None,
        organizer=vCalAddress.new(organizer, cn=clean_line(invitation.organizer_name)),
        attendees=[
            vCalAddress.new(
                address,
                cutype=CUTYPE.INDIVIDUAL,
                role=ROLE.REQ_PARTICIPANT,
                partstat=PARTSTAT.NEEDS_ACTION,
                rsvp=True,
            )
            for address in attendees
        ],
        status=STATUS.CANCELLED if invitation.is_cancelled else STATUS.CONFIRMED,
    )
    calendar = Calendar.new(prodid=_PRODUCT, method=invitation.method, subcomponents=[event])
    calendar.add_missing_timezones(
        first_date=(starts - _TIMEZONES_ABOUT).date(), last_date=(starts + _TIMEZONES_ABOUT).date()
    )
    raw: bytes = calendar.to_ical()
    return raw


_METHODS = {"REPLY", "COUNTER", "REFRESH"}
_METHOD = re.compile(r"^METHOD:[ \t]{0,9}([A-Z]{1,20})[ \t]{0,9}\r?$", re.MULTILINE | re.IGNORECASE)
_PARTICIPATION = {
    "ACCEPTED": Participation.ACCEPTED,
    "DECLINED": Participation.DECLINED,
    "TENTATIVE": Participation.TENTATIVE,
    "DELEGATED": Participation.DELEGATED,
}


_SAYS = {
    Participation.ACCEPTED: "has accepted",
    Participation.DECLINED: "has declined",
    Participation.TENTATIVE: "has accepted, not for certain,",
    Participation.DELEGATED: "has passed on",
    Participation.COUNTERED: "proposes another time for",
    Participation.UNKNOWN: "has answered",
}


def is_answer(text: str, method: str) -> bool:
    """A calendar file answers an invitation, also where it cannot be read. `method`: as its part's header tells it."""
    found = _METHOD.search(text[:_LONGEST])
    return (found[1] if found else method).strip().upper() in _METHODS


def in_words(says: Participation, sender: str, summary: str = "") -> str:
    """How an invitation was answered; `sender` as whoever answered is called."""
    what = f"the invitation “{summary}”" if summary else "an invitation"
    return f"{clean_line(sender)[:120]} {_SAYS[says]} {what}"


def read_answer(text: str, sender: str) -> CalendarAnswer | None:
    """The answer to an invitation; None where a calendar file holds none, or cannot be read.

    `sender`: the address of the mail that brought it; of several attendees, its line counts.
    """
    try:
        calendar = Calendar.from_ical(text[:_LONGEST])
    except (ValueError, IndexError, KeyError, AttributeError, TypeError, OverflowError, RecursionError):
        return None
    method = str(calendar.get("METHOD", "")).strip().upper()
    events = calendar.walk("VEVENT")
    if method not in _METHODS or not events:
        return None
    event = events[0]
    attendee = _attendee(event, sender)
    told = str(attendee.params.get("PARTSTAT", "")).upper() if attendee is not None else ""
    is_counter = method == "COUNTER"
    return CalendarAnswer(
        uid=clean_line(str(event.get("UID", "")))[:200],
        sequence=_number(event.get("SEQUENCE")),
        attendee=_address(attendee) if attendee is not None else sender,
        says=Participation.COUNTERED if is_counter else _PARTICIPATION.get(told, Participation.UNKNOWN),
        proposes=_start(event) if is_counter else None,
        summary=clean_line(str(event.get("SUMMARY", "")))[:120],
    )


def _attendee(event: Component, sender: str) -> vCalAddress | None:
    found = event.get("ATTENDEE", [])
    lines = [
        each for each in (found if isinstance(found, list) else [found]) if isinstance(each, vCalAddress)
    ]
    own = [each for each in lines if _address(each).casefold() == sender.casefold()]
    if own:
        return own[0]
    return lines[0] if len(lines) == 1 else None  # of several, nobody's but the sender's own counts


def _address(attendee: vCalAddress) -> str:
    return clean_line(str(attendee)).removeprefix("MAILTO:").removeprefix("mailto:")[:320]


def _number(value: object) -> int:
    return int(value) if isinstance(value, int) else 0


def _start(event: Component) -> datetime | None:
    """The time that is proposed instead; None for a whole day, or a time without a zone."""
    start = getattr(event.get("DTSTART"), "dt", None)
    if not isinstance(start, datetime) or start.tzinfo is None:
        return None
    return start.astimezone(UTC)
