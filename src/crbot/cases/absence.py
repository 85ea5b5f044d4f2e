"""When whoever is away will be back, as an absence notice tells it. Pure.

Which messages are such notices is told by their marks; what follows, by `followups`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

LONGEST = timedelta(days=120)  # whoever is away for longer is nobody to wait for
_READ = 2000  # characters; a notice says it first
_MONTHS = {
    name.casefold(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
_WEEKDAYS = {name.casefold(): number for number, name in enumerate(calendar.day_name)}

_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(_WEEKDAYS)
_TH = r"(?:st|nd|rd|th)?"
_DATE = re.compile(
    rf"""\b(?:
        (?P<iso>\d{{4}}-\d\d-\d\d)
      | (?P<figures>\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?)
      | (?P<month>{_MONTH})\.?[ ](?P<day>\d{{1,2}}){_TH}
        (?:[ ]?(?:-|–|to|through|thru|until)[ ]?(?P<last>\d{{1,2}}){_TH}\b(?![/:]))?(?:,?[ ](?P<year>20\d\d))?
      | (?P<day_first>\d{{1,2}}){_TH}[ ](?:of[ ])?(?P<month_then>{_MONTH})\b\.?(?:,?[ ](?P<year_then>20\d\d))?
      | (?P<weekday>{_WEEKDAY})
      | (?P<tomorrow>tomorrow)
    )\b""",
    re.VERBOSE,
)
_BACK = re.compile(r"\b(?:back|return|returns|returning|resume)\b")
_LAST_DAY = re.compile(rf"\b(?:through|thru)\b(?=.{{0,25}}$)|(?:\bto|[-–—])[ ]?(?:(?:{_WEEKDAY}),?[ ])?$")
_FIRST_DAY = re.compile(r"\b(?:until|till|til)\b[^.]*$")
_SENTENCE_ENDS = re.compile(r"[!?;\n]|\.\s")
_BEFORE, _AFTER = 60, 30  # characters between a date and the word for coming back


@dataclass(frozen=True, slots=True)
class Absence:
    """Whoever letters go to is away."""

    told_at: datetime
    until: datetime  # the first minute of the day on which they are back


def back_on(text: str, today: date) -> date | None:
    """The day on which the writer of an absence notice is back, the latest of several.

    "Until Friday" is read as back on Friday, "through Friday" as back on the day after. None where no day is told,
    or none that comes soon.
    """
    told = text[:_READ].casefold()
    days = (day for match in _DATE.finditer(told) for day in _told_at(match, told, today))
    return max((day for day in days if today < day <= today + LONGEST), default=None)


def _told_at(match: re.Match[str], text: str, today: date) -> Iterator[date]:
    """The day of coming back that a date stands for; none where it stands for something else."""
    before = _SENTENCE_ENDS.split(text[max(0, match.start() - _BEFORE) : match.start()])[-1]
    after = _SENTENCE_ENDS.split(text[match.end() : match.end() + _AFTER])[0]
    day = _day_of(match, today)
    if day is None:
        return
    if match["last"]:
        yield day + timedelta(days=1)
    elif _BACK.search(before) or _BACK.search(after) or _FIRST_DAY.search(before):
        yield day
    elif _LAST_DAY.search(before):
        yield day + timedelta(days=1)


def _day_of(match: re.Match[str], today: date) -> date | None:
    """The day that is written; without a year the next such one. None where there is none."""
    try:
        if match["iso"]:
            return date.fromisoformat(match["iso"])
        if match["tomorrow"]:
            return today + timedelta(days=1)
        if match["weekday"]:
            ahead = (_WEEKDAYS[match["weekday"]] - today.weekday() - 1) % 7 + 1
            return today + timedelta(days=ahead)
        if match["figures"]:
            month, day, *year = map(int, match["figures"].split("/"))
            return _next(month, day, year[0] % 100 + 2000 if year else None, today)
        month = _MONTHS[match["month"] or match["month_then"]]
        day = int(match["last"] or match["day"] or match["day_first"])
        year_told = match["year"] or match["year_then"]
        return _next(month, day, int(year_told) if year_told else None, today)
    except ValueError:
        return None


def _next(month: int, day: int, year: int | None, today: date) -> date:
    """Raises ValueError where there is no such day."""
    if year is not None:
        return date(year, month, day)
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)
